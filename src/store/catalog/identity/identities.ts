// Users, groups and roles: what they have in common.

import { iamQuotas } from '../../../contract/iam-limits.js'
import { raiseAccessNumber } from '../access-number.js'
import { all, one, query, run, statement, transaction, type Steps } from '../steps.js'
import { pinPrincipals } from './pin-principals.js'
import { requireManagedPolicy } from './policies.js'
import { jsonOfTags, retagged, type Tag, tagsOf } from './tags.js'
import { alreadyExists, type IdentityKind, inUse, noSuchIdentity, overQuota } from './refusals.js'

/** Which user, group or role is meant. */
export type IdentityPlace = {
  /** Canonical user id. */
  readonly accountId: string
  readonly kind: IdentityKind
  readonly name: string
}

/** A user, group or role. */
export type IdentityRow = {
  /** "AIDA…", "AGPA…", "AROA…" */
  readonly id: string
  readonly kind: IdentityKind
  readonly accountId: string
  readonly accountNumber: string
  readonly name: string
  readonly path: string
  /** Ms since 1970. */
  readonly createdMs: number
  /** JSON of `Tag[]`. */
  readonly tags: string | null
  /** ARN. */
  readonly boundary: string | null
  readonly description: string | null
  readonly trustPolicy: string | null
  readonly sessionSecondsMax: number | null
}

/** Columns of an `IdentityRow`, of `identity i JOIN account a`. */
export const identityColumns = `i.id, i.kind, i.account_id AS "accountId", a.number AS "accountNumber", i.name, i.path, i.created AS "createdMs",
  i.tags, i.boundary, i.description, i.trust_policy AS "trustPolicy", i.session_seconds_max AS "sessionSecondsMax"`

const byName = statement<IdentityPlace, IdentityRow>(`
  SELECT ${identityColumns} FROM identity i JOIN account a ON a.id = i.account_id
  WHERE i.account_id = :accountId AND i.kind = :kind AND lower(i.name) = lower(:name)`)
const policyByName = statement<{ accountId: string; name: string }, { path: string }>(
  'SELECT path FROM policy WHERE account_id = :accountId AND lower(name) = lower(:name) AND name = :name',
)
const page = statement<IdentityPage, IdentityRow>(`
  SELECT ${identityColumns} FROM identity i JOIN account a ON a.id = i.account_id
  WHERE i.account_id = :accountId AND i.kind = :kind AND lower(i.name) > lower(:after) AND substr(i.path, 1, length(:pathPrefix)) = :pathPrefix
  ORDER BY lower(i.name) LIMIT :limit`)
const count = statement<{ accountId: string; kind: string }, { count: number }>(
  'SELECT count(*) AS count FROM identity WHERE account_id = :accountId AND kind = :kind',
)
const insertRow = statement<Omit<NewIdentity, 'tags'> & { tags: string | null }>(`
  INSERT INTO identity (id, kind, account_id, name, path, created, tags, boundary, description, trust_policy, session_seconds_max)
  VALUES (:id, :kind, :accountId, :name, :path, :now, :tags, :boundary, :description, :trustPolicy, :sessionSecondsMax)`)
const rename = statement<{ id: string; name: string; path: string }>(
  'UPDATE identity SET name = :name, path = :path WHERE id = :id',
)
const setRole = statement<{
  id: string
  description: string | null
  trustPolicy: string | null
  sessionSecondsMax: number | null
}>(`
  UPDATE identity SET description = :description, trust_policy = :trustPolicy, session_seconds_max = :sessionSecondsMax WHERE id = :id`)
const setBoundaryOf = statement<{ id: string; boundary: string | null }>(
  'UPDATE identity SET boundary = :boundary WHERE id = :id',
)
const setTagsOf = statement<{ id: string; tags: string | null }>('UPDATE identity SET tags = :tags WHERE id = :id')
const revoke = statement<{ id: string; beforeMs: number }>(
  'UPDATE identity SET sessions_revoked_before = :beforeMs WHERE id = :id',
)
const remove = statement<{ id: string }>('DELETE FROM identity WHERE id = :id')

