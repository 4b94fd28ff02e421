// Action and NotAction: which actions a statement is about. Pure.

import { knownActions, s3Actions } from './known-actions.js'
import { PolicyFault, type PolicyKind } from './policy.js'
import { many, matchesWildcard, one, type Piece, wildcardOf } from './wildcard.js'

/** "s3:Get*": a service and an action, each case-insensitive. */
const patternShape = /^([a-z0-9-]+|\*):([\w*?-]+)$/i

/** @returns whether an action ("s3:GetObject", as the tables of rights write it) is one of them
 *  @throws PolicyFault for a pattern that is none; of S3, IAM and STS for one that no action there is fits; for an action of a service that has no say in
 *  this kind of policy
 *  Source: IAM User Guide, "IAM JSON policy elements: Action": "The prefix and the action name are case insensitive" */
export function actionMatcher(patterns: readonly string[], kind: PolicyKind): (action: string) => boolean {
  const lowered = patterns.map((pattern) => loweredPattern(pattern, kind))
  if (lowered.some((pattern) => pattern === '*' || pattern === '*:*')) return () => true
  const tests = lowered.map(wildcardTest)
  return (action) => {
    const name = action.toLowerCase()
    return tests.some((test) => test(name))
  }
}

function wildcardTest(pattern: string): (name: string) => boolean {
  const units = Array.from(pattern, (unit): Piece => (unit === '*' ? many : unit === '?' ? one : unit))
  const wildcard = wildcardOf(units)
  return (name) => matchesWildcard(wildcard, name)
}

function loweredPattern(pattern: string, kind: PolicyKind): string {
  const lowered = pattern.toLowerCase()
  if (lowered === '*') return lowered
  const service = patternShape.exec(lowered)?.[1]
  if (service === undefined) throw new PolicyFault(invalidAction(pattern, kind))
  if (kind === 'bucket' && service !== 's3') throw new PolicyFault(invalidAction(pattern, kind))
  if (kind === 'trust' && service !== 'sts') {
    throw new PolicyFault('AssumeRole policy may only specify STS AssumeRole actions.')
  }
  const actions = knownActions.get(service)
  const isFitted = wildcardTest(lowered)
  if (actions !== undefined && !actions.some((action) => isFitted(action.toLowerCase()))) {
    throw new PolicyFault(invalidAction(pattern, kind))
  }
  return lowered
}

const invalidAction = (pattern: string, kind: PolicyKind): string =>
  kind === 'bucket'
    ? `Policy has invalid action - ${pattern}`
    : `Actions must be prefaced by a vendor, e.g., iam, s3, ec2, and be one of its actions: ${pattern}`

/** Which kind of resource of a bucket's policy each of the patterns can be about.
 *  @param matches of one pattern */
export const scopeOf = (
  matches: (action: string) => boolean,
): { readonly bucket: boolean; readonly object: boolean } => ({
  bucket: s3Actions.bucket.some((action) => matches(`s3:${action}`)),
  object: s3Actions.object.some((action) => matches(`s3:${action}`)),
})
