// The one list of what Cairn can do with sessions: what is missing here answers NotImplemented (501).

import type { Clock } from '../contract/operation.js'
import type { StsOperations } from '../contract/sts-operation.js'
import { getJson } from '../outgoing/get-json.js'
import type { Store } from '../store/store.js'
import { IssuerKeyCache } from './oidc/issuer-keys.js'
import { assumeRole } from './sts/assume-role.js'
import { assumeRoleWithWebIdentity } from './sts/assume-role-with-web-identity.js'
import { getAccessKeyInfo, getCallerIdentity } from './sts/get-caller-identity.js'
import { getFederationToken } from './sts/get-federation-token.js'
import { getSessionToken } from './sts/get-session-token.js'

/** What of the server's settings sessions are issued by. */
export interface StsSettings {
  /** Whether issuers of web identities may be at private addresses, and without TLS on this machine. */
  readonly oidcAllowPrivate: boolean
}

/** An issuer is waited for so long. Whoever asked waits as long. */
const issuerMsMax = 5_000

/** Discovery documents and key sets have some kilobytes. */
const documentSizeBytesMax = 256 * 1024

/** STS's operations, each with the function that performs it. */
export function stsOperations(store: Store, clock: Clock, { oidcAllowPrivate }: StsSettings): StsOperations {
  const limits = {
    allowsPrivate: oidcAllowPrivate,
    timeMsMax: issuerMsMax,
    sizeBytesMax: documentSizeBytesMax,
  }
  const keys = new IssuerKeyCache((url) => getJson(url, limits), clock)
  return {
    AssumeRole: assumeRole(store, clock),
    AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity(store, clock, keys),
    GetAccessKeyInfo: getAccessKeyInfo(store),
    GetCallerIdentity: getCallerIdentity(),
    GetFederationToken: getFederationToken(store, clock),
    GetSessionToken: getSessionToken(store, clock),
  }
}
