// Who asks, as authorization and operations need to know him: what authentication found, and what of the request conditions of policies may ask for.

import { type Asking, type AuthorizerParts, factsOf, noteDenial } from '../auth/asking.js'
import type { Authenticated } from '../auth/caller.js'
import { anonymous } from '../auth/standing.js'
import type { HttpRequest } from '../contract/request.js'
import type { StsCall } from '../contract/sts-operation.js'

/** What authorization is asked with.
 *  @param authenticated undefined when nobody signed */
export function askingOf(authenticated: Authenticated | undefined, request: HttpRequest, requestId: string): Asking {
  const { headers, remoteAddress, isSecure, tlsVersion } = request
  return {
    requestId,
    authenticated: authenticated ?? {
      caller: anonymous.caller,
      standing: anonymous,
      by: 'nobody',
      signature: undefined,
    },
    // The parameters of IAM and STS are none of S3's condition keys.
    facts: { headers, parameters: new Map(), remoteAddress, isSecure, tlsVersion },
  }
}

/** What operations are called with: those of IAM take less of it than those of STS. */
export function callOf(asking: Asking, parts: AuthorizerParts): StsCall {
  const { requestId, authenticated } = asking
  const { caller, policies, session } = authenticated.standing
  return {
    principal: caller.principal,
    accessKeyId: caller.accessKeyId,
    policies,
    session,
    facts: factsOf(asking, parts),
    noteDenial: (right, decision, ownerId) => noteDenial(parts, asking, right, decision, ownerId),
    requestId,
  }
}
