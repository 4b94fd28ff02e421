// A text of a policy with variables in it: "arn:aws:s3:::photos/${aws:username}/*". Pure.

import type { Question } from '../access.js'
import { keyOfVariable } from './condition-keys.js'
import { PolicyFault, type PolicyKind } from './policy.js'
import { many, matchesWildcard, one, type Piece, type Wildcard, wildcardOf } from './wildcard.js'

/** A variable: what the context says for `key`, or else the default. */
interface Variable {
  readonly key: string
  readonly fallback: string | undefined
}

/** Tells whether a value is what the policy's text says. */
export type Matcher = (value: string, context: Question['context']) => boolean

/** How a text is read. */
export interface TemplateRules {
  /** Version "2012-10-17": "If you don't include the Version element and set it to an appropriate version date, variables like ${aws:username} are treated
   *  as literal strings in the policy." */
  readonly hasVariables: boolean
  /** Whether "*" and "?" are wildcards here. */
  readonly hasWildcards: boolean
  readonly kind: PolicyKind
  /** Collects the keys of variables. */
  readonly keys: Set<string>
}

/** A text in pieces. */
export type Template = readonly (Piece | Variable)[]

/** Characters a text may have: ARNs have no more (IAM API reference, arnType), and it bounds what matching costs. */
const textSizeMax = 2048

/** @throws PolicyFault beyond 2,048 characters */
export function requireShort(text: string): void {
  if (text.length > textSizeMax) throw new PolicyFault(`A value must not have more than ${textSizeMax} characters.`)
}

/** @throws PolicyFault for a variable that is none, or of a key nobody knows
 *  Source: IAM User Guide, "IAM policy elements: Variables and tags" */
export function templateOf(text: string, rules: TemplateRules): Template {
  requireShort(text)
  const pieces: (Piece | Variable)[] = []
  let at = 0
  while (at < text.length) {
    const start = rules.hasVariables ? text.indexOf('${', at) : -1
    pushPlain(pieces, start < 0 ? text.slice(at) : text.slice(at, start), rules.hasWildcards)
    if (start < 0) break
    const { piece, end } = variableAt(text, start, rules)
    pieces.push(piece)
    at = end
  }
  return pieces
}

function pushPlain(pieces: (Piece | Variable)[], text: string, hasWildcards: boolean): void {
  if (!hasWildcards) {
    if (text !== '') pieces.push(text)
    return
  }
  for (const part of text.split(/([*?])/)) {
    if (part === '*') pieces.push(many)
    else if (part === '?') pieces.push(one)
    else if (part !== '') pieces.push(part)
  }
}

/** Name, and a default in single quotes after a comma. */
const variableShape = /^([^,'{}]+?)\s*(?:,\s*'([^']*)')?$/

function variableAt(text: string, start: number, rules: TemplateRules): { piece: string | Variable; end: number } {
  const close = closingBrace(text, start + 2)
  const inner = close < 0 ? undefined : text.slice(start + 2, close)
  const end = close + 1
  if (inner === '*' || inner === '?' || inner === '$') return { piece: inner, end }
  const parts = inner === undefined ? null : variableShape.exec(inner)
  const name = parts?.[1]
  if (name === undefined) throw new PolicyFault(`The policy contains a variable that is none: ${text}`)
  const key = keyOfVariable(name, rules.kind)
  rules.keys.add(key)
  return { piece: { key, fallback: parts?.[2] }, end }
}

/** A default may contain a brace. */
function closingBrace(text: string, from: number): number {
  let isQuoted = false
  for (let at = from; at < text.length; at += 1) {
    const character = text[at]
    if (character === "'") isQuoted = !isQuoted
    else if (character === '}' && !isQuoted) return at
  }
  return -1
}

/** Its text where it says one thing for everybody: neither variables nor wildcards. */
export function plainText(template: Template): string | undefined {
  let text = ''
  for (const piece of template) {
    if (typeof piece !== 'string') return undefined
    text += piece
  }
  return text
}

/** The same with its own characters in lower case; values of variables are not. */
export const loweredTemplate = (template: Template): Template =>
  template.map((piece) => {
    if (typeof piece === 'string') return piece.toLowerCase()
    return isVariable(piece) ? { ...piece, fallback: piece.fallback?.toLowerCase() } : piece
  })

/** @param unresolved what a variable counts as that the request has no value for. "not present means that the value is not in the current request
 *  information, and any attempt to match it fails and causes the statement to be invalid": false, but true where not matching is what fulfils an Allow. */
export function matcherOf(template: Template, unresolved: boolean): Matcher {
  const text = plainText(template)
  if (text !== undefined) return (value) => value === text
  const fixed: Piece[] = []
  for (const piece of template) if (!isVariable(piece)) fixed.push(piece)
  if (fixed.length === template.length) {
    if (fixed.length === 1 && fixed[0] === many) return () => true
    const wildcard = wildcardOf(fixed)
    return (value) => matchesWildcard(wildcard, value)
  }
  const variables = template.filter(isVariable)
  // Most values differ before the first variable.
  const start = unresolved || typeof template[0] !== 'string' ? '' : template[0]
  // The next question is mostly the same person's.
  let last: { readonly values: readonly string[]; readonly wildcard: Wildcard } | undefined
  return (value, context) => {
    if (!value.startsWith(start)) return false
    const values = valuesOf(variables, context)
    if (values === undefined) return unresolved
    if (last === undefined || !last.values.every((text, index) => text === values[index])) {
      last = { values, wildcard: wildcardOf(filledIn(template, values)) }
    }
    return matchesWildcard(last.wildcard, value)
  }
}

const isVariable = (piece: Piece | Variable): piece is Variable => typeof piece === 'object'

/** A value for each variable; undefined when one has none, or several. */
function valuesOf(variables: readonly Variable[], context: Question['context']): string[] | undefined {
  const found: string[] = []
  for (const { key, fallback } of variables) {
    const values = context(key)
    const value = values === undefined || values.length === 0 ? fallback : values[0]
    if (value === undefined || (values !== undefined && values.length > 1)) return undefined
    found.push(value)
  }
  return found
}

/** With values in place of variables, in which "*" means itself. */
function filledIn(template: Template, values: readonly string[]): Piece[] {
  let next = 0
  return template.map((piece) => {
    if (!isVariable(piece)) return piece
    next += 1
    return values[next - 1] ?? ''
  })
}

/** Matches when any of them does; asks the short ones first, which are those without variables. */
export function anyMatcher(templates: readonly Template[], unresolved: boolean): Matcher {
  const texts = new Set<string>()
  const others: Matcher[] = []
  for (const template of templates) {
    const text = plainText(template)
    if (text === undefined) others.push(matcherOf(template, unresolved))
    else texts.add(text)
  }
  const [first, ...more] = others
  if (first === undefined) {
    const [text] = texts
    return texts.size === 1 ? (value) => value === text : (value) => texts.has(value)
  }
  if (texts.size === 0 && more.length === 0) return first
  return (value, context) => texts.has(value) || others.some((matches) => matches(value, context))
}
