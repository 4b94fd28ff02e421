// The policy of a browser form: read from its field, and held against the form. Security rule 4: "Every POST form field is covered by a policy
// condition". Source: AWS, "Creating a POST Policy".

import { S3Error } from '../../contract/errors.js'

/** Compares one field's value with what the policy says of it. */
interface FieldCondition {
  readonly operator: 'eq' | 'starts-with'
  /** Lower-case, without "$". */
  readonly field: string
  readonly value: string
  /** The condition as the policy has it, for S3's sentence. */
  readonly text: string
}

/** Bytes of the file, both included. */
export interface SizeRange {
  readonly min: number
  readonly max: number
}

/** A policy, understood. */
export interface Policy {
  /** Milliseconds since 1970. */
  readonly expiresMs: number
  readonly conditions: readonly FieldCondition[]
  /** All of `content-length-range` together; undefined when the policy has none. */
  readonly size: SizeRange | undefined
}

/** AWS: "Each form field that you specify in a form (except x-amz-signature, file, policy, and field names that have an x-ignore- prefix)
 *  must appear in the list of conditions." The names of Signature Version 2 are excepted likewise. */
const exemptFields = new Set(['awsaccesskeyid', 'file', 'policy', 'signature', 'x-amz-signature'])

/** Reads the base64 of a policy document.
 *  @throws InvalidPolicyDocument */
export function policyOf(base64: string): Policy {
  const document = jsonOf(base64)
  if (!isRecord(document)) throw invalidPolicy('Invalid JSON.')
  const { expiration, conditions } = document
  if (expiration === undefined) throw invalidPolicy('Policy missing expiration.')
  if (conditions === undefined) throw invalidPolicy('Policy missing conditions.')
  const expiresMs = typeof expiration === 'string' && isoDate.test(expiration) ? Date.parse(expiration) : Number.NaN
  if (Number.isNaN(expiresMs)) throw invalidPolicy(`Invalid 'expiration' value: ${JSON.stringify(expiration)}`)
  if (!Array.isArray(conditions)) throw invalidPolicy("Invalid 'conditions' value: must be a List.")

  const list: readonly unknown[] = conditions
  const ranges = list.flatMap((condition) => sizeRangeOf(condition) ?? [])
  return {
    expiresMs,
    conditions: list.flatMap((condition) => (isSizeRange(condition) ? [] : fieldConditionOf(condition))),
    size:
      ranges.length === 0
        ? undefined
        : { min: Math.max(...ranges.map(({ min }) => min)), max: Math.min(...ranges.map(({ max }) => max)) },
  }
}

/** Refuses a form its policy does not allow.
 *  @param fields by lower-case name, as they will be used (the key with its file name put in), and `bucket` as the request addresses it
 *  @throws AccessDenied with S3's sentence: expired, a condition failed, a field no condition mentions */
export function requirePolicy(policy: Policy, fields: ReadonlyMap<string, string>, nowMs: number): void {
  if (nowMs >= policy.expiresMs) throw notAllowed('Policy expired.')
  for (const condition of policy.conditions) {
    if (!holds(condition, fields.get(condition.field) ?? '')) {
      throw notAllowed(`Policy Condition failed: ${condition.text}`)
    }
  }
  const covered = new Set(policy.conditions.map(({ field }) => field))
  const extra = [...fields.keys()].filter(
    (name) => !covered.has(name) && !exemptFields.has(name) && !name.startsWith('x-ignore-'),
  )
  if (extra.length > 0) throw notAllowed(`Extra input fields: ${extra.join(', ')}`)
}

function holds({ operator, field, value }: FieldCondition, actual: string): boolean {
  if (operator === 'eq') return actual === value
  // AWS: "Content-Types values for a starts-with condition that include commas are interpreted as lists. Each value in the list must meet the
  // condition for the whole condition to pass."
  if (field === 'content-type') return actual.split(',').every((one) => one.trimStart().startsWith(value))
  return actual.startsWith(value)
}

const isoDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

function jsonOf(base64: string): unknown {
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(base64)) throw invalidPolicy('Invalid Base64 Encoding')
  // Beside JSON's own escapes AWS has `\$` and `\v`.
  const text = Buffer.from(base64, 'base64')
    .toString('utf8')
    .replace(/\\([\s\S])/g, (escape, character: string) =>
      character === '$' ? '$' : character === 'v' ? '\\u000b' : escape,
    )
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalidPolicy('Invalid JSON.', cause)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSizeRange(condition: unknown): condition is readonly unknown[] {
  return Array.isArray(condition) && String(condition[0]).toLowerCase() === 'content-length-range'
}

function sizeRangeOf(condition: unknown): SizeRange | undefined {
  if (!isSizeRange(condition)) return undefined
  const [, min, max] = condition.map((value) => wholeNumber(value))
  if (condition.length !== 3 || min === undefined || max === undefined) {
    throw invalidPolicy('Invalid content-length-range: two numbers of bytes are needed.')
  }
  return { min, max }
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** `{"acl": "private"}`, `["eq", "$acl", "private"]` or `["starts-with", "$key", "user/"]`. */
function fieldConditionOf(condition: unknown): FieldCondition {
  const text = JSON.stringify(condition)
  if (isRecord(condition)) {
    const entries = Object.entries(condition)
    const [first] = entries
    if (entries.length !== 1 || first === undefined) {
      throw invalidPolicy('Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.')
    }
    return { operator: 'eq', field: first[0].toLowerCase(), value: requireText(first[1], text), text }
  }
  if (!Array.isArray(condition) || condition.length !== 3) throw invalidPolicy(`Invalid condition: ${text}`)
  const parts: readonly unknown[] = condition
  const operator = requireText(parts[0], text).toLowerCase()
  const field = requireText(parts[1], text)
  if (operator !== 'eq' && operator !== 'starts-with') throw invalidPolicy(`Invalid condition operator: ${text}`)
  if (!field.startsWith('$')) throw invalidPolicy(`Invalid condition, a field begins with "$": ${text}`)
  return { operator, field: field.slice(1).toLowerCase(), value: requireText(parts[2], text), text }
}

function requireText(value: unknown, condition: string): string {
  if (typeof value !== 'string') throw invalidPolicy(`Invalid condition, a text is needed: ${condition}`)
  return value
}

function invalidPolicy(sentence: string, cause?: unknown): S3Error {
  return new S3Error('InvalidPolicyDocument', { message: `Invalid Policy: ${sentence}`, cause })
}

function notAllowed(sentence: string): S3Error {
  return new S3Error('AccessDenied', { message: `Invalid according to Policy: ${sentence}` })
}
