// GetFederationToken: temporary credentials for somebody who is nobody here, with what both the user who asks and the policies he gives along allow.

import { IamError } from '../../contract/iam-errors.js'
import type { Clock } from '../../contract/operation.js'
import type { StsOperation } from '../../contract/sts-operation.js'
import type { Store } from '../../store/store.js'
import { userDurations } from './get-session-token.js'
import { issueSession } from './issue-session.js'
import { requireKnownPolicies } from './known-policies.js'
import { requireDuration, requireName, requirePolicies, requireTags } from './session-rules.js'

/** Issues credentials. Without a policy they give no rights: nothing is allowed that no session policy allows.
 *  @throws AccessDenied, MalformedPolicyDocument, PackedPolicyTooLarge, ValidationError
 *  Source: AWS STS API reference, GetFederationToken */
export const getFederationToken =
  (store: Store, clock: Clock): StsOperation<'GetFederationToken'> =>
  async (input, { principal, accessKeyId, session }) => {
    if (session !== undefined || (principal.kind !== 'user' && principal.kind !== 'root')) {
      throw new IamError('AccessDenied', 'Cannot call GetFederationToken with session credentials')
    }
    const name = requireName('name', input.Name, 32)
    const policies = requirePolicies(input.Policy, input.PolicyArns)
    const tags = requireTags(input.Tags)
    const wanted = requireDuration(input.DurationSeconds, userDurations)
    const durationSeconds = principal.kind === 'root' ? Math.min(wanted, 3600) : wanted
    const { account } = principal
    await requireKnownPolicies(store, policies.policyArns, account.number)
    const { credentials, packedPolicySize } = issueSession(
      {
        accountId: account.id,
        kind: 'federated',
        ...(principal.kind === 'user' && { subjectId: principal.id }),
        parentAccessKeyId: accessKeyId,
        name,
        ...policies,
        ...tags,
      },
      durationSeconds,
      store.sealer,
      clock.now(),
    )
    return {
      Credentials: credentials,
      FederatedUser: {
        FederatedUserId: `${account.number}:${name}`,
        Arn: `arn:aws:sts::${account.number}:federated-user/${name}`,
      },
      PackedPolicySize: packedPolicySize,
    }
  }
