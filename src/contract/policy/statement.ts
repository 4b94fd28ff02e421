// One statement of a policy, read and compiled. Pure.

import { actionMatcher, scopeOf } from './action-patterns.js'
import { type Conditions, conditionsOf } from './conditions.js'
import { isObject } from './document.js'
import { isPublicGrant } from './is-public-policy.js'
import { PolicyFault, type PolicyKind, type Statement } from './policy.js'
import { type Principals, principalsOf, reachOf, reachUnless } from './principals.js'
import { type Resources, resourcesOf } from './resource-patterns.js'
import type { Matcher, TemplateRules } from './template.js'

/** What a statement is read with. */
export interface StatementRules {
  /** As given to `parsePolicy`. */
  readonly policy: string
  /** From 0. */
  readonly index: number
  readonly kind: PolicyKind
  /** The bucket whose policy it is. */
  readonly bucket: string | undefined
  /** Version "2012-10-17". */
  readonly hasVariables: boolean
  /** Collects condition keys and keys of variables. */
  readonly keys: Set<string>
}

/** A statement, and whether it grants something to everybody. */
export interface ReadStatement {
  readonly statement: Statement
  readonly isPublic: boolean
}

const elements: ReadonlySet<string> = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
])

/** Characters of a Sid: "For IAM policies, basic alphanumeric characters (A-Z,a-z,0-9) are the only allowed characters in the Sid value. Other AWS services
 *  that support resource policies may have other requirements": S3 takes any. */
const sidShape = /^[A-Za-z0-9]*$/

/** @throws PolicyFault
 *  Source: IAM User Guide, "Grammar of the IAM JSON policy language" */
export function statementOf(value: unknown, rules: StatementRules): ReadStatement {
  if (!isObject(value)) throw new PolicyFault('Syntax errors in policy: a statement is an object.')
  for (const name of Object.keys(value)) {
    if (!elements.has(name)) throw new PolicyFault(`Syntax errors in policy: unknown element ${name}.`)
  }
  const sid = sidOf(value['Sid'], rules.kind)
  const effect = effectOf(value['Effect'])
  const isAllow = effect === 'Allow'
  const template: TemplateRules = {
    hasVariables: rules.hasVariables,
    hasWildcards: true,
    kind: rules.kind,
    keys: rules.keys,
  }

  const who = whoOf(value, rules.kind, isAllow)
  const actions = elementOf(value, 'Action', 'NotAction')
  const isAction = actionMatcher(actions.texts, rules.kind)
  const resources = resourcesOfStatement(value, rules, template, isAllow)
  if (rules.kind === 'bucket' && !actions.isNegated) requireScopes(actions.texts, resources)
  const conditions = conditionsOf(value['Condition'], template, isAllow)

  const isAbout = actions.isNegated ? (action: string): boolean => !isAction(action) : isAction
  const statement: Statement = {
    name: { policy: rules.policy, sid: sid === '' ? undefined : sid, index: rules.index },
    effect,
    isAbout,
    matches: matchesOf(resources, conditions),
    reaches: who.reaches,
  }
  const isPublic =
    rules.kind === 'bucket' && isAllow && isPublicGrant(who.principals, conditions.lines, rules.hasVariables)
  return { statement, isPublic }
}

function matchesOf({ resources, isNegated }: StatementResources, conditions: Conditions): Statement['matches'] {
  const { matches } = resources
  const isOf: Matcher = isNegated ? (resource, context) => !matches(resource, context) : matches
  const { test, lines } = conditions
  return lines.length === 0
    ? ({ resource, context }) => isOf(resource, context)
    : ({ resource, context }) => isOf(resource, context) && test(context)
}

function sidOf(value: unknown, kind: PolicyKind): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw new PolicyFault('Syntax errors in policy: a Sid is a string.')
  if (kind !== 'bucket' && !sidShape.test(value)) {
    throw new PolicyFault(
      `Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*: ${value}`,
    )
  }
  return value
}

