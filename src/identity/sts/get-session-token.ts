// GetSessionToken: temporary credentials with all the rights of whoever asks.

import { IamError } from '../../contract/iam-errors.js'
import type { Clock } from '../../contract/operation.js'
import type { StsOperation } from '../../contract/sts-operation.js'
import type { Store } from '../../store/store.js'
import { issueSession } from './issue-session.js'
import { requireDuration } from './session-rules.js'

/** AWS: "Acceptable durations … range from 900 seconds (15 minutes) to 129,600 seconds (36 hours), with 43,200 seconds (12 hours) as the default.
 *  Sessions for AWS account owners are restricted to a maximum of 3,600 seconds (one hour)." */
export const userDurations = { usual: 43_200, max: 129_600 }
const rootDurations = { usual: 3600, max: 3600 }

/** Issues credentials. Everybody may ask: they give no right he does not have.
 *  @throws AccessDenied to whoever has temporary credentials only; NotImplemented, ValidationError
 *  Source: AWS STS API reference, GetSessionToken */
export const getSessionToken =
  (store: Store, clock: Clock): StsOperation<'GetSessionToken'> =>
  async (input, { principal, accessKeyId, session }) => {
    if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
      throw new IamError('NotImplemented', 'Multi-factor authentication is not implemented.')
    }
    if (session !== undefined || (principal.kind !== 'user' && principal.kind !== 'root')) {
      throw new IamError('AccessDenied', 'Cannot call GetSessionToken with session credentials')
    }
    const isRoot = principal.kind === 'root'
    const nowMs = clock.now()
    // AWS cuts a root's session to an hour instead of refusing a longer one.
    const wanted = requireDuration(input.DurationSeconds, userDurations)
    const durationSeconds = isRoot ? Math.min(wanted, rootDurations.max) : wanted
    const { credentials } = issueSession(
      {
        accountId: principal.account.id,
        kind: 'user',
        ...(principal.kind === 'user' && { subjectId: principal.id }),
        parentAccessKeyId: accessKeyId,
        policies: [],
        policyArns: [],
        tags: {},
        transitiveTagKeys: [],
      },
      durationSeconds,
      store.sealer,
      nowMs,
    )
    return { Credentials: credentials }
  }
