// Does a bucket's policy give anything to everybody? AWS's "The meaning of public". Pure.

import type { Line } from './conditions.js'
import { contains, type IpRange, ipRangeOf } from './ip-range.js'
import type { Policy } from './policy.js'
import type { Principals } from './principals.js'

/** Whether a bucket's policy is public: for GetBucketPolicyStatus, BlockPublicPolicy and RestrictPublicBuckets.
 *  Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of 'public'" */
export const isPublicPolicy = (policy: Policy): boolean => policy.isPublic

/** Keys a fixed value of which leaves nobody unknown. aws:SourceIp and s3:DataAccessPointArn have rules of their own. */
const fixingKeys: ReadonlySet<string> = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:userid',
  's3:dataaccesspointaccount',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
])

/** Operators that say what the value is. */
const fixingOperators: ReadonlySet<string> = new Set([
  'StringEquals',
  'StringEqualsIgnoreCase',
  'StringLike',
  'ArnEquals',
  'ArnLike',
])

/** "values broader than /8 for IPv4 and /32 for IPv6 (excluding RFC1918 private ranges)" */
const prefixBitsMin = { 4: 8, 8: 32 } as const
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((text) => ipRangeOf(text))

/** Whether a statement that allows is public. "Amazon S3 begins by assuming that the policy is public … To be considered non-public, a bucket policy must grant
 *  access only to fixed values (values that don't contain a wildcard or an AWS Identity and Access Management Policy Variable) for one or more of the
 *  following".
 *  @param lines of its Condition */
export function isPublicGrant(
  principals: Principals | undefined,
  lines: readonly Line[],
  hasVariables: boolean,
): boolean {
  if (principals === undefined) return false
  // AWS's first example of a public policy names a Federated principal.
  if (!principals.everybody && principals.federated.size === 0) return false
  return !lines.some((line) => isFixing(line, hasVariables))
}

function isFixing({ key, operator, holdsWithoutKey, values }: Line, hasVariables: boolean): boolean {
  if (holdsWithoutKey) return false
  if (key === 'aws:sourceip') return operator === 'IpAddress' && values.every((value) => isNarrow(ipRangeOf(value)))
  if (!fixingOperators.has(operator)) return false
  // "this value can contain a wildcard for the access point name without rendering the policy public, as long as the account id is fixed"
  if (key === 's3:dataaccesspointarn')
    return values.every((value) => /^arn:aws:s3:[\w-]*:\d{12}:accesspoint\/./.test(value))
  return fixingKeys.has(key) && values.every((value) => isFixed(value, operator, hasVariables))
}

function isFixed(value: string, operator: string, hasVariables: boolean): boolean {
  if (hasVariables && value.includes('${')) return false
  return operator === 'StringEquals' || operator === 'StringEqualsIgnoreCase' || !/[*?]/.test(value)
}

function isNarrow(range: IpRange | undefined): boolean {
  if (range === undefined) return false
  if (range.prefixBits >= prefixBitsMin[range.words.length === 4 ? 4 : 8]) return true
  return privateRanges.some((own) => own !== undefined && contains(own, range))
}
