// Composition of explanations: what authorization remembers of denials, and what it would decide.

import type { Explained, Explainer, Explanation, Hypothesis } from './admin/explanations.js'
import { AdminError } from './admin/admin-error.js'
import type { Authorizer, DescribedRequest } from './auth/authorize.js'
import { describedStanding } from './auth/described-standing.js'
import type { Denial } from './auth/denials.js'
import type { Key } from './auth/keys.js'
import type { Standing } from './auth/standing.js'
import type { Question } from './contract/access.js'
import { rightsOf, type Target } from './contract/actions.js'
import type { Clock, OperationName } from './contract/operation.js'
import { decide } from './contract/policy/decide.js'
import { contextOf } from './contract/request-context.js'
import type { Store } from './store/store.js'
import { accountOf } from './store/catalog/identity/accounts.js'
import { bucketAccess } from './store/catalog/bucket-access.js'

/** What it is composed of. */
export interface ExplainerParts {
  readonly store: Store
  readonly authorizer: Authorizer
  /** What was denied to a request, in all processes. */
  readonly denials: (requestId: string) => Promise<readonly Denial[]>
  readonly operator: Key
  readonly operationNames: readonly OperationName[]
  readonly clock: Clock
}

/** Makes who explains. */
export function explainer({ store, authorizer, denials, operator, operationNames, clock }: ExplainerParts): Explainer {
  const { catalog } = store
  return {
    denials: async (requestId) => (await denials(requestId)).map(explained),
    async decide({ who, action, resource, context }) {
      const standing = describedStanding(who, catalog, operator, clock.now())
      if (standing === undefined) return undefined
      if (isOfOtherService(action)) return ofOtherService(standing, action, resource, context, catalog, clock.now())
      const { address, versionId } = addressOf(resource)
      const target = { ...address, versionId }
      const operation = operationOf(action, target, operationNames)
      const described = { standing, operation, address: target, ...detailsOf(context, versionId) }
      const { principal } = standing.caller
      const bucket = address.bucket === undefined ? undefined : catalog.readNow(bucketAccess, address.bucket)
      return {
        accountId: principal.kind === 'anonymous' ? undefined : principal.account.id,
        ownerId: bucket?.owner.id,
        explanations: authorizer.explain(described).map((one) => ({
          ...one,
          principal: nameOf(standing),
          ownerId: bucket?.owner.id,
          timeMs: undefined,
        })),
      }
    },
  }
}

const isOfOtherService = (action: string): boolean => action.includes(':') && !action.startsWith('s3:')

/** What would be decided about an action of IAM, STS or the server, on which no bucket has a say. A role's trust policy is asked when it is assumed: what its
 *  own account's policies say is told here. */
function ofOtherService(
  standing: Standing,
  action: string,
  resource: string,
  context: Hypothesis['context'],
  catalog: Store['catalog'],
  nowMs: number,
): Explained {
  const { principal } = standing.caller
  const ownNumber = principal.kind === 'anonymous' ? undefined : principal.account.number
  const number = /^arn:aws:\w+::(\d{12}):/.exec(resource)?.[1] ?? ownNumber
  const owner = number === undefined ? undefined : catalog.readNow(accountOf, number)
  const { facts } = detailsOf(context, undefined, true)
  const more: Question['context'] = (key) => context.get(key)
  const described = { ...requestless, ...facts, principal, nowMs, more }
  const question = { action, resource, principal, context: contextOf(described, { action, target: {} }) }
  const decision = decide(question, { ...standing.policies, isSameAccount: number === ownNumber })
  return {
    accountId: principal.kind === 'anonymous' ? undefined : principal.account.id,
    ownerId: owner?.id,
    explanations: [{ principal: nameOf(standing), action, resource, decision, ownerId: owner?.id, timeMs: undefined }],
  }
}

const requestless = { headers: {}, parameters: new Map<string, string>(), remoteAddress: '', isSecure: true }

const nameOf = ({ caller: { principal } }: Standing): string =>
  principal.kind === 'anonymous' ? 'anonymous' : principal.arn