/** What keeps an identity from being deleted, as IAM tells it. */
const uses: readonly (readonly [why: string, query: ReturnType<typeof useOf>])[] = [
  ['delete access keys', useOf('SELECT 1 AS used FROM access_key WHERE user_id = :id LIMIT 1')],
  ['detach all policies', useOf('SELECT 1 AS used FROM attachment WHERE identity_id = :id LIMIT 1')],
  ['delete policies', useOf('SELECT 1 AS used FROM inline_policy WHERE identity_id = :id LIMIT 1')],
  [
    'remove users from group',
    useOf('SELECT 1 AS used FROM group_member WHERE group_id = :id OR user_id = :id LIMIT 1'),
  ],
]

function useOf(sql: string) {
  return statement<{ id: string }, { used: number }>(sql)
}

/** The user, group or role of that name, or nothing. */
function* findIdentity(place: IdentityPlace): Steps<IdentityRow | undefined> {
  // IAM: names "are not distinguished by case".
  return yield* one(byName, place)
}

/** The user, group or role of that name.
 *  @throws NoSuchEntity */
export function* requireIdentity(place: IdentityPlace): Steps<IdentityRow> {
  const row = yield* findIdentity(place)
  if (row === undefined) throw noSuchIdentity(place.kind, place.name)
  return row
}

/** `requireIdentity`, as a read. */
export const identityNamed = query('identityNamed', requireIdentity)

/** The user, group or role of that name or nothing, as a read. */
export const findIdentityNamed = query('findIdentityNamed', findIdentity)

/** Which users, groups or roles. */
export type IdentityPage = {
  readonly accountId: string
  readonly kind: IdentityKind
  /** Only those whose path begins so; '' for all. */
  readonly pathPrefix: string
  /** Only names behind this one; '' for all. */
  readonly after: string
  readonly limit: number
}

/** Users, groups or roles of an account in the order of their names, whatever their case. */
export const identityPage = query('identityPage', (which: IdentityPage) => all(page, which))

/** How many of a kind an account has. */
function* countOfIdentities(accountId: string, kind: IdentityKind): Steps<number> {
  return (yield* one(count, { accountId, kind }))?.count ?? 0
}

/** A user, group or role to be made. */
export type NewIdentity = IdentityPlace & {
  readonly id: string
  readonly path: string
  /** Ms since 1970. */
  readonly now: number
  readonly tags: readonly Tag[]
  readonly boundary: string | null
  readonly description: string | null
  readonly trustPolicy: string | null
  readonly sessionSecondsMax: number | null
}

const quotaOf = { user: iamQuotas.Users, group: iamQuotas.Groups, role: iamQuotas.Roles } as const
const titleOf = { user: 'User', group: 'Group', role: 'Role' } as const

/** Makes a user, group or role.
 *  @throws EntityAlreadyExists, LimitExceeded, NoSuchEntity for the boundary */
export const createIdentity = transaction('createIdentity', function* (made: NewIdentity) {
  const { accountId, kind, name, boundary } = made
  if ((yield* one(byName, { accountId, kind, name })) !== undefined) {
    throw alreadyExists(`${titleOf[kind]} with name ${name}`)
  }
  if ((yield* countOfIdentities(accountId, kind)) >= quotaOf[kind]) {
    throw overQuota(`${titleOf[kind]}sPerAccount`, quotaOf[kind])
  }
  if (boundary !== null) yield* requireManagedPolicy(accountId, boundary)
  yield* run(insertRow, { ...made, tags: jsonOfTags(made.tags) })
  yield* raiseAccessNumber()
})

/** Policies of buckets and roles that name it mean it, and not who is called so next.
 *  @param now ms since 1970 */
function* freeName({ kind, ...identity }: IdentityRow, now: number): Steps<void> {
  if (kind !== 'group') yield* pinPrincipals({ kind, ...identity }, now)
}

