// Managed policies of accounts and their versions.

import { iamQuotas } from '../../../contract/iam-limits.js'
import { managedPolicies } from '../../../contract/managed-policies.js'
import { IamError } from '../../../contract/iam-errors.js'
import { raiseAccessNumber } from '../access-number.js'
import { all, one, query, run, statement, transaction, type Steps } from '../steps.js'
import { jsonOfTags, retagged, type Tag, tagsOf } from './tags.js'
import { alreadyExists, inUse, noSuchPolicy, overQuota } from './refusals.js'

/** A managed policy of an account. */
export type PolicyRow = {
  /** "ANPA…" */
  readonly id: string
  readonly accountId: string
  readonly arn: string
  readonly name: string
  readonly path: string
  readonly description: string | null
  /** Ms since 1970. */
  readonly createdMs: number
  readonly updatedMs: number
  /** JSON of `Tag[]`. */
  readonly tags: string | null
  readonly defaultVersion: number
  readonly newestVersion: number
  /** Users, groups and roles that have it. */
  readonly attachments: number
  /** Users and roles whose rights it bounds. */
  readonly boundaries: number
}

/** A version of a managed policy. */
export type PolicyVersionRow = {
  readonly number: number
  /** JSON. */
  readonly document: string
  /** Ms since 1970. */
  readonly createdMs: number
}

const columns = `p.id, p.account_id AS "accountId", p.arn, p.name, p.path, p.description, p.created AS "createdMs", p.updated AS "updatedMs", p.tags,
  p.default_version AS "defaultVersion", p.newest_version AS "newestVersion",
  (SELECT count(*) FROM attachment t WHERE t.policy_arn = p.arn) AS attachments,
  (SELECT count(*) FROM identity i WHERE i.boundary = p.arn) AS boundaries`

const byArn = statement<{ arn: string }, PolicyRow>(`SELECT ${columns} FROM policy p WHERE p.arn = :arn`)
const byName = statement<{ accountId: string; name: string }, { id: string }>(
  'SELECT id FROM policy WHERE account_id = :accountId AND lower(name) = lower(:name)',
)
const count = statement<{ accountId: string }, { count: number }>(
  'SELECT count(*) AS count FROM policy WHERE account_id = :accountId',
)
const page = statement<PolicyPage, PolicyRow>(`
  SELECT ${columns} FROM policy p
  WHERE p.account_id = :accountId AND lower(p.name) > lower(:after) AND substr(p.path, 1, length(:pathPrefix)) = :pathPrefix
  ORDER BY lower(p.name) LIMIT :limit`)
const usesOfArn = statement<{ arn: string; accountId: string }, { attachments: number; boundaries: number }>(`
  SELECT (SELECT count(*) FROM attachment t JOIN identity i ON i.id = t.identity_id WHERE t.policy_arn = :arn AND i.account_id = :accountId) AS attachments,
    (SELECT count(*) FROM identity WHERE boundary = :arn AND account_id = :accountId) AS boundaries`)
const versions = statement<{ policyId: string }, PolicyVersionRow>(`
  SELECT number, document, created AS "createdMs" FROM policy_version WHERE policy_id = :policyId ORDER BY number DESC`)
const insertPolicy = statement<{
  id: string
  accountId: string
  arn: string
  name: string
  path: string
  description: string | null
  now: number
  tags: string | null
}>(`
  INSERT INTO policy (id, account_id, arn, name, path, description, created, updated, tags, default_version, newest_version)
  VALUES (:id, :accountId, :arn, :name, :path, :description, :now, :now, :tags, 1, 1)`)
const insertVersion = statement<{ policyId: string; number: number; document: string; now: number }>(`
  INSERT INTO policy_version (policy_id, number, document, created) VALUES (:policyId, :number, :document, :now)`)
const setVersions = statement<{ id: string; defaultVersion: number; newestVersion: number; now: number }>(`
  UPDATE policy SET default_version = :defaultVersion, newest_version = :newestVersion, updated = :now WHERE id = :id`)
const setTagsOf = statement<{ id: string; tags: string | null }>('UPDATE policy SET tags = :tags WHERE id = :id')
const removeVersion = statement<{ policyId: string; number: number }>(
  'DELETE FROM policy_version WHERE policy_id = :policyId AND number = :number',
)
const removeOne = statement<{ id: string }>('DELETE FROM policy WHERE id = :id')

/** Which policy: `arn` is refused when it is not of the account. */
export type PolicyPlace = { readonly accountId: string; readonly arn: string }

/** A policy of the account itself.
 *  @throws NoSuchEntity */
function* requirePolicy({ accountId, arn }: PolicyPlace): Steps<PolicyRow> {
  const policy = yield* one(byArn, { arn })
  if (policy === undefined || policy.accountId !== accountId) throw noSuchPolicy(arn)
  return policy
}

/** `requirePolicy`, as a read. */
export const policyOfArn = query('policyOfArn', requirePolicy)

/** Refuses a managed policy that is neither the account's nor everybody's.
 *  @throws NoSuchEntity */
export function* requireManagedPolicy(accountId: string, arn: string): Steps<void> {
  if (!managedPolicies.has(arn)) yield* requirePolicy({ accountId, arn })
}

/** How often a policy that every account has is used in one. */
export const usesOfPolicy = query('usesOfPolicy', function* (place: PolicyPlace) {
  return (yield* one(usesOfArn, place)) ?? { attachments: 0, boundaries: 0 }
})

