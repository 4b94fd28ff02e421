// CreateRole, GetRole, ListRoles, UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy, DeleteRole, TagRole, UntagRole and ListRoleTags.

import { newId } from '../contract/arns.js'
import { sessionSeconds } from '../contract/iam-limits.js'
import type { IamOperation } from '../contract/iam-operation.js'
import type { Clock } from '../contract/operation.js'
import { policySizes } from '../contract/policy/policy-size.js'
import {
  createIdentity,
  deleteIdentity,
  identityNamed,
  identityPage,
  tagIdentity,
  updateRole as updateRoleRow,
} from '../store/catalog/identity/identities.js'
import { tagsOf } from '../store/catalog/identity/tags.js'
import type { Store } from '../store/store.js'
import {
  invalid,
  requireArn,
  requireDescription,
  requireDocument,
  requirePath,
  requirePathPrefix,
  requireRoleName,
  requireTagKeys,
  requireTags,
} from './check-input.js'
import { pageOf, pageOfWhole, pageStart } from './page.js'
import { toRole, toTags } from './shapes.js'

const roleOf = (accountId: string, name: string | undefined) =>
  ({ accountId, kind: 'role', name: requireRoleName(name) }) as const

function requireSessionSeconds(value: number): number {
  const { min, max } = sessionSeconds
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw invalid('MaxSessionDuration', value, `Member must have value between ${min} and ${max}`)
}

const requireTrustPolicy = (text: string | undefined, member: string): string =>
  requireDocument(text, 'trust', policySizes.trustMax, member)

/** Makes a role that its trust policy lets others assume.
 *  @throws ValidationError, MalformedPolicyDocument, EntityAlreadyExists, LimitExceeded; NoSuchEntity for the boundary */
export const createRole =
  (store: Store, clock: Clock): IamOperation<'CreateRole'> =>
  async (input, { principal }) => {
    const { PermissionsBoundary } = input
    const role = roleOf(principal.account.id, input.RoleName)
    await store.catalog.commit(createIdentity, {
      ...role,
      id: newId('AROA'),
      path: requirePath(input.Path),
      now: clock.now(),
      tags: requireTags(input.Tags),
      boundary: PermissionsBoundary === undefined ? null : requireArn('PermissionsBoundary', PermissionsBoundary),
      description: requireDescription(input.Description),
      trustPolicy: requireTrustPolicy(input.AssumeRolePolicyDocument, 'AssumeRolePolicyDocument'),
      sessionSecondsMax: requireSessionSeconds(input.MaxSessionDuration ?? sessionSeconds.default),
    })
    return { Role: toRole(await store.catalog.read(identityNamed, role)) }
  }

/** Tells of a role.
 *  @throws ValidationError, NoSuchEntity */
export const getRole =
  (store: Store): IamOperation<'GetRole'> =>
  async (input, { principal }) => ({
    Role: toRole(await store.catalog.read(identityNamed, roleOf(principal.account.id, input.RoleName))),
  })

/** Tells the account's roles.
 *  @throws ValidationError */
export const listRoles =
  (store: Store): IamOperation<'ListRoles'> =>
  async (input, { principal }) => {
    const pathPrefix = requirePathPrefix(input.PathPrefix)
    const which = { accountId: principal.account.id, kind: 'role', pathPrefix, ...pageStart(input) } as const
    const { entries, page } = pageOf(await store.catalog.read(identityPage, which), input, ({ name }) => name)
    return { Roles: entries.map((row) => toRole(row, false)), ...page }
  }

/** Sets a role's description and how long its sessions may last.
 *  @throws ValidationError, NoSuchEntity */
export const updateRole =
  (store: Store): IamOperation<'UpdateRole'> =>
  async (input, { principal }) => {
    const { Description, MaxSessionDuration } = input
    await store.catalog.commit(updateRoleRow, {
      ...roleOf(principal.account.id, input.RoleName),
      ...(Description !== undefined && { description: requireDescription(Description) ?? '' }),
      ...(MaxSessionDuration !== undefined && { sessionSecondsMax: requireSessionSeconds(MaxSessionDuration) }),
    })
    return {}
  }

/** Sets a role's description.
 *  @throws ValidationError, NoSuchEntity */
export const updateRoleDescription =
  (store: Store): IamOperation<'UpdateRoleDescription'> =>
  async (input, { principal }) => {
    const role = roleOf(principal.account.id, input.RoleName)
    await store.catalog.commit(updateRoleRow, { ...role, description: requireDescription(input.Description) ?? '' })
    return { Role: toRole(await store.catalog.read(identityNamed, role)) }
  }

/** Sets who may assume a role.
 *  @throws ValidationError, MalformedPolicyDocument, LimitExceeded, NoSuchEntity */
export const updateAssumeRolePolicy =
  (store: Store): IamOperation<'UpdateAssumeRolePolicy'> =>
  async (input, { principal }) => {
    await store.catalog.commit(updateRoleRow, {
      ...roleOf(principal.account.id, input.RoleName),
      trustPolicy: requireTrustPolicy(input.PolicyDocument, 'PolicyDocument'),
    })
    return {}
  }

/** Removes a role that has nothing any more; its sessions end at once.
 *  @throws ValidationError, NoSuchEntity, DeleteConflict */
export const deleteRole =
  (store: Store, clock: Clock): IamOperation<'DeleteRole'> =>
  async (input, { principal }) => {
    await store.catalog.commit(deleteIdentity, {
      ...roleOf(principal.account.id, input.RoleName),
      now: clock.now(),
    })
    return {}
  }

/** Sets tags of a role.
 *  @throws ValidationError, InvalidInput, NoSuchEntity, LimitExceeded */
export const tagRole =
  (store: Store): IamOperation<'TagRole'> =>
  async (input, { principal }) => {
    const role = roleOf(principal.account.id, input.RoleName)
    await store.catalog.commit(tagIdentity, { ...role, set: requireTags(input.Tags), unset: [] })
    return {}
  }

/** Removes tags of a role.
 *  @throws ValidationError, InvalidInput, NoSuchEntity */
export const untagRole =
  (store: Store): IamOperation<'UntagRole'> =>
  async (input, { principal }) => {
    const role = roleOf(principal.account.id, input.RoleName)
    await store.catalog.commit(tagIdentity, { ...role, set: [], unset: requireTagKeys(input.TagKeys) })
    return {}
  }

/** Tells the tags of a role.
 *  @throws ValidationError, NoSuchEntity */
export const listRoleTags =
  (store: Store): IamOperation<'ListRoleTags'> =>
  async (input, { principal }) => {
    const { tags } = await store.catalog.read(identityNamed, roleOf(principal.account.id, input.RoleName))
    const { entries, page } = pageOfWhole(tagsOf(tags), input, ([key]) => key)
    return { Tags: toTags(entries), ...page }
  }
