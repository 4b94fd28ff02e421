// Resource and NotResource: which resources a statement is about. Pure.

import { type ArnPattern, arnMatcher, arnPatternOf } from './arn-pattern.js'
import { knownActions } from './known-actions.js'
import { PolicyFault } from './policy.js'
import { type Matcher, plainText, type TemplateRules } from './template.js'
import { many, matchesWildcard, type Piece, reachesBeyond, wildcardOf } from './wildcard.js'

/** The resources of one element, read. */
export interface Resources {
  /** Whether a resource is one of them. */
  readonly matches: Matcher
  /** Which of them a bucket's policy may speak of. */
  readonly scope: { readonly bucket: boolean; readonly object: boolean }
}

/** "aws", "aws-cn", "aws-us-gov": AWS's partitions. What this server has is in "aws". */
const partitionShape = /^aws(?:-[a-z]+)*$/

const ownPartition = 'aws'

const serviceShape = /^[a-z0-9-]+$/

/** @param bucket whose policy it is
 *  @param unresolved as for `matcherOf`
 *  @throws PolicyFault for what is neither "*" nor an ARN, and for one that is not of this bucket
 *  Source: IAM User Guide, "IAM JSON policy elements: Resource" */
export function resourcesOf(
  texts: readonly string[],
  rules: TemplateRules,
  bucket: string | undefined,
  unresolved: boolean,
): Resources {
  const matchers: Matcher[] = []
  const scope = { bucket: false, object: false }
  for (const text of texts) {
    if (text === '*') {
      matchers.push(() => true)
      scope.bucket = scope.object = true
    } else {
      const pattern = requireArn(text, rules)
      if (bucket !== undefined) {
        const own = scopeIn(pattern, bucket)
        if (!own.bucket && !own.object) throw new PolicyFault('Policy has invalid resource')
        scope.bucket ||= own.bucket
        scope.object ||= own.object
      }
      matchers.push(arnMatcher(pattern, unresolved))
    }
  }
  const [first, ...others] = matchers
  if (first === undefined) throw new PolicyFault('Policy has invalid resource')
  const matches: Matcher =
    others.length === 0 ? first : (value, context) => matchers.some((matches) => matches(value, context))
  return { matches, scope }
}

function requireArn(text: string, rules: TemplateRules): ArnPattern {
  const pattern = arnPatternOf(text, rules)
  const [, partition, service] = pattern?.head.map(plainText) ?? []
  const isArn =
    pattern !== undefined &&
    pattern.resource.length > 0 &&
    partition !== undefined &&
    partitionShape.test(partition) &&
    service !== undefined &&
    serviceShape.test(service)
  if (!isArn) {
    throw new PolicyFault(
      rules.kind === 'bucket' ? 'Policy has invalid resource' : `Resource ${text} must be in ARN format or "*".`,
    )
  }
  if (partition !== ownPartition && knownActions.has(service)) {
    throw new PolicyFault(`Partition "${partition}" is not valid for resource "${text}".`)
  }
  return pattern
}

/** Whether a resource of a bucket's policy can be the bucket, and whether it can be something in it. */
function scopeIn({ head, resource }: ArnPattern, bucket: string): { bucket: boolean; object: boolean } {
  const [, partition, service, region, account] = head.map(plainText)
  // S3's ARNs name neither region nor account: "*" may stand there, and means nothing.
  const isOfS3 = partition === ownPartition && service === 's3' && (region ?? '') === '' && (account ?? '') === ''
  if (!isOfS3) return { bucket: false, object: false }
  // A variable may become anything.
  const pieces: Piece[] = resource.map((piece) => (typeof piece === 'object' ? many : piece))
  const wildcard = wildcardOf(pieces)
  return { bucket: matchesWildcard(wildcard, bucket), object: reachesBeyond(wildcard, `${bucket}/`) }
}
