// Principal and NotPrincipal: whom a statement of a bucket's or role's policy is about. Pure.

import type { AccountName, Principal } from '../access.js'
import { type AnyQuestion, PolicyFault, type PolicyKind, type Reach } from './policy.js'

/** Principal or NotPrincipal, read. */
export interface Principals {
  /** "*" */
  readonly everybody: boolean
  /** Twelve digits each. */
  readonly accounts: ReadonlySet<string>
  /** ARNs of users, roles and sessions. */
  readonly arns: ReadonlySet<string>
  /** Unique ids of users, roles and sessions, which policies have of those whose name became free. */
  readonly ids: ReadonlySet<string>
  /** Canonical ids of accounts. */
  readonly canonical: ReadonlySet<string>
  /** Providers of web identities: their ARNs, or names of those AWS knows without one. */
  readonly federated: ReadonlySet<string>
  /** Services of AWS, of which none calls here. */
  readonly services: ReadonlySet<string>
}

const accountShape = /^\d{12}$/
const rootShape = /^arn:aws:iam::(\d{12}):root$/

/** Users and roles with their path, sessions with their name. "You cannot use a wildcard to match part of a principal name or ARN." An origin access
 *  identity of CloudFront is written as a user of the account "cloudfront". */
const arnShapes = [
  /^arn:aws:iam::\d{12}:(?:user|role)\/[\w+=,.@/-]+$/,
  /^arn:aws:iam::cloudfront:user\/[\w ]+$/,
  /^arn:aws:sts::\d{12}:(?:assumed-role\/[\w+=,.@-]+|federated-user)\/[\w+=,.@-]+$/,
]

/** "AIDA…" of a user, "AROA…" of a role, "AROA…:name" of a session. */
const idShape = /^(?:AIDA[A-Z2-7]{17}|AROA[A-Z2-7]{17}(?::[\w+=,.@-]+)?)$/

const canonicalShape = /^[\da-f]{64}$/
const federatedShape = /^(?:arn:aws:iam::\d{12}:(?:oidc|saml)-provider\/[\w.:/=+@-]+|[\w-]+(?:\.[\w-]+)+)$/
const serviceShape = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/

/** @param value of the element
 *  @throws PolicyFault "Invalid principal in policy"
 *  Source: IAM User Guide, "AWS JSON policy elements: Principal" */
export function principalsOf(value: unknown, kind: PolicyKind): Principals {
  const found = {
    everybody: value === '*',
    accounts: new Set<string>(),
    arns: new Set<string>(),
    ids: new Set<string>(),
    canonical: new Set<string>(),
    federated: new Set<string>(),
    services: new Set<string>(),
  }
  if (found.everybody) return found
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid()
  const entries = Object.entries(value)
  if (entries.length === 0) throw invalid()
  for (const [type, ids] of entries) {
    const list: readonly unknown[] = Array.isArray(ids) ? ids : [ids]
    if (list.length === 0) throw invalid()
    for (const id of list) {
      if (typeof id !== 'string') throw invalid()
      if (type === 'AWS') addAws(found, id)
      else if (type === 'CanonicalUser' && kind === 'bucket' && canonicalShape.test(id)) found.canonical.add(id)
      else if (type === 'Federated' && federatedShape.test(id)) found.federated.add(id)
      else if (type === 'Service' && serviceShape.test(id)) found.services.add(id)
      else throw invalid(id)
    }
  }
  return found
}

function addAws(
  found: { everybody: boolean; accounts: Set<string>; arns: Set<string>; ids: Set<string> },
  id: string,
): void {
  const root = rootShape.exec(id)?.[1]
  if (id === '*') found.everybody = true
  else if (root !== undefined) found.accounts.add(root)
  else if (accountShape.test(id)) found.accounts.add(id)
  else if (arnShapes.some((shape) => shape.test(id))) found.arns.add(id)
  else if (idShape.test(id)) found.ids.add(id)
  else throw invalid(id)
}

const invalid = (id?: string): PolicyFault =>
  new PolicyFault(id === undefined ? 'Invalid principal in policy' : `Invalid principal in policy: ${id}`)

/** How Principal reaches somebody: by the nearest name. */
export function reachOf(principals: Principals, principal: AnyQuestion['principal']): Reach {
  if (principals.everybody) return 'direct'
  switch (principal.kind) {
    case 'anonymous':
      return 'none'
    case 'web identity':
      return isFederated(principals, principal.providerArn) ? 'direct' : 'none'
    case 'root':
      return hasAccount(principals, principal.account) ? 'direct' : 'none'
    case 'user':
      if (isNamed(principals, principal.arn, principal.id)) return 'direct'
      return hasAccount(principals, principal.account) ? 'account' : 'none'
    case 'session':
      if (isNamed(principals, principal.arn, principal.id) || cameFrom(principals, principal)) return 'direct'
      if (isNamed(principals, principal.roleArn, roleIdOf(principal))) return 'role'
      return hasAccount(principals, principal.account) ? 'account' : 'none'
  }
}

/** How a Deny with NotPrincipal reaches somebody: 'none' when he is excepted, for which everything he is has to be named. "When you use NotPrincipal with
 *  Deny, you must also specify the account ARN of the not-denied principal … When an assumed-role user … is evaluated, AWS might first check the account,
 *  then the role, and finally the assumed-role user."
 *  Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal" */
export function reachUnless(principals: Principals, principal: AnyQuestion['principal']): Reach {
  return isExcepted(principals, principal) ? 'none' : 'direct'
}

function isExcepted(principals: Principals, principal: AnyQuestion['principal']): boolean {
  switch (principal.kind) {
    case 'anonymous':
    case 'web identity':
      return false
    case 'root':
      return hasAccount(principals, principal.account)
    case 'user':
      return hasAccount(principals, principal.account) && isNamed(principals, principal.arn, principal.id)
    case 'session':
      return (
        hasAccount(principals, principal.account) &&
        isNamed(principals, principal.roleArn, roleIdOf(principal)) &&
        isNamed(principals, principal.arn, principal.id)
      )
  }
}

const isNamed = ({ arns, ids }: Principals, arn: string, id: string): boolean => arns.has(arn) || ids.has(id)

/** A session's id is its role's and its name. */
const roleIdOf = ({ id }: { readonly id: string }): string => id.split(':', 1)[0] ?? id

const hasAccount = ({ accounts, canonical }: Principals, { number, id }: AccountName): boolean =>
  accounts.has(number) || canonical.has(id)

/** A provider is named by its ARN, or by the host that AWS knows it by. */
const isFederated = ({ federated }: Principals, providerArn: string): boolean =>
  federated.has(providerArn) || federated.has(providerArn.replace(/^arn:.*?:oidc-provider\//, ''))

/** Whether a session is one of a web identity whose provider is named. */
function cameFrom(principals: Principals, { federated }: Extract<Principal, { kind: 'session' }>): boolean {
  if (principals.federated.size === 0 || federated === undefined) return false
  const providers = federated.get('aws:federatedprovider') ?? federated.get('aws:FederatedProvider') ?? []
  return providers.some((provider) => isFederated(principals, provider))
}
