// Is it allowed? Every policy that has a say, in AWS's order of evaluation. Pure.

import type { Decision } from '../access.js'
import type { AnyQuestion, Policy } from './policy.js'

/** Everything that has a say about one question. */
export interface Policies {
  /** Of the principal: a user's own and its groups' policies, or a role's. */
  readonly identity: readonly Policy[]
  /** The permissions boundary of that user or role. */
  readonly boundary?: Policy | undefined
  /** Groups of policies each of which must allow, in any of its policies: those given when the session was made; a service account's own. */
  readonly session: readonly (readonly Policy[])[]
  /** The bucket's policy, or the trust policy of the role that is to be assumed: without its Allow nobody assumes it. */
  readonly resource?: Policy | undefined
  /** Whether the principal's account owns the resource. */
  readonly isSameAccount: boolean
  /** Whether an ACL that counts (ownership is not BucketOwnerEnforced; IgnorePublicAcls has been heeded) grants it to the principal. */
  readonly grantedByList?: boolean | undefined
  /** The bucket's `RestrictPublicBuckets`. */
  readonly restrictsPublic?: boolean | undefined
}

/** Whether `question` is allowed, and by what.
 *  Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic" */
export function decide(question: AnyQuestion, policies: Policies): Decision {
  throw new Error(`${question.action} ${policies.identity.length}`)
}
