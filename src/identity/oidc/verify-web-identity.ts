// A web identity token (a JWT of an OIDC provider), verified: who signed it, for whom, when, and what it says.
// Source: OpenID Connect Core 1.0, 3.1.3.7; IAM User Guide, "Available keys for AWS OIDC federation".

import { decodeJwt, errors as JoseErrors, jwtVerify, type JWTPayload } from 'jose'
import { IamError } from '../../contract/iam-errors.js'
import type { Clock } from '../../contract/operation.js'
import { OutgoingFailure } from '../../outgoing/get-json.js'
import type { IssuerKeyCache } from './issuer-keys.js'

/** What a provider vouched for. */
export interface WebIdentityClaims {
  /** "https://issuer.example/path" */
  readonly issuer: string
  readonly subject: string
  /** Whom the token was made for: `azp` where there is one, else `aud`. */
  readonly audiences: readonly string[]
  /** `aud`, where `azp` stands beside it. */
  readonly otherAudiences: readonly string[] | undefined
  /** How somebody proved who he is, `amr`. */
  readonly methods: readonly string[] | undefined
  /** Session tags and those of them that go on, of the claim "https://aws.amazon.com/tags". */
  readonly tags: Readonly<Record<string, string>>
  readonly transitiveTagKeys: readonly string[]
  /** "https://aws.amazon.com/source_identity" */
  readonly sourceIdentity: string | undefined
}

/** The clients of an issuer some account trusts, or nothing.
 *  @param host the issuer without "https://": "issuer.example/path" */
export type ClientIdsOf = (host: string) => Promise<readonly string[] | undefined>

/** Clocks of issuers may be ahead of ours. */
const toleranceSeconds = 5

/** Longest `sub`. OpenID Connect Core, 2: "It MUST NOT exceed 255 ASCII characters in length". */
const subjectSizeMax = 255

/** Verifies a token.
 *  @param token as given, up to 20,000 characters
 *  @throws IamError: InvalidIdentityToken, ExpiredTokenException, IDPCommunicationError */
export async function verifyWebIdentity(
  token: string,
  clientIdsOf: ClientIdsOf,
  keys: IssuerKeyCache,
  clock: Clock,
): Promise<WebIdentityClaims> {
  const issuer = statedIssuer(token)
  const clientIds = await clientIdsOf(hostOf(issuer))
  // Nobody is called for whom no account has a provider.
  if (clientIds === undefined) {
    throw invalid(`No OpenIDConnect provider found in your account for ${issuer}`)
  }
  const claims = await proven(token, issuer, keys, clock)
  const { sub: subject, aud, azp } = claims
  if (typeof subject !== 'string' || subject === '' || subject.length > subjectSizeMax)
    throw invalid('Missing a required claim: sub')
  const stated = typeof aud === 'string' ? [aud] : (aud ?? [])
  const isAuthorizedParty = typeof azp === 'string'
  const audiences = isAuthorizedParty ? [azp] : stated
  if (!audiences.some((audience) => clientIds.includes(audience))) throw invalid('Incorrect token audience')
  return {
    issuer,
    subject,
    audiences,
    otherAudiences: isAuthorizedParty ? stated : undefined,
    methods: textsOf(claims['amr']),
    ...tagsOf(claims),
    sourceIdentity: textOf(claims['https://aws.amazon.com/source_identity']),
  }
}

/** "https://issuer.example/path/" → "issuer.example/path", as providers are named. */
export const hostOf = (issuer: string): string => issuer.replace(/^https?:\/\//, '').replace(/\/$/, '')

/** Read before anything is verified: it says only whose keys are asked. */
function statedIssuer(token: string): string {
  let issuer: unknown
  try {
    issuer = decodeJwt(token).iss
  } catch (cause) {
    throw invalid('The ID Token provided is not a valid JWT.', cause)
  }
  if (typeof issuer !== 'string' || !/^https?:\/\/[^?#\s]+$/.test(issuer) || !URL.canParse(issuer)) {
    throw invalid('Missing a required claim: iss')
  }
  return issuer
}

async function proven(token: string, issuer: string, keys: IssuerKeyCache, clock: Clock): Promise<JWTPayload> {
  try {
    const { algorithms, keyOf } = await keys.of(issuer)
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms,
      issuer,
      requiredClaims: ['exp', 'iat', 'sub', 'aud'],
      clockTolerance: toleranceSeconds,
      currentDate: new Date(clock.now()),
    })
    return payload
  } catch (cause) {
    if (cause instanceof OutgoingFailure) {
      throw new IamError(
        'IDPCommunicationError',
        "Couldn't retrieve verification key from your identity provider",
        cause,
      )
    }
    if (cause instanceof JoseErrors.JWTExpired) {
      throw new IamError(
        'ExpiredTokenException',
        'Token expired: current date/time must be before the expiration date/time',
        cause,
      )
    }
    if (cause instanceof JoseErrors.JOSEError) throw invalid(sentenceOf(cause), cause)
    throw cause
  }
}

function sentenceOf(error: JoseErrors.JOSEError): string {
  if (error instanceof JoseErrors.JWTClaimValidationFailed && error.reason === 'missing') {
    return `Missing a required claim: ${error.claim}`
  }
  return "Couldn't verify the signature or the claims of the provided token"
}

/** Source: IAM User Guide, "Pass session tags in AWS STS", "Pass session tags using AssumeRoleWithWebIdentity": `principal_tags` has a list of one
 *  value for each key. */
function tagsOf(claims: JWTPayload): Pick<WebIdentityClaims, 'tags' | 'transitiveTagKeys'> {
  const claim = claims['https://aws.amazon.com/tags']
  if (claim === undefined) return { tags: {}, transitiveTagKeys: [] }
  if (!isRecord(claim)) throw invalidTags()
  const { principal_tags: tags = {}, transitive_tag_keys: keys = [] } = claim
  const transitiveTagKeys = textsOf(keys)
  if (!isRecord(tags) || transitiveTagKeys === undefined) throw invalidTags()
  const values = Object.entries(tags).map(([key, value]) => {
    const text = textOf(Array.isArray(value) && value.length === 1 ? value[0] : value)
    if (text === undefined) throw invalidTags()
    return [key, text] as const
  })
  return { tags: Object.fromEntries(values), transitiveTagKeys }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const textsOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined

const invalidTags = (): IamError => invalid('The claim https://aws.amazon.com/tags is not valid')

const invalid = (message: string, cause?: unknown): IamError => new IamError('InvalidIdentityToken', message, cause)
