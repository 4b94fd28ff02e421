// What a session (STS) is made of, and the token its holder shows with every request. A token is sealed: whoever holds it can neither read nor
// change it, and the server keeps nothing of it. That its user or role still exists is for who uses it to ask, each time.

import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { S3Error } from './errors.js'

/** Seals bytes under the server's master key, so that they can be neither read nor changed nor taken for something else. */
export interface SessionSealer {
  /** @param aad what the bytes are for; the same text opens them */
  seal(plain: Uint8Array, aad: string): Uint8Array
  /** @throws when they were not sealed by this key for this purpose, whatever it throws */
  open(sealed: Uint8Array, aad: string): Uint8Array
}

/** Everything a temporary key stands for. All of it was verified when it was issued; rights are asked for again at each use. */
export interface Session {
  /** "ASIA…": the request must name this key. */
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Canonical id of the account whose role or user it is: 64 hex digits. */
  readonly accountId: string
  /** `role`: somebody assumed a role; `user`: GetSessionToken, all of the user's (or the account's own) rights; `federated`: GetFederationToken, what
   *  both the user and the session's policies allow. */
  readonly kind: 'role' | 'user' | 'federated'
  /** Id of the role ("AROA…") or the user ("AIDA…") it has its rights from; undefined when that is the account itself. */
  readonly subjectId?: string
  /** Access key that asked for it; its end is the session's end. Undefined for web identities, which have none. */
  readonly parentAccessKeyId?: string
  /** `RoleSessionName`, or the name of the federated user. */
  readonly name?: string
  /** ms since 1970, in whole seconds. */
  readonly issuedMs: number
  readonly expiresMs: number
  /** Session policies as given, inline: JSON documents. Where there are any, inline or by ARN, nothing is allowed that none of them allows; to a
   *  federated user nothing is allowed without one. */
  readonly policies: readonly string[]
  /** ARNs of managed policies, read at use. */
  readonly policyArns: readonly string[]
  /** Session tags: `aws:PrincipalTag/…`, over those of the role or user. */
  readonly tags: Readonly<Record<string, string>>
  /** Keys of the tags that go on to roles assumed from here. */
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity?: string
  /** Whom an issuer vouched for, when it was AssumeRoleWithWebIdentity. */
  readonly federated?: FederatedClaims
}

/** What of a web identity token becomes condition keys. */
export interface FederatedClaims {
  /** `aws:FederatedProvider`: ARN of the OIDC provider. */
  readonly provider: string
  /** Condition keys ("issuer.example/path:sub", "issuer.example/path:aud") with their values. */
  readonly claims: Readonly<Record<string, readonly string[]>>
}

/** Longest token in characters: with it a request's headers stay within 32 KiB, policies of the greatest size included. */
export const sessionTokenSizeMax = 16 * 1024

/** Plain bytes of a session, unpacked, at most: a sealed one was packed here, so that this is a guard against ourselves. */
const plainSizeBytesMax = 64 * 1024

/** What policies and tags of a session may take, packed: with it a token stays well below its greatest size. */
export const packedSizeBytesMax = 8 * 1024

/** Bytes that policies and tags of a session take, packed. */
export const packedSizeBytes = ({
  policies,
  policyArns,
  tags,
}: Pick<Session, 'policies' | 'policyArns' | 'tags'>): number =>
  policies.length + policyArns.length + Object.keys(tags).length === 0
    ? 0
    : deflateRawSync(JSON.stringify([policies, policyArns, tags])).length

const purpose = 'session token, format 1'

/** Seals a session. The answer is base64 text. */
export function sealSessionToken(session: Session, sealer: SessionSealer): string {
  const plain = Buffer.from(JSON.stringify(session), 'utf8')
  return Buffer.from(sealer.seal(deflateRawSync(plain), purpose)).toString('base64')
}

const base64Pattern = /^[A-Za-z0-9+/]+={0,2}$/

/** Opens the token a request shows.
 *  @param nowMs ms since 1970
 *  @returns the session. That the request is signed by `accessKeyId` with `secretAccessKey`, and that role, user or parent key are still what they
 *    were, is for the caller to see to
 *  @throws InvalidToken when it was not made here or is no token at all
 *  @throws ExpiredToken */
export function openSessionToken(token: string, sealer: SessionSealer, nowMs: number): Session {
  const session = sessionOf(token, sealer)
  if (nowMs >= session.expiresMs) throw new S3Error('ExpiredToken', { members: { 'Token-0': token } })
  return session
}

function sessionOf(token: string, sealer: SessionSealer): Session {
  if (token.length > sessionTokenSizeMax || !base64Pattern.test(token)) throw invalid(token)
  let packed: Uint8Array
  try {
    packed = sealer.open(Buffer.from(token, 'base64'), purpose)
  } catch (cause) {
    throw invalid(token, cause)
  }
  const plain = inflateRawSync(packed, { maxOutputLength: plainSizeBytesMax })
  // Only `sealSessionToken` seals for this purpose, and the purpose names the format.
  return JSON.parse(plain.toString('utf8')) as Session
}

/** What a token says is repeated as S3 repeats it, shortened where somebody sent a novel. */
function invalid(token: string, cause?: unknown): S3Error {
  return new S3Error('InvalidToken', { members: { 'Token-0': token.slice(0, sessionTokenSizeMax) }, cause })
}