function explained({ principal, action, resource, decision, ownerId, timeMs }: Denial): Explanation {
  return { principal, action, resource, decision, ownerId, timeMs }
}

/** "arn:aws:s3:::photos/a.jpg" and "arn:aws:s3:::photos/a.jpg?versionId=…"
 *  @throws AdminError InvalidInput */
function addressOf(resource: string): { address: Target; versionId: string | undefined } {
  if (resource === '*' || resource === 'arn:aws:s3:::*') return { address: {}, versionId: undefined }
  const parts = /^arn:aws:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.+?)(?:\?versionId=([\w.-]+))?)?$/s.exec(
    resource,
  )
  if (parts === null) {
    throw new AdminError('InvalidInput', `resource: ${resource} is no bucket, no BUCKET/KEY, and no ARN of one.`)
  }
  const [, bucket, key, versionId] = parts
  return { address: { bucket, ...(key !== undefined && { key }) }, versionId }
}

/** The operation an action is for: of several, the one whose first right it is. An operation's own name will do too.
 *  @throws AdminError InvalidInput */
function operationOf(action: string, target: Target, names: readonly OperationName[]): OperationName {
  const named = names.find((name) => action === name || action === `s3:${name}`)
  const needs = (name: OperationName, first: boolean): boolean => {
    const rights = rightsOf(name, target, {})
    return (first ? rights.slice(0, 1) : rights).some((right) => right.action === action)
  }
  const found = names.find((name) => needs(name, true)) ?? names.find((name) => needs(name, false)) ?? named
  if (found !== undefined) return found
  throw new AdminError('InvalidInput', `action: ${action} is no action of S3 on what was named as resource.`)
}

/** Condition keys that are made of headers and of parameters of the query. */
const parameterOf = new Map([
  ['s3:delimiter', 'delimiter'],
  ['s3:max-keys', 'max-keys'],
  ['s3:prefix', 'prefix'],
])
const headerOf = new Map([
  ['aws:referer', 'referer'],
  ['aws:useragent', 'user-agent'],
  ['s3:if-match', 'if-match'],
  ['s3:if-none-match', 'if-none-match'],
])

const memberOf = new Map([
  ['x-amz-acl', 'ACL'],
  ['x-amz-copy-source', 'CopySource'],
  ['x-amz-tagging', 'Tagging'],
])

/** What a request would have to be for its condition keys to have these values.
 *  @param leavesOthers whether keys that are not made of it are left to who asks
 *  @throws AdminError InvalidInput for a key that is not of a request, or cannot be chosen */
function detailsOf(
  context: Hypothesis['context'],
  versionId: string | undefined,
  leavesOthers = false,
): Pick<DescribedRequest, 'facts' | 'input'> {
  const headers: Record<string, string> = {}
  const parameters = new Map<string, string>(versionId === undefined ? [] : [['versionId', versionId]])
  const tags = new URLSearchParams()
  let [remoteAddress, isSecure] = ['', true]
  for (const [key, [value = '']] of context) {
    const parameter = parameterOf.get(key)
    const header = headerOf.get(key) ?? (key.startsWith('s3:x-amz-') ? key.slice('s3:'.length) : undefined)
    if (key === 'aws:sourceip') remoteAddress = value
    else if (key === 'aws:securetransport') isSecure = value === 'true'
    else if (parameter !== undefined) parameters.set(parameter, value)
    else if (header !== undefined) headers[header] = value
    else if (key.startsWith('s3:requestobjecttag/')) tags.append(key.slice('s3:requestobjecttag/'.length), value)
    else if (!leavesOthers)
      throw new AdminError('InvalidInput', `context: ${key} is not of a request, or cannot be chosen here.`)
  }
  if (tags.size > 0) headers['x-amz-tagging'] = tags.toString()
  // What an operation needs depends on these too: an ACL is a right of its own, a source another one.
  const input: Record<string, string> = {}
  for (const [header, member] of memberOf) {
    const value = headers[header]
    if (value !== undefined) input[member] = value
  }
  return { facts: { headers, parameters, remoteAddress, isSecure }, input }
}
