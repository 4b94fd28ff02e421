// CreatePolicy, GetPolicy, ListPolicies, DeletePolicy, their versions and tags: managed policies of the account, and those that every account has.

import type * as Sdk from '@aws-sdk/client-iam'
import { iamArn, newId } from '../contract/arns.js'
import { IamError } from '../contract/iam-errors.js'
import { pageItems } from '../contract/iam-limits.js'
import type { IamOperation } from '../contract/iam-operation.js'
import { managedPolicies, type ManagedPolicy } from '../contract/managed-policies.js'
import type { Clock } from '../contract/operation.js'
import { policySizes } from '../contract/policy/policy-size.js'
import {
  createPolicy as createPolicyRow,
  createPolicyVersion as createPolicyVersionRow,
  deletePolicy as deletePolicyRow,
  deletePolicyVersion as deletePolicyVersionRow,
  policyOfArn,
  policyPage,
  type PolicyVersionRow,
  policyVersions,
  setDefaultPolicyVersion as setDefaultPolicyVersionRow,
  tagPolicy as tagPolicyRow,
  usesOfPolicy,
} from '../store/catalog/identity/policies.js'
import { tagsOf } from '../store/catalog/identity/tags.js'
import type { Store } from '../store/store.js'
import {
  invalid,
  requireArn,
  requireDescription,
  requireDocument,
  requirePath,
  requirePathPrefix,
  requirePolicyName,
  requireTagKeys,
  requireTags,
} from './check-input.js'
import { pageOfWhole } from './page.js'
import { encodedDocument, toManagedPolicy, toPolicy, toTags } from './shapes.js'

/** Refuses a change of a policy that every account has.
 *  @throws ValidationError, AccessDenied */
function requireOwnArn(value: string | undefined): string {
  const arn = requireArn('PolicyArn', value)
  if (arn.startsWith('arn:aws:iam::aws:')) {
    throw new IamError('AccessDenied', `The policy ${arn} belongs to every account and cannot be changed.`)
  }
  return arn
}

function requireVersion(value: string | undefined): number {
  const digits = /^v([1-9]\d{0,9})$/.exec(value ?? '')?.[1]
  if (digits !== undefined) return Number(digits)
  throw invalid('VersionId', value, 'Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?')
}

/** Makes a managed policy.
 *  @throws ValidationError, MalformedPolicyDocument, EntityAlreadyExists, LimitExceeded */
export const createPolicy =
  (store: Store, clock: Clock): IamOperation<'CreatePolicy'> =>
  async (input, { principal }) => {
    const { id: accountId, number } = principal.account
    const [name, path] = [requirePolicyName(input.PolicyName), requirePath(input.Path)]
    const arn = iamArn(number, 'policy', path, name)
    await store.catalog.commit(createPolicyRow, {
      id: newId('ANPA'),
      accountId,
      arn,
      name,
      path,
      description: requireDescription(input.Description),
      document: requireDocument(input.PolicyDocument, 'identity', policySizes.managedMax),
      tags: requireTags(input.Tags),
      now: clock.now(),
    })
    return { Policy: toPolicy(await store.catalog.read(policyOfArn, { accountId, arn })) }
  }

/** Tells of a managed policy.
 *  @throws ValidationError, NoSuchEntity */
export const getPolicy =
  (store: Store): IamOperation<'GetPolicy'> =>
  async (input, { principal }) => {
    const place = { accountId: principal.account.id, arn: requireArn('PolicyArn', input.PolicyArn) }
    const everyones = managedPolicies.get(place.arn)
    if (everyones !== undefined) {
      return { Policy: toManagedPolicy(everyones, await store.catalog.read(usesOfPolicy, place)) }
    }
    return { Policy: toPolicy(await store.catalog.read(policyOfArn, place)) }
  }

/** Tells managed policies: by `Scope` the account's ("Local"), those that every account has ("AWS"), or both.
 *  @throws ValidationError */
