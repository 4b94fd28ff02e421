// Would a bucket's policy keep whoever puts it from changing it again? Pure.

import type { Principal } from '../access.js'
import { arnOf } from '../actions/right.js'
import { principalValue } from '../context/principal-keys.js'
import type { Policy } from './policy.js'

/** Whether a policy denies its putter PutBucketPolicy whatever the request. A Deny that asks about the request (its address, its time) may hold or not, and is
 *  not counted. "The root principal in a bucket owner's AWS account can perform … PutBucketPolicy … even if their bucket policy explicitly denies".
 *  Source: AWS API reference, PutBucketPolicy, x-amz-confirm-remove-self-bucket-access */
export function locksOut(policy: Policy, bucket: string, principal: Principal): boolean {
  if (principal.kind === 'root') return false
  const action = 's3:PutBucketPolicy'
  return policy.about(action).denies.some((statement) => {
    if (statement.reaches(principal) === 'none') return false
    let isConditional = false
    const context = (key: string): readonly string[] | undefined => {
      const value = principalValue(key, principal)
      isConditional ||= value === undefined
      return value
    }
    return statement.matches({ action, resource: arnOf({ bucket }), principal, context }) && !isConditional
  })
}
