// Who asks, as operations and authorization need to know him: of what authentication found, and of the session his token opens to.

import type { Authenticated } from '../auth/caller.js'
import { anonymous } from '../auth/standing.js'
import type { Clock } from '../contract/operation.js'
import type { HttpRequest } from '../contract/request.js'
import { openSessionToken, type Session, type SessionSealer } from '../contract/session-token.js'
import type { StsCall } from '../contract/sts-operation.js'

/** @param authenticated undefined when nobody signed */
export function askerOf(
  authenticated: Authenticated | undefined,
  request: HttpRequest,
  requestId: string,
  sealer: SessionSealer,
  clock: Clock,
): StsCall {
  const { caller, policies, sessionIssuedMs } = authenticated?.standing ?? anonymous
  const { principal, accessKeyId } = caller
  const nowMs = clock.now()
  const { headers, remoteAddress, isSecure, tlsVersion } = request
  const by = authenticated?.by
  const signature = authenticated?.signature
  return {
    principal,
    accessKeyId,
    policies,
    session: authenticated === undefined ? undefined : sessionOf(request, accessKeyId, sealer, nowMs),
    facts: {
      principal,
      headers,
      parameters: new Map(),
      remoteAddress,
      isSecure,
      tlsVersion,
      nowMs,
      signature:
        signature === undefined || by === undefined || by === 'nobody'
          ? undefined
          : { version: signature.version, by, ageMs: nowMs - (signature.signedMs ?? nowMs) },
      sessionIssuedMs,
    },
    requestId,
  }
}

const queryToken = /(?:^|&)X-Amz-Security-Token=([^&]*)/

/** The session behind a request that authentication has accepted.
 *  @throws InvalidToken, ExpiredToken */
function sessionOf(
  { headers, query }: HttpRequest,
  accessKeyId: string,
  sealer: SessionSealer,
  nowMs: number,
): Session | undefined {
  const inQuery = queryToken.exec(query)?.[1]
  const token = inQuery === undefined ? headers['x-amz-security-token'] : decodeURIComponent(inQuery)
  if (token === undefined) return undefined
  const session = openSessionToken(token, sealer, nowMs)
  if (session.accessKeyId !== accessKeyId) throw new Error('A token was accepted for a key it is not of')
  return session
}
