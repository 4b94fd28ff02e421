// Managed policies that a session names: they must be there when it is made, so that a slip of the pen does not become a session without rights.

import { IamError } from '../../contract/iam-errors.js'
import { managedPolicies } from '../../contract/managed-policies.js'
import { knownPolicyArns } from '../../store/catalog/identity/sts-lookups.js'
import type { Store } from '../../store/store.js'

/** AWS: "The policies must exist in the same account as the role", or be those every account has.
 *  @throws ValidationError */
export async function requireKnownPolicies(
  store: Store,
  arns: readonly string[],
  accountNumber: string,
): Promise<void> {
  const own = arns.filter((arn) => !managedPolicies.has(arn))
  if (own.length === 0) return
  const known = new Set(await store.catalog.read(knownPolicyArns, own))
  for (const arn of own) {
    if (known.has(arn) && arn.startsWith(`arn:aws:iam::${accountNumber}:policy/`)) continue
    throw new IamError('ValidationError', `ARN ${arn} is not valid: there is no such policy.`)
  }
}