function effectOf(value: unknown): 'Allow' | 'Deny' {
  if (value === 'Allow' || value === 'Deny') return value
  throw new PolicyFault('Invalid effect: Effect is Allow or Deny.')
}

function whoOf(
  value: Readonly<Record<string, unknown>>,
  kind: PolicyKind,
  isAllow: boolean,
): { principals: Principals | undefined; reaches: Statement['reaches'] } {
  const isNegated = Object.hasOwn(value, 'NotPrincipal')
  const isStated = Object.hasOwn(value, 'Principal')
  if (kind !== 'bucket' && kind !== 'trust') {
    if (isStated || isNegated) throw new PolicyFault('Policy document should not specify a principal.')
    return { principals: undefined, reaches: () => 'direct' }
  }
  if (isStated === isNegated) throw new PolicyFault('Missing required field Principal')
  if (!isNegated) {
    const principals = principalsOf(value['Principal'], kind)
    return { principals, reaches: (principal) => reachOf(principals, principal) }
  }
  // "You cannot use the NotPrincipal element in … an IAM role trust policy."
  if (kind === 'trust') throw new PolicyFault('Has prohibited field NotPrincipal')
  // "NotPrincipal must be used with "Effect":"Deny". Using it with "Effect":"Allow" is not supported."
  if (isAllow) throw new PolicyFault('Allow with NotPrincipal is not supported.')
  const principals = principalsOf(value['NotPrincipal'], kind)
  if (principals.everybody) throw new PolicyFault('Invalid principal in policy: NotPrincipal excepts everybody.')
  return { principals, reaches: (principal) => reachUnless(principals, principal) }
}

interface StatementResources {
  readonly resources: Resources
  readonly isNegated: boolean
}

function resourcesOfStatement(
  value: Readonly<Record<string, unknown>>,
  rules: StatementRules,
  template: TemplateRules,
  isAllow: boolean,
): StatementResources {
  if (rules.kind === 'trust') {
    // A role's trust policy is about that role.
    const name = ['Resource', 'NotResource'].find((element) => Object.hasOwn(value, element))
    if (name !== undefined) throw new PolicyFault(`Has prohibited field ${name}`)
    return { resources: { matches: () => true, scope: { bucket: false, object: false } }, isNegated: false }
  }
  const { texts, isNegated } = elementOf(value, 'Resource', 'NotResource')
  const bucket = rules.kind === 'bucket' ? rules.bucket : undefined
  return { resources: resourcesOf(texts, template, bucket, isNegated && isAllow), isNegated }
}

/** "s3:GetObject" of a bucket, or "s3:ListBucket" of an object, would never be asked. */
function requireScopes(actions: readonly string[], { resources: { scope }, isNegated }: StatementResources): void {
  if (isNegated) return
  for (const action of actions) {
    const own = scopeOf(actionMatcher([action], 'bucket'))
    if (!(own.bucket && scope.bucket) && !(own.object && scope.object)) {
      throw new PolicyFault('Action does not apply to any resource(s) in statement')
    }
  }
}

/** An element of strings, one or a list, or its negation.
 *  @throws PolicyFault when there is neither or both, an empty list, or anything but strings */
function elementOf(
  value: Readonly<Record<string, unknown>>,
  name: 'Action' | 'Resource',
  negation: 'NotAction' | 'NotResource',
): { readonly texts: readonly string[]; readonly isNegated: boolean } {
  const isNegated = Object.hasOwn(value, negation)
  if (isNegated && Object.hasOwn(value, name)) {
    throw new PolicyFault(`Syntax errors in policy: a statement has ${name} or ${negation}, not both.`)
  }
  const given = value[isNegated ? negation : name]
  if (given === undefined) throw new PolicyFault(`Missing required field ${name}`)
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  const texts = list.filter((text) => typeof text === 'string')
  if (texts.length === 0 || texts.length < list.length) {
    throw new PolicyFault(`Syntax errors in policy: ${isNegated ? negation : name} is a string or a list of strings.`)
  }
  return { texts, isNegated }
}