/** Which policies of an account. */
export type PolicyPage = {
  readonly accountId: string
  /** Only those whose path begins so; '' for all. */
  readonly pathPrefix: string
  /** Only names behind this one; '' for all. */
  readonly after: string
  readonly limit: number
}

/** Managed policies of an account in the order of their names, whatever their case. */
export const policyPage = query('policyPage', (which: PolicyPage) => all(page, which))

/** A policy with its versions, newest first.
 *  @throws NoSuchEntity */
export const policyVersions = query('policyVersions', function* (place: PolicyPlace) {
  const policy = yield* requirePolicy(place)
  return { policy, versions: yield* all(versions, { policyId: policy.id }) }
})

/** How many policies an account has. */
function* countOfPolicies(accountId: string): Steps<number> {
  return (yield* one(count, { accountId }))?.count ?? 0
}

/** A managed policy to be made. */
export type NewPolicy = {
  readonly id: string
  readonly accountId: string
  readonly arn: string
  readonly name: string
  readonly path: string
  readonly description: string | null
  /** JSON. */
  readonly document: string
  readonly tags: readonly Tag[]
  /** Ms since 1970. */
  readonly now: number
}

/** Makes a managed policy with its first version.
 *  @throws EntityAlreadyExists, LimitExceeded */
export const createPolicy = transaction('createPolicy', function* (made: NewPolicy) {
  const { id, accountId, arn, name, path, description, document, tags, now } = made
  if ((yield* one(byName, { accountId, name })) !== undefined) {
    throw alreadyExists(`A policy called ${name}`)
  }
  if ((yield* countOfPolicies(accountId)) >= iamQuotas.Policies) {
    throw overQuota('PoliciesPerAccount', iamQuotas.Policies)
  }
  yield* run(insertPolicy, { id, accountId, arn, name, path, description, now, tags: jsonOfTags(tags) })
  yield* run(insertVersion, { policyId: id, number: 1, document, now })
  yield* raiseAccessNumber()
})

/** Adds a version; answers its number.
 *  @throws NoSuchEntity, LimitExceeded */
export const createPolicyVersion = transaction(
  'createPolicyVersion',
  function* (args: PolicyPlace & { readonly document: string; readonly isDefault: boolean; readonly now: number }) {
    const { document, isDefault, now } = args
    const policy = yield* requirePolicy(args)
    const there = yield* all(versions, { policyId: policy.id })
    if (there.length >= iamQuotas.VersionsPerPolicy) {
      throw new IamError(
        'LimitExceeded',
        `A managed policy can have up to ${iamQuotas.VersionsPerPolicy} versions. Before you create a new version, you must delete an existing version.`,
      )
    }
    const number = policy.newestVersion + 1
    yield* run(insertVersion, { policyId: policy.id, number, document, now })
    const defaultVersion = isDefault ? number : policy.defaultVersion
    yield* run(setVersions, { id: policy.id, defaultVersion, newestVersion: number, now })
    yield* raiseAccessNumber()
    return number
  },
)

/** Makes another version the one that holds.
 *  @throws NoSuchEntity */
export const setDefaultPolicyVersion = transaction(
  'setDefaultPolicyVersion',
  function* (args: PolicyPlace & { readonly number: number; readonly now: number }) {
    const policy = yield* requirePolicyVersion(args)
    const { newestVersion } = policy
    yield* run(setVersions, { id: policy.id, defaultVersion: args.number, newestVersion, now: args.now })
    yield* raiseAccessNumber()
  },
)

/** Removes a version that does not hold.
 *  @throws NoSuchEntity, DeleteConflict */
export const deletePolicyVersion = transaction(
  'deletePolicyVersion',
  function* (args: PolicyPlace & { readonly number: number }) {
    const policy = yield* requirePolicyVersion(args)
    if (policy.defaultVersion === args.number) {
      throw new IamError('DeleteConflict', 'Cannot delete the default version of a policy.')
    }
    yield* run(removeVersion, { policyId: policy.id, number: args.number })
    yield* raiseAccessNumber()
  },
)

/** Removes a managed policy nobody has.
 *  @throws NoSuchEntity, DeleteConflict */
export const deletePolicy = transaction('deletePolicy', function* (place: PolicyPlace) {
  const policy = yield* requirePolicy(place)
  if (policy.attachments + policy.boundaries > 0) {
    throw new IamError('DeleteConflict', 'Cannot delete a policy attached to entities.')
  }
  if ((yield* all(versions, { policyId: policy.id })).length > 1) throw inUse('delete all non-default policy versions')
  yield* run(removeOne, { id: policy.id })
  yield* raiseAccessNumber()
})

/** Sets and removes tags of a policy.
 *  @throws NoSuchEntity, LimitExceeded */
export const tagPolicy = transaction(
  'tagPolicy',
  function* (args: PolicyPlace & { readonly set: readonly Tag[]; readonly unset: readonly string[] }) {
    const { id, tags } = yield* requirePolicy(args)
    yield* run(setTagsOf, { id, tags: jsonOfTags(retagged(tagsOf(tags), args.set, args.unset)) })
    yield* raiseAccessNumber()
  },
)

function* requirePolicyVersion({ number, ...place }: PolicyPlace & { readonly number: number }): Steps<PolicyRow> {
  const policy = yield* requirePolicy(place)
  const there = yield* all(versions, { policyId: policy.id })
  if (!there.some((version) => version.number === number)) {
    throw new IamError('NoSuchEntity', `Policy ${policy.arn} version v${number} does not exist or is not attachable.`)
  }
  return policy
}
