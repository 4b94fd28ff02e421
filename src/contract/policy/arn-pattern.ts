// ARNs with wildcards and variables: of Resource, NotResource and the Arn… operators. Pure.

import { PolicyFault } from './policy.js'
import { matcherOf, type Matcher, plainText, type Template, templateOf, type TemplateRules } from './template.js'

/** Parts of an ARN before its resource: "arn", partition, service, region, account. */
const headSize = 5

/** An ARN of a policy, read. */
export interface ArnPattern {
  /** "arn", partition, service, region and account. */
  readonly head: readonly Template[]
  readonly resource: Template
}

/** @returns undefined when it is no ARN: not six parts divided by colons, the first "arn"
 *  @throws PolicyFault for a variable in front of the resource ("This portion of the ARN appears after the fifth colon"), and as `templateOf` */
export function arnPatternOf(text: string, rules: TemplateRules): ArnPattern | undefined {
  const parts = partsOf(text)
  if (parts === undefined || parts.head[0] !== 'arn') return undefined
  if (rules.hasVariables && parts.head.some((part) => part.includes('${'))) {
    throw new PolicyFault(`A policy variable can only stand in the resource of an ARN: ${text}`)
  }
  return {
    head: parts.head.map((part) => templateOf(part, { ...rules, hasVariables: false })),
    resource: templateOf(parts.resource, rules),
  }
}

/** "arn:aws:s3:::bucket/a:b" -> its five first parts, and "bucket/a:b". */
function partsOf(text: string): { head: string[]; resource: string } | undefined {
  const head: string[] = []
  let at = 0
  for (let part = 0; part < headSize; part += 1) {
    const colon = text.indexOf(':', at)
    if (colon < 0) return undefined
    head.push(text.slice(at, colon))
    at = colon + 1
  }
  return { head, resource: text.slice(at) }
}

/** Matches part by part: "Each of the six colon-delimited components of the ARN is checked separately and each can include … wildcards". A "*" in front of
 *  the resource never runs over a colon.
 *  @param unresolved as for `matcherOf` */
export function arnMatcher({ head, resource }: ArnPattern, unresolved: boolean): Matcher {
  const texts = head.map(plainText)
  if (texts.every((text) => text !== undefined)) {
    // Without wildcards the head holds its five colons in place, so all of it is one pattern.
    return matcherOf([`${texts.join(':')}:`, ...resource], unresolved)
  }
  const heads = head.map((part) => matcherOf(part, unresolved))
  const rest = matcherOf(resource, unresolved)
  return (value, context) => {
    const parts = partsOf(value)
    return (
      parts !== undefined &&
      heads.every((matches, at) => matches(parts.head[at] ?? '', context)) &&
      rest(parts.resource, context)
    )
  }
}
