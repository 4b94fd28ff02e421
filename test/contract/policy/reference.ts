// Policies decided in the slowest and plainest way: straight from the JSON, by the words of the IAM User Guide. What the compiled engine answers is compared
// with it; nothing is shared but the questions.

import type { AnyQuestion } from '../../../src/contract/policy/policy.js'

/** A statement of a policy that `parsePolicy` accepts, lists written as lists. */
export interface RawStatement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: '*' | { readonly AWS: readonly string[] }
  readonly NotPrincipal?: { readonly AWS: readonly string[] }
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource?: readonly string[]
  readonly NotResource?: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

/** Everything that has a say, as `Policies` in statements. */
export interface RawPolicies {
  readonly identity: readonly RawStatement[]
  readonly boundary: readonly RawStatement[] | undefined
  readonly session: readonly (readonly RawStatement[])[]
  readonly resource: readonly RawStatement[]
  readonly isSameAccount: boolean
}

/** Whether it is allowed. */
export function isAllowed(question: AnyQuestion, policies: RawPolicies): boolean {
  const { identity, boundary, session, resource, isSameAccount } = policies
  const { principal } = question
  const everything = [...identity, ...(boundary ?? []), ...session.flat()]
  if (everything.some((statement) => statement.Effect === 'Deny' && applies(statement, question))) return false
  if (
    resource.some(
      (statement) => statement.Effect === 'Deny' && applies(statement, question) && denies(statement, principal),
    )
  )
    return false

  const granted = new Set(
    resource
      .filter((statement) => statement.Effect === 'Allow' && applies(statement, question))
      .map((statement) => reachOf(statement, principal)),
  )
  const byResource = granted.has('direct') || granted.has('role') || granted.has('account')
  const allows = (statements: readonly RawStatement[]): boolean =>
    statements.some((statement) => statement.Effect === 'Allow' && applies(statement, question))
  const withinBoundary = boundary === undefined || allows(boundary)
  const withinSession = session.every(allows)
  if (principal.kind === 'anonymous') return granted.has('direct')
  if (principal.kind === 'root') return (isSameAccount || byResource) && withinBoundary && withinSession
  if (!isSameAccount) return allows(identity) && byResource && withinBoundary && withinSession
  const isUnlimited = principal.kind === 'session' || session.length === 0
  if (granted.has('direct') && isUnlimited) return true
  return (granted.has('direct') || granted.has('role') || allows(identity)) && withinBoundary && withinSession
}

type Somebody = AnyQuestion['principal']

/** Every name somebody has, with how near it is. */
function namesOf(principal: Somebody): Map<string, string> {
  const names = new Map<string, string>()
  if (principal.kind === 'anonymous' || principal.kind === 'web identity') return names
  const nearness = principal.kind === 'root' ? 'direct' : 'account'
  names.set(principal.account.number, nearness).set(`arn:aws:iam::${principal.account.number}:root`, nearness)
  if (principal.kind === 'session') names.set(principal.roleArn, 'role')
  if (principal.kind !== 'root') names.set(principal.arn, 'direct')
  return names
}

function reachOf({ Principal }: RawStatement, principal: Somebody): string {
  if (Principal === undefined) throw new Error('a resource policy names its principals')
  if (Principal === '*' || Principal.AWS.includes('*')) return 'direct'
  const names = namesOf(principal)
  const reached = Principal.AWS.map((name) => names.get(name))
  return ['direct', 'role', 'account'].find((nearness) => reached.includes(nearness)) ?? 'none'
}

function denies(statement: RawStatement, principal: Somebody): boolean {
  if (statement.NotPrincipal === undefined) return reachOf(statement, principal) !== 'none'
  const excepted = statement.NotPrincipal.AWS
  const byNearness = [...new Set(namesOf(principal).values())]
  const isExcepted =
    byNearness.length > 0 &&
    byNearness.every((nearness) =>
      [...namesOf(principal)].some(([name, near]) => near === nearness && excepted.includes(name)),
    )
  return !isExcepted
}

/** Thrown where a variable has no value: what that means depends on where it stands. */
class Unresolved extends Error {}