export const listPolicies =
  (store: Store): IamOperation<'ListPolicies'> =>
  async (input, { principal }) => {
    const { Scope = 'All', OnlyAttached = false, PolicyUsageFilter } = input
    const pathPrefix = requirePathPrefix(input.PathPrefix)
    const accountId = principal.account.id
    const all: Sdk.Policy[] = []
    if (Scope !== 'AWS') {
      for (let after = ''; ;) {
        const rows = await store.catalog.read(policyPage, { accountId, pathPrefix, after, limit: pageItems.max })
        all.push(...rows.map((row) => toPolicy(row, false)))
        if (rows.length < pageItems.max) break
        after = rows.at(-1)?.name ?? ''
      }
    }
    if (Scope !== 'Local') {
      for (const policy of managedPolicies.values()) {
        if (!policy.path.startsWith(pathPrefix)) continue
        all.push(toManagedPolicy(policy, await store.catalog.read(usesOfPolicy, { accountId, arn: policy.arn }), false))
      }
    }
    const isWanted = ({ AttachmentCount = 0, PermissionsBoundaryUsageCount = 0 }: Sdk.Policy): boolean =>
      (!OnlyAttached || AttachmentCount > 0) &&
      (PolicyUsageFilter !== 'PermissionsPolicy' || !OnlyAttached || AttachmentCount > 0) &&
      (PolicyUsageFilter !== 'PermissionsBoundary' || PermissionsBoundaryUsageCount > 0)
    const { entries, page } = pageOfWhole(all.filter(isWanted), input, ({ Arn = '' }) => Arn)
    return { Policies: [...entries], ...page }
  }

/** Removes a managed policy nobody has, once its other versions are removed.
 *  @throws ValidationError, AccessDenied, NoSuchEntity, DeleteConflict */
export const deletePolicy =
  (store: Store): IamOperation<'DeletePolicy'> =>
  async (input, { principal }) => {
    await store.catalog.commit(deletePolicyRow, {
      accountId: principal.account.id,
      arn: requireOwnArn(input.PolicyArn),
    })
    return {}
  }

/** Adds a version to a managed policy.
 *  @throws ValidationError, AccessDenied, MalformedPolicyDocument, NoSuchEntity, LimitExceeded */
export const createPolicyVersion =
  (store: Store, clock: Clock): IamOperation<'CreatePolicyVersion'> =>
  async (input, { principal }) => {
    const [isDefault, now] = [input.SetAsDefault ?? false, clock.now()]
    const number = await store.catalog.commit(createPolicyVersionRow, {
      accountId: principal.account.id,
      arn: requireOwnArn(input.PolicyArn),
      document: requireDocument(input.PolicyDocument, 'identity', policySizes.managedMax),
      isDefault,
      now,
    })
    return { PolicyVersion: { VersionId: `v${number}`, IsDefaultVersion: isDefault, CreateDate: new Date(now) } }
  }

/** Tells a version of a managed policy with its document.
 *  @throws ValidationError, NoSuchEntity */
export const getPolicyVersion =
  (store: Store): IamOperation<'GetPolicyVersion'> =>
  async (input, { principal }) => {
    const [arn, number] = [requireArn('PolicyArn', input.PolicyArn), requireVersion(input.VersionId)]
    const { versions, defaultVersion } = await versionsOf(store, principal.account.id, arn)
    const version = versions.find((each) => each.number === number)
    if (version === undefined) {
      throw new IamError('NoSuchEntity', `Policy ${arn} version v${number} does not exist or is not attachable.`)
    }
    const Document = encodedDocument(version.document)
    return { PolicyVersion: { Document, ...toVersion(version, defaultVersion) } }
  }

/** Tells the versions of a managed policy, newest first.
 *  @throws ValidationError, NoSuchEntity */
