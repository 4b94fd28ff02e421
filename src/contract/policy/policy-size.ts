// How long a policy may be. Pure.

import { PolicyFault } from './policy.js'

/** Greatest sizes. Characters leave out white space: "IAM does not count white space when calculating the size of a policy against these quotas".
 *  Sources: IAM User Guide, "IAM and AWS STS quotas"; S3 User Guide, "Bucket policies": "limited to 20 KB in size". */
export const policySizes = {
  /** Bytes of a bucket's policy. */
  bucketBytesMax: 20 * 1024,
  /** Characters of a managed policy. */
  managedMax: 6144,
  /** Characters of all inline policies of a user, together. */
  userInlineMax: 2048,
  /** Characters of all inline policies of a role, together. */
  roleInlineMax: 10_240,
  /** Characters of all inline policies of a group, together. */
  groupInlineMax: 5120,
  /** Characters of a role's trust policy. */
  trustMax: 2048,
  /** Characters of the inline session policy of AssumeRole and its kind, white space counted. */
  sessionMax: 2048,
} as const

/** Characters of a policy that count: white space does not. */
export const policySize = (text: string): number => text.replaceAll(/\s/g, '').length

/** @param max one of `policySizes` in characters
 *  @throws PolicyFault */
export function requirePolicySize(text: string, max: number): void {
  if (policySize(text) > max) throw new PolicyFault(`Maximum policy size of ${max} bytes exceeded.`)
}
