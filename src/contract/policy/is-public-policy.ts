// Does a bucket's policy give anything to everybody? AWS's "The meaning of public". Pure.

import type { Policy } from './policy.js'

/** Whether a bucket's policy is public: for GetBucketPolicyStatus, BlockPublicPolicy and RestrictPublicBuckets.
 *  Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of 'public'" */
export const isPublicPolicy = (policy: Policy): boolean => policy.isPublic
