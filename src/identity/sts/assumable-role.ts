// A role somebody wants to assume: found by its ARN, and asked whether it may be.

import type { Decision } from '../../contract/access.js'
import { iamArn } from '../../contract/arns.js'
import { IamError } from '../../contract/iam-errors.js'
import { decide, type Policies } from '../../contract/policy/decide.js'
import { parsePolicy } from '../../contract/policy/parse-policy.js'
import type { AnyQuestion, Policy } from '../../contract/policy/policy.js'
import { contextOf, type RequestFacts } from '../../contract/request-context.js'
import { type RoleToAssume, roleToAssume } from '../../store/catalog/identity/sts-lookups.js'
import type { Store } from '../../store/store.js'

/** A role and what its ARN is. */
export interface AssumableRole extends RoleToAssume {
  readonly arn: string
  readonly trust: Policy
}

const arnPattern = /^arn:aws:iam::(\d{12}):role(\/(?:[!-~]+\/)?)([\w+=,.@-]{1,64})$/

/** The role of an ARN, or nothing when there is none of exactly this one.
 *  @throws ValidationError for what is no ARN of a role */
export async function findRole(store: Store, arn: string | undefined): Promise<AssumableRole | undefined> {
  const parts = arnPattern.exec(arn ?? '')
  const [, number, path, name] = parts ?? []
  if (arn === undefined || number === undefined || name === undefined) {
    throw new IamError('ValidationError', `${arn ?? 'null'} is invalid`)
  }
  const role = await store.catalog.read(roleToAssume, { number, name })
  if (role === undefined || role.path !== path || role.name !== name) return undefined
  // What is kept was read when it was put.
  const trust = parsePolicy(role.trustPolicy, 'trust', { name: `trust policy of role ${role.name}` })
  return { ...role, arn: iamArn(role.account.number, 'role', role.path, role.name), trust }
}

/** Who wants to, and what he says with it. */
export interface Attempt {
  readonly principal: AnyQuestion['principal']
  readonly policies: Pick<Policies, 'identity' | 'boundary' | 'session'>
  readonly isSameAccount: boolean
  readonly facts: RequestFacts
  /** Condition keys of STS, by lower-case name. */
  readonly more: ReadonlyMap<string, readonly string[]>
}

/** Whether the role, and whoever asks, allow all of these actions ("sts:AssumeRole", "sts:TagSession", …). The first that is not allowed is told. */
export function refusedAction(
  role: AssumableRole,
  actions: readonly string[],
  { principal, policies, isSameAccount, facts, more }: Attempt,
): { readonly action: string; readonly decision: Decision } | undefined {
  for (const action of actions) {
    const context = contextOf({ ...facts, more: (key) => more.get(key) ?? facts.more?.(key) }, { action, target: {} })
    const question = { action, resource: role.arn, principal, context }
    const decision = decide(question, { ...policies, resource: role.trust, isSameAccount })
    if (!decision.isAllowed) return { action, decision }
  }
  return undefined
}

/** Condition keys of the tags a session is asked for with, and of its name. */
export function sessionKeys(session: {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | undefined
  readonly externalId?: string | undefined
}): Map<string, readonly string[]> {
  const keys = new Map<string, readonly string[]>([['sts:rolesessionname', [session.name]]])
  const tags = Object.entries(session.tags)
  for (const [key, value] of tags) keys.set(`aws:requesttag/${key.toLowerCase()}`, [value])
  if (tags.length > 0) keys.set('aws:tagkeys', Object.keys(session.tags))
  if (session.transitiveTagKeys.length > 0) keys.set('sts:transitivetagkeys', session.transitiveTagKeys)
  if (session.sourceIdentity !== undefined) keys.set('sts:sourceidentity', [session.sourceIdentity])
  if (session.externalId !== undefined) keys.set('sts:externalid', [session.externalId])
  return keys
}
