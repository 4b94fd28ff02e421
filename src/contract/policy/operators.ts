// The condition operators: what each compares, and what values it takes. Pure.

import { arnMatcher, arnPatternOf } from './arn-pattern.js'
import { rememberingLast } from '../remembering-last.js'
import { instantOf } from './instant.js'
import { contains, ipRangeOf, type IpRange } from './ip-range.js'
import { PolicyFault } from './policy.js'
import { anyMatcher, loweredTemplate, type Matcher, type TemplateRules, templateOf } from './template.js'

/** An operator, without its qualifier ("ForAnyValue:") and without "IfExists". */
export interface Operator {
  /** Whether it holds for what does not match, as "StringNotEquals". */
  readonly isNegated: boolean
  /** @param values of the policy, one at least
   *  @param unresolved as for `matcherOf`
   *  @returns whether one value of a request is (for a negated one: is not allowed to be) one of them
   *  @throws PolicyFault for a value it cannot take */
  readonly matcher: (values: readonly string[], rules: TemplateRules, unresolved: boolean) => Matcher
}

const strings =
  (hasWildcards: boolean): Operator['matcher'] =>
  (values, rules, unresolved) =>
    anyMatcher(
      values.map((value) => templateOf(value, { ...rules, hasWildcards })),
      unresolved,
    )

/** Both sides lowered: characters that only some alphabets fold are compared as JavaScript lowers them. */
const stringsOfAnyCase: Operator['matcher'] = (values, rules, unresolved) => {
  const templates = values.map((value) => templateOf(value, { ...rules, hasWildcards: false }))
  const matches = anyMatcher(templates.map(loweredTemplate), unresolved)
  return (value, context) => matches(value.toLowerCase(), (key) => context(key)?.map((text) => text.toLowerCase()))
}

/** "The ArnEquals and ArnLike condition operators behave identically." */
const arns: Operator['matcher'] = (values, rules, unresolved) => {
  const matchers = values.map((value): Matcher => {
    if (value === '*') return () => true
    const pattern = arnPatternOf(value, { ...rules, hasWildcards: true })
    if (pattern === undefined) throw new PolicyFault(`${value} is not in ARN format.`)
    return arnMatcher(pattern, unresolved)
  })
  return (value, context) => matchers.some((matches) => matches(value, context))
}

type Comparison = (value: number, limit: number) => boolean

/** @param read of a policy's or a request's value; a request's that cannot be read matches nothing */
const ordered =
  (compare: Comparison, read: (text: string) => number | undefined, what: string): Operator['matcher'] =>
  (values) => {
    const limits = values.map((value) => required(read(value), value, what))
    return (value) => {
      const number = read(value)
      return number !== undefined && limits.some((limit) => compare(number, limit))
    }
  }

const numberOf = (text: string): number | undefined =>
  /^[+-]?\d{1,300}(?:\.\d{1,300})?$/.test(text) ? Number(text) : undefined

const booleans: Operator['matcher'] = (values) => {
  const wanted = values.map((value) => required(booleanOf(value), value, 'true or false'))
  return (value) => {
    const boolean = booleanOf(value)
    return boolean !== undefined && wanted.includes(boolean)
  }
}

/** @returns undefined when it is neither */
export function booleanOf(text: string): boolean | undefined {
  const lowered = text.toLowerCase()
  return lowered === 'true' ? true : lowered === 'false' ? false : undefined
}

/** "It compares the value of the specified key byte for byte against a base-64 encoded representation of the binary value in the policy." */
const binaries: Operator['matcher'] = (values) => {
  const wanted = new Set(values.map((value) => required(bytesOf(value), value, 'base64')))
  return (value) => {
    const bytes = bytesOf(value)
    return bytes !== undefined && wanted.has(bytes)
  }
}

/** As hex digits, one way of writing for the same bytes. */
const bytesOf = (text: string): string | undefined =>
  /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}(?:==)?|[A-Za-z\d+/]{3}=?)?$/.test(text)
    ? Buffer.from(text, 'base64').toString('hex')
    : undefined

/** A request has one address, and many statements may ask for it. */
const addressOfRequest = rememberingLast(ipRangeOf)

const addresses: Operator['matcher'] = (values) => {
  const ranges = values.map((value): IpRange => required(ipRangeOf(value), value, 'an IP address or CIDR block'))
  return (value) => {
    const address = addressOfRequest(value)
    return address !== undefined && ranges.some((range) => contains(range, address))
  }
}

function required<Value>(value: Value | undefined, text: string, what: string): Value {
  if (value === undefined) throw new PolicyFault(`The value ${text} of a condition is not ${what}.`)
  return value
}

const positive = (matcher: Operator['matcher']): Operator => ({ isNegated: false, matcher })
const negated = (matcher: Operator['matcher']): Operator => ({ isNegated: true, matcher })

const equals: Comparison = (value, limit) => value === limit
const less: Comparison = (value, limit) => value < limit
const lessOrEqual: Comparison = (value, limit) => value <= limit
const greater: Comparison = (value, limit) => value > limit
const greaterOrEqual: Comparison = (value, limit) => value >= limit

const numbers = (compare: Comparison): Operator['matcher'] => ordered(compare, numberOf, 'a number')
/** As for addresses: of all dates in policies, most are compared with now. */
const instantOfLast = rememberingLast(instantOf)

const dates = (compare: Comparison): Operator['matcher'] => ordered(compare, instantOfLast, 'a date')

/** By name. `Null` is none of them: it asks whether there is a value at all.
 *  Source: IAM User Guide, "IAM JSON policy elements: Condition operators" */
export const operators: ReadonlyMap<string, Operator> = new Map([
  ['StringEquals', positive(strings(false))],
  ['StringNotEquals', negated(strings(false))],
  ['StringEqualsIgnoreCase', positive(stringsOfAnyCase)],
  ['StringNotEqualsIgnoreCase', negated(stringsOfAnyCase)],
  ['StringLike', positive(strings(true))],
  ['StringNotLike', negated(strings(true))],
  ['NumericEquals', positive(numbers(equals))],
  ['NumericNotEquals', negated(numbers(equals))],
  ['NumericLessThan', positive(numbers(less))],
  ['NumericLessThanEquals', positive(numbers(lessOrEqual))],
  ['NumericGreaterThan', positive(numbers(greater))],
  ['NumericGreaterThanEquals', positive(numbers(greaterOrEqual))],
  ['DateEquals', positive(dates(equals))],
  ['DateNotEquals', negated(dates(equals))],
  ['DateLessThan', positive(dates(less))],
  ['DateLessThanEquals', positive(dates(lessOrEqual))],
  ['DateGreaterThan', positive(dates(greater))],
  ['DateGreaterThanEquals', positive(dates(greaterOrEqual))],
  ['Bool', positive(booleans)],
  ['BinaryEquals', positive(binaries)],
  ['IpAddress', positive(addresses)],
  ['NotIpAddress', negated(addresses)],
  ['ArnEquals', positive(arns)],
  ['ArnLike', positive(arns)],
  ['ArnNotEquals', negated(arns)],
  ['ArnNotLike', negated(arns)],
])
