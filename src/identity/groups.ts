// CreateGroup, GetGroup, ListGroups, UpdateGroup, DeleteGroup, AddUserToGroup, RemoveUserFromGroup and ListGroupsForUser.

import { newId } from '../contract/arns.js'
import type { IamOperation } from '../contract/iam-operation.js'
import type { Clock } from '../contract/operation.js'
import {
  addGroupMember,
  groupsOfUser,
  removeGroupMember,
  usersOfGroup,
} from '../store/catalog/identity/group-members.js'
import {
  createIdentity,
  deleteIdentity,
  identityNamed,
  identityPage,
  renameIdentity,
} from '../store/catalog/identity/identities.js'
import type { Store } from '../store/store.js'
import { requireGroupName, requirePath, requirePathPrefix, requireUserName } from './check-input.js'
import { pageOf, pageStart } from './page.js'
import { toGroup, toUser } from './shapes.js'

const groupOf = (accountId: string, name: string | undefined) =>
  ({ accountId, kind: 'group', name: requireGroupName(name) }) as const

/** Makes an empty group.
 *  @throws ValidationError, EntityAlreadyExists, LimitExceeded */
export const createGroup =
  (store: Store, clock: Clock): IamOperation<'CreateGroup'> =>
  async (input, { principal }) => {
    const group = groupOf(principal.account.id, input.GroupName)
    await store.catalog.commit(createIdentity, {
      ...group,
      id: newId('AGPA'),
      path: requirePath(input.Path),
      now: clock.now(),
      tags: [],
      boundary: null,
      description: null,
      trustPolicy: null,
      sessionSecondsMax: null,
    })
    return { Group: toGroup(await store.catalog.read(identityNamed, group)) }
  }

/** Tells of a group and the users in it.
 *  @throws ValidationError, NoSuchEntity */
export const getGroup =
  (store: Store): IamOperation<'GetGroup'> =>
  async (input, { principal }) => {
    const { accountId, name } = groupOf(principal.account.id, input.GroupName)
    const { group, users } = await store.catalog.read(usersOfGroup, { accountId, name, ...pageStart(input) })
    const { entries, page } = pageOf(users, input, (user) => user.name)
    return { Group: toGroup(group), Users: entries.map((user) => toUser(user, false)), ...page }
  }

/** Tells the account's groups.
 *  @throws ValidationError */
export const listGroups =
  (store: Store): IamOperation<'ListGroups'> =>
  async (input, { principal }) => {
    const pathPrefix = requirePathPrefix(input.PathPrefix)
    const which = { accountId: principal.account.id, kind: 'group', pathPrefix, ...pageStart(input) } as const
    const { entries, page } = pageOf(await store.catalog.read(identityPage, which), input, ({ name }) => name)
    return { Groups: entries.map(toGroup), ...page }
  }

/** Gives a group another name or path.
 *  @throws ValidationError, NoSuchEntity, EntityAlreadyExists */
export const updateGroup =
  (store: Store, clock: Clock): IamOperation<'UpdateGroup'> =>
  async (input, { principal }) => {
    const { NewGroupName, NewPath } = input
    await store.catalog.commit(renameIdentity, {
      ...groupOf(principal.account.id, input.GroupName),
      newName: NewGroupName === undefined ? undefined : requireGroupName(NewGroupName, 'NewGroupName'),
      newPath: NewPath === undefined ? undefined : requirePath(NewPath, 'NewPath'),
      now: clock.now(),
    })
    return {}
  }

/** Removes a group that has neither users nor policies any more.
 *  @throws ValidationError, NoSuchEntity, DeleteConflict */
export const deleteGroup =
  (store: Store, clock: Clock): IamOperation<'DeleteGroup'> =>
  async (input, { principal }) => {
    await store.catalog.commit(deleteIdentity, {
      ...groupOf(principal.account.id, input.GroupName),
      now: clock.now(),
    })
    return {}
  }

/** Puts a user into a group.
 *  @throws ValidationError, NoSuchEntity, LimitExceeded */
export const addUserToGroup =
  (store: Store): IamOperation<'AddUserToGroup'> =>
  async (input, { principal }) => {
    await store.catalog.commit(addGroupMember, {
      accountId: principal.account.id,
      groupName: requireGroupName(input.GroupName),
      userName: requireUserName(input.UserName),
    })
    return {}
  }

/** Takes a user out of a group.
 *  @throws ValidationError, NoSuchEntity */
export const removeUserFromGroup =
  (store: Store): IamOperation<'RemoveUserFromGroup'> =>
  async (input, { principal }) => {
    await store.catalog.commit(removeGroupMember, {
      accountId: principal.account.id,
      groupName: requireGroupName(input.GroupName),
      userName: requireUserName(input.UserName),
    })
    return {}
  }

/** Tells the groups a user is in.
 *  @throws ValidationError, NoSuchEntity */
export const listGroupsForUser =
  (store: Store): IamOperation<'ListGroupsForUser'> =>
  async (input, { principal }) => {
    const which = { accountId: principal.account.id, name: requireUserName(input.UserName), ...pageStart(input) }
    const { entries, page } = pageOf(await store.catalog.read(groupsOfUser, which), input, ({ name }) => name)
    return { Groups: entries.map(toGroup), ...page }
  }