/** Action, resource and conditions. A variable without value: an Allow with it does not apply; in a Deny its text is like nothing. */
function applies(statement: RawStatement, question: AnyQuestion): boolean {
  const { action, resource } = question
  if (
    statement.Action !== undefined &&
    !statement.Action.some((pattern) => like(pattern.toLowerCase(), action.toLowerCase()))
  )
    return false
  if (statement.NotAction?.some((pattern) => like(pattern.toLowerCase(), action.toLowerCase())) === true) return false
  if (
    statement.Resource !== undefined &&
    !statement.Resource.some((pattern) => isLikeArn(pattern, resource, question, false))
  )
    return false
  const isAllow = statement.Effect === 'Allow'
  if (statement.NotResource?.some((pattern) => isLikeArn(pattern, resource, question, isAllow)) === true) return false
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    for (const [key, values] of Object.entries(keys)) if (!holds(operator, key, values, question, isAllow)) return false
  }
  return true
}

function isLikeArn(pattern: string, resource: string, question: AnyQuestion, unresolved: boolean): boolean {
  if (pattern === '*') return true
  const wanted = pattern.split(':')
  const given = resource.split(':')
  const head = (parts: string[]): string[] => parts.slice(0, 5)
  const rest = (parts: string[]): string => parts.slice(5).join(':')
  if (!head(wanted).every((part, index) => like(part, head(given)[index] ?? ''))) return false
  try {
    return like(filledIn(rest(wanted), question), rest(given))
  } catch (error) {
    if (error instanceof Unresolved) return unresolved
    throw error
  }
}

/** Wildcards of values become characters of their own: those of a private use area stand for them on both sides. */
const hide = (text: string): string => text.replaceAll('*', '\ue000').replaceAll('?', '\ue001')

function filledIn(text: string, { context }: AnyQuestion): string {
  return text.replaceAll(/\$\{([^,}]+)(?:, '([^']*)')?\}/g, (_whole, name: string, fallback: string | undefined) => {
    if (name === '*' || name === '?' || name === '$') return hide(name)
    const values = context(name.toLowerCase()) ?? []
    if (values.length === 0 && fallback !== undefined) return hide(fallback)
    const [value] = values
    if (value === undefined || values.length > 1) throw new Unresolved()
    return hide(value)
  })
}

/** By all ways there are. */
function like(pattern: string, text: string): boolean {
  const hidden = hide(text)
  const from = (inPattern: number, inText: number): boolean => {
    if (inPattern === pattern.length) return inText === hidden.length
    const unit = pattern[inPattern]
    if (unit === '*') return from(inPattern + 1, inText) || (inText < hidden.length && from(inPattern, inText + 1))
    return inText < hidden.length && (unit === '?' || unit === hidden[inText]) && from(inPattern + 1, inText + 1)
  }
  return from(0, 0)
}

function holds(name: string, key: string, wanted: readonly string[], question: AnyQuestion, isAllow: boolean): boolean {
  const values = question.context(key.toLowerCase()) ?? []
  if (name === 'Null') return wanted.includes(String(values.length === 0))
  const qualifier = name.includes(':') ? name.split(':')[0] : undefined
  const operator = name.replace(/^.*:/, '').replace(/IfExists$/, '')
  const isNegated = operator.includes('Not')
  if (values.length === 0) {
    return name.endsWith('IfExists') || qualifier === 'ForAllValues' || (isNegated && qualifier === undefined)
  }
  const one = (value: string): boolean => {
    const matches = wanted.some((text) => compare(operator, text, value, question, isNegated && isAllow))
    return isNegated ? !matches : matches
  }
  if (qualifier === 'ForAllValues') return values.filter((value) => value !== '').every(one)
  if (qualifier === 'ForAnyValue') return values.filter((value) => value !== '').some(one)
  return isNegated ? values.every(one) : values.some(one)
}

function compare(operator: string, text: string, value: string, question: AnyQuestion, unresolved: boolean): boolean {
  const kind = operator.replace('Not', '')
  try {
    switch (kind) {
      case 'StringEquals':
        return filledIn(text, question).replaceAll('\ue000', '*').replaceAll('\ue001', '?') === value
      case 'StringEqualsIgnoreCase':
        return (
          filledIn(text, question).replaceAll('\ue000', '*').replaceAll('\ue001', '?').toLowerCase() ===
          value.toLowerCase()
        )
      case 'StringLike':
        return like(filledIn(text, question), value)
      case 'NumericEquals':
        return Number(text) === Number(value)
      case 'NumericLessThan':
        return Number(value) < Number(text)
      case 'NumericGreaterThanEquals':
        return Number(value) >= Number(text)
      case 'Bool':
        return text === value
      default:
        throw new Error(`the reference does not know ${operator}`)
    }
  } catch (error) {
    if (error instanceof Unresolved) return unresolved
    throw error
  }
}
