// Who asks, as operations need to know him: what authentication found, and what of the request conditions of policies may ask for.

import type { Authenticated } from '../auth/caller.js'
import { anonymous } from '../auth/standing.js'
import type { Clock } from '../contract/operation.js'
import type { HttpRequest } from '../contract/request.js'
import type { StsCall } from '../contract/sts-operation.js'

/** @param authenticated undefined when nobody signed */
export function askerOf(
  authenticated: Authenticated | undefined,
  request: HttpRequest,
  requestId: string,
  clock: Clock,
): StsCall {
  const { caller, policies, session } = authenticated?.standing ?? anonymous
  const { principal, accessKeyId } = caller
  const nowMs = clock.now()
  const by = authenticated?.by
  const signature = authenticated?.signature
  return {
    principal,
    accessKeyId,
    policies,
    session,
    facts: {
      ...requestFacts(request),
      principal,
      nowMs,
      signature:
        signature === undefined || by === undefined || by === 'nobody'
          ? undefined
          : { version: signature.version, by, ageMs: nowMs - (signature.signedMs ?? nowMs) },
      sessionIssuedMs: session?.issuedMs,
    },
    requestId,
  }
}

/** What of a request conditions may ask for, whoever sent it. The parameters of IAM and STS are none of S3's keys. */
export const requestFacts = ({
  headers,
  remoteAddress,
  isSecure,
  tlsVersion,
}: HttpRequest): Pick<StsCall['facts'], 'headers' | 'parameters' | 'remoteAddress' | 'isSecure' | 'tlsVersion'> => ({
  headers,
  parameters: new Map(),
  remoteAddress,
  isSecure,
  tlsVersion,
})