export const listPolicyVersions =
  (store: Store): IamOperation<'ListPolicyVersions'> =>
  async (input, { principal }) => {
    const arn = requireArn('PolicyArn', input.PolicyArn)
    const { versions, defaultVersion } = await versionsOf(store, principal.account.id, arn)
    const { entries, page } = pageOfWhole(versions, input, ({ number }) => `v${number}`)
    return { Versions: entries.map((version) => toVersion(version, defaultVersion)), ...page }
  }

/** Removes a version that does not hold.
 *  @throws ValidationError, AccessDenied, NoSuchEntity, DeleteConflict */
export const deletePolicyVersion =
  (store: Store): IamOperation<'DeletePolicyVersion'> =>
  async (input, { principal }) => {
    await store.catalog.commit(deletePolicyVersionRow, {
      accountId: principal.account.id,
      arn: requireOwnArn(input.PolicyArn),
      number: requireVersion(input.VersionId),
    })
    return {}
  }

/** Makes another version the one that holds.
 *  @throws ValidationError, AccessDenied, NoSuchEntity */
export const setDefaultPolicyVersion =
  (store: Store, clock: Clock): IamOperation<'SetDefaultPolicyVersion'> =>
  async (input, { principal }) => {
    await store.catalog.commit(setDefaultPolicyVersionRow, {
      accountId: principal.account.id,
      arn: requireOwnArn(input.PolicyArn),
      number: requireVersion(input.VersionId),
      now: clock.now(),
    })
    return {}
  }

/** Sets tags of a managed policy.
 *  @throws ValidationError, InvalidInput, AccessDenied, NoSuchEntity, LimitExceeded */
export const tagPolicy =
  (store: Store): IamOperation<'TagPolicy'> =>
  async (input, { principal }) => {
    const place = { accountId: principal.account.id, arn: requireOwnArn(input.PolicyArn) }
    await store.catalog.commit(tagPolicyRow, { ...place, set: requireTags(input.Tags), unset: [] })
    return {}
  }

/** Removes tags of a managed policy.
 *  @throws ValidationError, InvalidInput, AccessDenied, NoSuchEntity */
export const untagPolicy =
  (store: Store): IamOperation<'UntagPolicy'> =>
  async (input, { principal }) => {
    const place = { accountId: principal.account.id, arn: requireOwnArn(input.PolicyArn) }
    await store.catalog.commit(tagPolicyRow, { ...place, set: [], unset: requireTagKeys(input.TagKeys) })
    return {}
  }

/** Tells the tags of a managed policy.
 *  @throws ValidationError, NoSuchEntity */
export const listPolicyTags =
  (store: Store): IamOperation<'ListPolicyTags'> =>
  async (input, { principal }) => {
    const place = { accountId: principal.account.id, arn: requireArn('PolicyArn', input.PolicyArn) }
    const tags = managedPolicies.has(place.arn) ? [] : tagsOf((await store.catalog.read(policyOfArn, place)).tags)
    const { entries, page } = pageOfWhole(tags, input, ([key]) => key)
    return { Tags: toTags(entries), ...page }
  }

interface Versions {
  readonly versions: readonly PolicyVersionRow[]
  readonly defaultVersion: number
}

async function versionsOf(store: Store, accountId: string, arn: string): Promise<Versions> {
  const everyones = managedPolicies.get(arn)
  if (everyones !== undefined) return { versions: [onlyVersion(everyones)], defaultVersion: 1 }
  const { policy, versions } = await store.catalog.read(policyVersions, { accountId, arn })
  return { versions, defaultVersion: policy.defaultVersion }
}

const onlyVersion = ({ document, createdMs }: ManagedPolicy): PolicyVersionRow => ({ number: 1, document, createdMs })

const toVersion = ({ number, createdMs }: PolicyVersionRow, defaultVersion: number): Sdk.PolicyVersion => ({
  VersionId: `v${number}`,
  IsDefaultVersion: number === defaultVersion,
  CreateDate: new Date(createdMs),
})
