// The Condition element: everything in it must hold. Pure.

import type { Question } from '../access.js'
import { keyOf } from './condition-keys.js'
import { booleanOf, operators } from './operators.js'
import { PolicyFault } from './policy.js'
import { requireShort, type TemplateRules } from './template.js'

/** Whether a request fulfils one line of a condition, or all of it. */
export type Test = (context: Question['context']) => boolean

/** One line of a Condition, as far as it can be read without a request. */
export interface Line {
  /** Lower case. */
  readonly key: string
  /** "StringEquals", without qualifier and IfExists. */
  readonly operator: string
  /** Whether the key may be missing: IfExists, ForAllValues and negated operators. */
  readonly holdsWithoutKey: boolean
  readonly values: readonly string[]
}

/** A Condition, read. */
export interface Conditions {
  readonly test: Test
  readonly lines: readonly Line[]
}

/** "ForAllValues:StringLikeIfExists" */
const nameShape = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/

type Qualifier = 'ForAllValues' | 'ForAnyValue' | undefined

/** @param isAllow of which kind of statement: what cannot be resolved must not allow
 *  @throws PolicyFault
 *  Source: IAM User Guide, "IAM JSON policy elements: Condition": "If there are multiple condition operators, or if there are multiple keys attached to a
 *  single condition operator, the conditions are evaluated using a logical AND" */
export function conditionsOf(value: unknown, rules: TemplateRules, isAllow: boolean): Conditions {
  if (value === undefined) return { test: () => true, lines: [] }
  const lines: Line[] = []
  const tests: Test[] = []
  for (const [name, keys] of membersOf(value)) {
    for (const [condition, given] of membersOf(keys)) {
      const key = keyOf(condition, rules.kind)
      rules.keys.add(key)
      const values = valuesOf(given)
      const { test, line } = testOf(name, key, values, rules, isAllow)
      tests.push(test)
      lines.push(line)
    }
  }
  const [first, ...others] = tests
  if (first === undefined) return { test: () => true, lines }
  return { test: others.length === 0 ? first : (context) => tests.every((test) => test(context)), lines }
}

function testOf(
  name: string,
  key: string,
  values: readonly string[],
  rules: TemplateRules,
  isAllow: boolean,
): { test: Test; line: Line } {
  if (name === 'Null') {
    const line = { key, operator: name, holdsWithoutKey: values.some((value) => booleanOf(value) !== false), values }
    return { test: nullTest(key, values), line }
  }
  const [, qualifier, operatorName = '', ifExists] = nameShape.exec(name) ?? []
  const operator = operators.get(operatorName)
  if (operator === undefined) throw new PolicyFault(`Invalid Condition type : ${name}`)
  const { isNegated } = operator
  const matches = operator.matcher(values, rules, isNegated && isAllow)
  // "If you use a negated condition operator", the value must be none of those of the policy.
  const holds: (value: string, context: Question['context']) => boolean = isNegated
    ? (value, context) => !matches(value, context)
    : matches
  // The shape knows no other qualifier.
  const test = valuesTest(key, qualifier as Qualifier, isNegated, ifExists !== undefined, isAllow, holds)
  const holdsWithoutKey =
    ifExists !== undefined || qualifier === 'ForAllValues' || (isNegated && qualifier === undefined)
  return { test, line: { key, operator: operatorName, holdsWithoutKey, values } }
}

/** "true (the key doesn't exist — it is null) or false (the key exists and its value is not null)". */
function nullTest(key: string, values: readonly string[]): Test {
  const wanted = values.map((value) => {
    const boolean = booleanOf(value)
    if (boolean === undefined) throw new PolicyFault(`The value ${value} of a condition is not true or false.`)
    return boolean
  })
  return (context) => wanted.includes((context(key)?.length ?? 0) === 0)
}

/** Keys of one tag, which has one value; but tags of S3 that differ in case are several tags, and keys have no case: Allow wants all of them to hold, Deny one. */
const tagKey = /^(?:aws:(?:principal|request|resource)tag|iam:resourcetag|s3:(?:existing|request)objecttag)\//

/** What a missing key and several values mean.
 *  Sources: IAM User Guide, "Condition operators": "If the key that you specify in a policy condition is not present in the request context, the values do not
 *  match and the condition is false. If the policy condition requires that the key is not matched … the condition is true"; "…IfExists": "If the key is not
 *  present, evaluate the condition element as true"; "Multivalued context keys": ForAllValues "returns true if every context key value in the request
 *  matches", and "also returns true if there are no context keys in the request or if the context key value resolves to a null dataset, such as an empty
 *  string"; ForAnyValue "returns false" then. */
function valuesTest(
  key: string,
  qualifier: Qualifier,
  isNegated: boolean,
  ifExists: boolean,
  isAllow: boolean,
  holds: (value: string, context: Question['context']) => boolean,
): Test {
  return (context) => {
    const values = context(key)
    if (values === undefined || values.length === 0) {
      return ifExists || qualifier === 'ForAllValues' || (isNegated && qualifier === undefined)
    }
    if (qualifier === 'ForAllValues') return values.every((value) => value === '' || holds(value, context))
    if (qualifier === 'ForAnyValue') return values.some((value) => value !== '' && holds(value, context))
    // Whoever sets tags must not choose which of them is meant.
    if (values.length > 1 && tagKey.test(key)) {
      return isAllow ? values.every((value) => holds(value, context)) : values.some((value) => holds(value, context))
    }
    // Several values without a qualifier: one that matches is enough, and none may match what must not.
    return isNegated ? values.every((value) => holds(value, context)) : values.some((value) => holds(value, context))
  }
}

function membersOf(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PolicyFault('Syntax errors in policy: a Condition is an object of operators, each an object of keys.')
  }
  return Object.entries(value)
}

/** "Quotation marks are optional for numeric and Boolean values." */
function valuesOf(given: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (list.length === 0) throw new PolicyFault('Syntax errors in policy: a condition has no values.')
  return list.map((value) => {
    if (typeof value === 'string') {
      requireShort(value)
      return value
    }
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    throw new PolicyFault('Syntax errors in policy: the values of a condition are strings, numbers or Booleans.')
  })
}
