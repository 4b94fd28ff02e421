// Who is in which group.

import { iamQuotas } from '../../../contract/iam-limits.js'
import { raiseAccessNumber } from '../access-number.js'
import { all, one, query, run, statement, transaction } from '../steps.js'
import { type IdentityRow, identityColumns, requireIdentity } from './identities.js'
import { overQuota } from './refusals.js'

/** A user and a group of an account. */
export type Membership = {
  readonly accountId: string
  readonly groupName: string
  readonly userName: string
}

/** Which page of a list that belongs to one user or group. */
export type MemberPage = {
  readonly accountId: string
  readonly name: string
  /** Only names behind this one; '' for all. */
  readonly after: string
  readonly limit: number
}

const add = statement<{ groupId: string; userId: string }>(`
  INSERT INTO group_member (group_id, user_id) VALUES (:groupId, :userId) ON CONFLICT DO NOTHING`)
const remove = statement<{ groupId: string; userId: string }>(
  'DELETE FROM group_member WHERE group_id = :groupId AND user_id = :userId',
)
const count = statement<{ userId: string }, { count: number }>(
  'SELECT count(*) AS count FROM group_member WHERE user_id = :userId',
)
type PageOf = { id: string; after: string; limit: number }
const groups = statement<PageOf, IdentityRow>(`
  SELECT ${identityColumns} FROM group_member m JOIN identity i ON i.id = m.group_id JOIN account a ON a.id = i.account_id
  WHERE m.user_id = :id AND lower(i.name) > lower(:after) ORDER BY lower(i.name) LIMIT :limit`)
const users = statement<PageOf, IdentityRow>(`
  SELECT ${identityColumns} FROM group_member m JOIN identity i ON i.id = m.user_id JOIN account a ON a.id = i.account_id
  WHERE m.group_id = :id AND lower(i.name) > lower(:after) ORDER BY lower(i.name) LIMIT :limit`)

/** Puts a user into a group; one that is in it stays.
 *  @throws NoSuchEntity, LimitExceeded */
export const addGroupMember = transaction('addGroupMember', function* (args: Membership) {
  const { accountId } = args
  const { id: groupId } = yield* requireIdentity({ accountId, kind: 'group', name: args.groupName })
  const { id: userId } = yield* requireIdentity({ accountId, kind: 'user', name: args.userName })
  yield* run(add, { groupId, userId })
  if (((yield* one(count, { userId }))?.count ?? 0) > iamQuotas.GroupsPerUser) {
    throw overQuota('GroupsPerUser', iamQuotas.GroupsPerUser)
  }
  yield* raiseAccessNumber()
})

/** Takes a user out of a group; one that is not in it stays outside.
 *  @throws NoSuchEntity */
export const removeGroupMember = transaction('removeGroupMember', function* (args: Membership) {
  const { accountId } = args
  const { id: groupId } = yield* requireIdentity({ accountId, kind: 'group', name: args.groupName })
  const { id: userId } = yield* requireIdentity({ accountId, kind: 'user', name: args.userName })
  yield* run(remove, { groupId, userId })
  yield* raiseAccessNumber()
})

/** The groups a user is in, by name.
 *  @throws NoSuchEntity */
export const groupsOfUser = query('groupsOfUser', function* ({ accountId, name, ...page }: MemberPage) {
  const { id } = yield* requireIdentity({ accountId, kind: 'user', name })
  return yield* all(groups, { id, ...page })
})

/** A group, and the users that are in it, by name.
 *  @throws NoSuchEntity */
export const usersOfGroup = query('usersOfGroup', function* ({ accountId, name, ...page }: MemberPage) {
  const group = yield* requireIdentity({ accountId, kind: 'group', name })
  return { group, users: yield* all(users, { id: group.id, ...page }) }
})
