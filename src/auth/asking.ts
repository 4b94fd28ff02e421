// A request as authorization sees it, and what is said of its denial.

import type { Decision, Principal } from '../contract/access.js'
import type { Log } from '../contract/log.js'
import type { Clock } from '../contract/operation.js'
import type { RequestFacts } from '../contract/request-context.js'
import type { Catalog } from '../store/catalog/catalog.js'
import type { Authenticated } from './caller.js'
import type { Denials } from './denials.js'

/** What authorization needs to know of its server. */
export interface AuthorizerParts {
  readonly catalog: Pick<Catalog, 'readNow' | 'accessNumber'>
  /** The server's, for conditions. */
  readonly region: string
  readonly clock: Clock
  readonly log: Log
  readonly denials: Denials
}

/** A request that wants to do something. */
export interface Asking {
  /** As in `x-amz-request-id`. */
  readonly requestId: string
  readonly authenticated: Pick<Authenticated, 'caller' | 'standing' | 'signature' | 'by'>
  /** What policies' conditions may ask for. Security rule 6: "Condition keys come from verified context". */
  readonly facts: Pick<RequestFacts, 'headers' | 'parameters' | 'input' | 'remoteAddress' | 'isSecure' | 'tlsVersion'>
}

/** "iam:CreateUser" on "arn:aws:iam::123456789012:user/ann" */
export interface ActionOn {
  readonly action: string
  readonly resource: string
}

/** Whether it is the root of the server's own account, whose reach is every account. */
export const isOperator = (principal: Principal): boolean => principal.kind === 'root' && principal.isOperator

/** What conditions are compared with, but for what is of a bucket or an object. Members one by one: a copy of unknown members costs more than all else
 *  that is done for a request here (measured: 5 us). */
export function factsOf({ authenticated, facts }: Asking, { clock, region }: AuthorizerParts): RequestFacts {
  const nowMs = clock.now()
  const { caller, standing, signature, by } = authenticated
  const { session } = standing
  return {
    headers: facts.headers,
    parameters: facts.parameters,
    input: facts.input,
    remoteAddress: facts.remoteAddress,
    isSecure: facts.isSecure,
    tlsVersion: facts.tlsVersion,
    principal: caller.principal,
    nowMs,
    signature:
      signature === undefined || by === 'nobody'
        ? undefined
        : { version: signature.version, by, ageMs: nowMs - (signature.signedMs ?? nowMs) },
    region,
    sessionIssuedMs: session?.issuedMs,
    more: session?.sourceIdentity === undefined ? undefined : sourceIdentityOf(session.sourceIdentity),
  }
}

const sourceIdentityOf =
  (identity: string): NonNullable<RequestFacts['more']> =>
  (key) =>
    key === 'aws:sourceidentity' ? [identity] : undefined

/** A denial is told to the log and to who administers, with the statement that decided; the caller is told nothing but that.
 *  @param ownerId canonical id of the account whose resource it is, where it is known */
export function noteDenial(
  { log, denials, clock }: AuthorizerParts,
  { requestId, authenticated }: Asking,
  { action, resource }: ActionOn,
  decision: Decision,
  ownerId: string | undefined,
): void {
  const { principal: who, accessKeyId } = authenticated.caller
  const principal = who.kind === 'anonymous' ? 'anonymous' : who.arn
  denials.add({ requestId, timeMs: clock.now(), principal, accessKeyId, ownerId, action, resource, decision })
  const { reason, statement } = decision
  log.info({ requestId, principal, action, resource, reason, statement }, 'access denied')
}
