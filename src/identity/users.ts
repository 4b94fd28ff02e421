// CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser, TagUser, UntagUser and ListUserTags.

import { newId, rootArn } from '../contract/arns.js'
import type { IamOperation } from '../contract/iam-operation.js'
import type { Clock } from '../contract/operation.js'
import { accountOf } from '../store/catalog/identity/accounts.js'
import {
  createIdentity,
  deleteIdentity,
  identityNamed,
  identityPage,
  renameIdentity,
  tagIdentity,
} from '../store/catalog/identity/identities.js'
import { tagsOf } from '../store/catalog/identity/tags.js'
import type { Store } from '../store/store.js'
import {
  requireArn,
  requirePath,
  requirePathPrefix,
  requireTagKeys,
  requireTags,
  requireUserName,
  userOrCaller,
} from './check-input.js'
import { pageOf, pageOfWhole, pageStart } from './page.js'
import { toTags, toUser } from './shapes.js'

const userOf = (accountId: string, name: string) => ({ accountId, kind: 'user', name }) as const

/** Makes a user without any right.
 *  @throws ValidationError, EntityAlreadyExists, LimitExceeded; NoSuchEntity for the boundary */
export const createUser =
  (store: Store, clock: Clock): IamOperation<'CreateUser'> =>
  async (input, { principal }) => {
    const { PermissionsBoundary } = input
    const user = userOf(principal.account.id, requireUserName(input.UserName))
    await store.catalog.commit(createIdentity, {
      ...user,
      id: newId('AIDA'),
      path: requirePath(input.Path),
      now: clock.now(),
      tags: requireTags(input.Tags),
      boundary: PermissionsBoundary === undefined ? null : requireArn('PermissionsBoundary', PermissionsBoundary),
      description: null,
      trustPolicy: null,
      sessionSecondsMax: null,
    })
    return { User: toUser(await store.catalog.read(identityNamed, user)) }
  }

/** Tells of a user; without a name, of who asks.
 *  @throws ValidationError, NoSuchEntity */
export const getUser =
  (store: Store): IamOperation<'GetUser'> =>
  async (input, call) => {
    const { account } = call.principal
    const name = userOrCaller(input.UserName, call)
    if (name !== null) return { User: toUser(await store.catalog.read(identityNamed, userOf(account.id, name))) }
    const row = await store.catalog.read(accountOf, account.id)
    return {
      User: {
        Path: '/',
        UserName: account.name,
        UserId: account.number,
        Arn: rootArn(account.number),
        CreateDate: new Date(row?.createdMs ?? 0),
      },
    }
  }

/** Tells the account's users.
 *  @throws ValidationError */
export const listUsers =
  (store: Store): IamOperation<'ListUsers'> =>
  async (input, { principal }) => {
    const pathPrefix = requirePathPrefix(input.PathPrefix)
    const which = { accountId: principal.account.id, kind: 'user', pathPrefix, ...pageStart(input) } as const
    const { entries, page } = pageOf(await store.catalog.read(identityPage, which), input, ({ name }) => name)
    return { Users: entries.map((row) => toUser(row, false)), ...page }
  }

/** Gives a user another name or path. Policies of buckets and roles that name him go on meaning him; resources of policies that have his name in them do
 *  not follow.
 *  @throws ValidationError, NoSuchEntity, EntityAlreadyExists */
export const updateUser =
  (store: Store, clock: Clock): IamOperation<'UpdateUser'> =>
  async (input, { principal }) => {
    const { NewUserName, NewPath } = input
    await store.catalog.commit(renameIdentity, {
      ...userOf(principal.account.id, requireUserName(input.UserName)),
      newName: NewUserName === undefined ? undefined : requireUserName(NewUserName, 'NewUserName'),
      newPath: NewPath === undefined ? undefined : requirePath(NewPath, 'NewPath'),
      now: clock.now(),
    })
    return {}
  }

/** Removes a user that has nothing any more.
 *  @throws ValidationError, NoSuchEntity, DeleteConflict */
export const deleteUser =
  (store: Store, clock: Clock): IamOperation<'DeleteUser'> =>
  async (input, { principal }) => {
    await store.catalog.commit(deleteIdentity, {
      ...userOf(principal.account.id, requireUserName(input.UserName)),
      now: clock.now(),
    })
    return {}
  }

/** Sets tags of a user.
 *  @throws ValidationError, InvalidInput, NoSuchEntity, LimitExceeded */
export const tagUser =
  (store: Store): IamOperation<'TagUser'> =>
  async (input, { principal }) => {
    const user = userOf(principal.account.id, requireUserName(input.UserName))
    await store.catalog.commit(tagIdentity, { ...user, set: requireTags(input.Tags), unset: [] })
    return {}
  }

/** Removes tags of a user.
 *  @throws ValidationError, InvalidInput, NoSuchEntity */
export const untagUser =
  (store: Store): IamOperation<'UntagUser'> =>
  async (input, { principal }) => {
    const user = userOf(principal.account.id, requireUserName(input.UserName))
    await store.catalog.commit(tagIdentity, { ...user, set: [], unset: requireTagKeys(input.TagKeys) })
    return {}
  }

/** Tells the tags of a user.
 *  @throws ValidationError, NoSuchEntity */
export const listUserTags =
  (store: Store): IamOperation<'ListUserTags'> =>
  async (input, { principal }) => {
    const user = userOf(principal.account.id, requireUserName(input.UserName))
    const { tags } = await store.catalog.read(identityNamed, user)
    const { entries, page } = pageOfWhole(tagsOf(tags), input, ([key]) => key)
    return { Tags: toTags(entries), ...page }
  }