/** Gives a user or group another name or path. `now` is ms since 1970.
 *  @throws NoSuchEntity, EntityAlreadyExists */
export const renameIdentity = transaction(
  'renameIdentity',
  function* (
    args: IdentityPlace & {
      readonly newName: string | undefined
      readonly newPath: string | undefined
      readonly now: number
    },
  ) {
    const { accountId, kind, newName, newPath } = args
    const found = yield* requireIdentity(args)
    const name = newName ?? found.name
    const other = yield* one(byName, { accountId, kind, name })
    if (other !== undefined && other.id !== found.id) throw alreadyExists(`${titleOf[kind]} with name ${name}`)
    yield* freeName(found, args.now)
    yield* run(rename, { id: found.id, name, path: newPath ?? found.path })
    yield* raiseAccessNumber()
  },
)

/** Sets what a role says beside its name; what is undefined stays.
 *  @throws NoSuchEntity */
export const updateRole = transaction(
  'updateRole',
  function* (args: {
    readonly accountId: string
    readonly name: string
    readonly description?: string | undefined
    readonly trustPolicy?: string | undefined
    readonly sessionSecondsMax?: number | undefined
  }) {
    const role = yield* requireIdentity({ accountId: args.accountId, kind: 'role', name: args.name })
    const { description = role.description, trustPolicy = role.trustPolicy } = args
    const { sessionSecondsMax = role.sessionSecondsMax } = args
    yield* run(setRole, { id: role.id, description, trustPolicy, sessionSecondsMax })
    yield* raiseAccessNumber()
  },
)

/** Sets, or removes with null, the policy that bounds a user's or role's rights.
 *  @throws NoSuchEntity for either */
export const setBoundary = transaction(
  'setBoundary',
  function* ({ boundary, ...place }: IdentityPlace & { readonly boundary: string | null }) {
    const { id } = yield* requireIdentity(place)
    if (boundary !== null) yield* requireManagedPolicy(place.accountId, boundary)
    yield* run(setBoundaryOf, { id, boundary })
    yield* raiseAccessNumber()
  },
)

/** Sets and removes tags of a user or role. Keys differ in more than case.
 *  @throws NoSuchEntity, LimitExceeded */
export const tagIdentity = transaction(
  'tagIdentity',
  function* (args: IdentityPlace & { readonly set: readonly Tag[]; readonly unset: readonly string[] }) {
    const { id, tags } = yield* requireIdentity(args)
    yield* run(setTagsOf, { id, tags: jsonOfTags(retagged(tagsOf(tags), args.set, args.unset)) })
    yield* raiseAccessNumber()
  },
)

/** Refuses, from now on, sessions of a user or role that were issued before.
 *  @throws NoSuchEntity */
export const revokeSessions = transaction(
  'revokeSessions',
  function* ({ beforeMs, ...place }: IdentityPlace & { readonly beforeMs: number }) {
    const { id } = yield* requireIdentity(place)
    yield* run(revoke, { id, beforeMs })
    yield* raiseAccessNumber()
  },
)

/** Removes a user, group or role that nothing hangs on. `now` is ms since 1970.
 *  @throws NoSuchEntity, DeleteConflict */
export const deleteIdentity = transaction('deleteIdentity', function* (args: IdentityPlace & { readonly now: number }) {
  const found = yield* requireIdentity(args)
  const { id } = found
  for (const [why, use] of uses) if ((yield* one(use, { id })) !== undefined) throw inUse(why)
  yield* freeName(found, args.now)
  yield* run(remove, { id })
  yield* raiseAccessNumber()
})

/** The path of what has a name, which its ARN contains, or nothing. */
export const pathOfName = query(
  'pathOfName',
  function* ({ accountId, kind, name }: Omit<IdentityPlace, 'kind'> & { readonly kind: IdentityKind | 'policy' }) {
    if (kind === 'policy') return (yield* one(policyByName, { accountId, name }))?.path
    return (yield* findIdentity({ accountId, kind, name }))?.path
  },
)
