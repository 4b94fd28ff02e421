// Access keys of users, and of accounts themselves.

import { iamQuotas } from '../../../contract/iam-limits.js'
import { iamArn } from '../../../contract/arns.js'
import { raiseAccessNumber } from '../access-number.js'
import { all, one, query, run, statement, transaction, type Steps } from '../steps.js'
import { requireAccount } from './accounts.js'
import { requireIdentity } from './identities.js'
import { alreadyExists, noSuchKey, overQuota } from './refusals.js'

/** Whose key is meant: a user's, or for null the account's own. */
export type KeyOwner = {
  readonly accountId: string
  readonly userName: string | null
}

/** A key as it is told: without its secret. */
export type KeyRow = {
  readonly id: string
  readonly accountId: string
  readonly accountNumber: string
  readonly accountName: string
  readonly userId: string | null
  readonly userName: string | null
  readonly userPath: string | null
  readonly status: KeyStatus
  /** Ms since 1970. */
  readonly createdMs: number
  readonly expiresMs: number | null
  /** JSON; not null: a service account. */
  readonly policy: string | null
  readonly description: string | null
  readonly replacedBy: string | null
  /** When it was used last, to the minute. */
  readonly usedMs: number | null
  readonly usedService: string | null
  readonly usedRegion: string | null
}

/** IAM's. */
export type KeyStatus = 'Active' | 'Inactive'

const rows = `
  SELECT k.id, k.account_id AS "accountId", a.number AS "accountNumber", a.name AS "accountName", k.user_id AS "userId", i.name AS "userName",
    i.path AS "userPath", k.status, k.created AS "createdMs", k.expires AS "expiresMs", k.policy, k.description, k.replaced_by AS "replacedBy",
    u.used AS "usedMs", u.service AS "usedService", u.region AS "usedRegion"
  FROM access_key k JOIN account a ON a.id = k.account_id LEFT JOIN identity i ON i.id = k.user_id LEFT JOIN access_key_use u ON u.key_id = k.id`

const byId = statement<{ id: string }, KeyRow>(`${rows} WHERE k.id = :id`)
const ofOwner = statement<{ accountId: string; userId: string | null }, KeyRow>(`
  ${rows} WHERE k.account_id = :accountId AND k.user_id IS NOT DISTINCT FROM :userId ORDER BY k.created, k.id`)
const ofAccount = statement<{ accountId: string }, KeyRow>(
  `${rows} WHERE k.account_id = :accountId ORDER BY k.created, k.id`,
)
const insertKey = statement<{
  id: string
  accountId: string
  userId: string | null
  secret: Uint8Array
  now: number
  expiresMs: number | null
  policy: string | null
  description: string | null
}>(`
  INSERT INTO access_key (id, account_id, user_id, secret, status, created, expires, policy, description)
  VALUES (:id, :accountId, :userId, :secret, 'Active', :now, :expiresMs, :policy, :description)`)
const setState = statement<{ id: string; status: string; expiresMs: number | null; replacedBy: string | null }>(`
  UPDATE access_key SET status = :status, expires = :expiresMs, replaced_by = :replacedBy WHERE id = :id`)
const remove = statement<{ id: string }>('DELETE FROM access_key WHERE id = :id')
const noteUse = statement<KeyUse>(`
  INSERT INTO access_key_use (key_id, used, service, region)
  SELECT id, :usedMs, :service, :region FROM access_key WHERE id = :id
  ON CONFLICT (key_id) DO UPDATE SET used = excluded.used, service = excluded.service, region = excluded.region
  WHERE excluded.used >= access_key_use.used`)

/** "arn:aws:iam::123456789012:user/ann" of a key's user; undefined where it is the account's own. */
export const userArnOf = ({ accountNumber, userName, userPath }: KeyRow): string | undefined =>
  userName === null || userPath === null ? undefined : iamArn(accountNumber, 'user', userPath, userName)

function* ownerIds({ accountId, userName }: KeyOwner): Steps<{ accountId: string; userId: string | null }> {
  if (userName !== null) {
    return { accountId, userId: (yield* requireIdentity({ accountId, kind: 'user', name: userName })).id }
  }
  yield* requireAccount(accountId)
  return { accountId, userId: null }
}

/** A key to be made. */
export type NewKey = KeyOwner & {
  readonly id: string
  /** Sealed as `secretPurpose(id)`. */
  readonly secret: Uint8Array
  /** Ms since 1970. */
  readonly now: number
  readonly expiresMs: number | null
  /** JSON: makes it a service account. */
  readonly policy: string | null
  readonly description: string | null
  /** Whether IAM's quota of keys holds, or Cairn's, which leaves room for the keys of many programs. */
  readonly quota: 'iam' | 'cairn'
}

/** Makes a key.
 *  @throws NoSuchEntity, EntityAlreadyExists, LimitExceeded */
export const createAccessKey = transaction('createAccessKey', function* (made: NewKey) {
  const { id, secret, now, expiresMs, policy, description } = made
  const owner = yield* ownerIds(made)
  if ((yield* one(byId, { id })) !== undefined) throw alreadyExists(`The Access Key with id ${id}`)
  const keys = yield* all(ofOwner, owner)
  requireRoom(keys, made.quota)
  yield* run(insertKey, { id, ...owner, secret, now, expiresMs, policy, description })
  yield* raiseAccessNumber()
})

/** Keys with a policy of their own, and those that have a successor already, are none of IAM's. */
function requireRoom(keys: readonly KeyRow[], quota: NewKey['quota']): void {
  if (keys.length >= iamQuotas.ServiceAccountsPerOwner) {
    throw overQuota('ServiceAccountsPerOwner', iamQuotas.ServiceAccountsPerOwner)
  }
  const counted = keys.filter(({ policy, replacedBy }) => policy === null && replacedBy === null).length
  if (quota === 'iam' && counted >= iamQuotas.AccessKeysPerUser) {
    throw overQuota('AccessKeysPerUser', iamQuotas.AccessKeysPerUser)
  }
}

/** A key by its id, of anybody or of one owner alone. */
export type KeyPlace = { readonly id: string; readonly owner?: KeyOwner | undefined }

function* requireKey({ id, owner }: KeyPlace): Steps<KeyRow> {
  const key = yield* one(byId, { id })
  if (key === undefined) throw noSuchKey(id)
  if (owner !== undefined) {
    const { accountId, userId } = yield* ownerIds(owner)
    if (key.accountId !== accountId || key.userId !== userId) throw noSuchKey(id)
  }
  return key
}

/** Changes what is given of a key; `expiresMs` null: it never expires. What has a successor keeps it.
 *  @throws NoSuchEntity */
export const updateAccessKey = transaction(
  'updateAccessKey',
  function* (args: KeyPlace & { readonly status?: KeyStatus; readonly expiresMs?: number | null }) {
    const key = yield* requireKey(args)
    const { status = key.status, expiresMs = key.expiresMs } = args
    yield* run(setState, { id: key.id, status, expiresMs, replacedBy: key.replacedBy })
    yield* raiseAccessNumber()
  },
)

/** Removes a key.
 *  @throws NoSuchEntity */
export const deleteAccessKey = transaction('deleteAccessKey', function* (args: KeyPlace) {
  const key = yield* requireKey(args)
  yield* run(remove, { id: key.id })
  yield* raiseAccessNumber()
})

/** Makes a key with the owner and the rights of another, which ends at `oldExpiresMs`, or before if it would have ended before.
 *  @returns when the old one ends, ms since 1970
 *  @throws NoSuchEntity, EntityAlreadyExists, LimitExceeded */
export const rotateAccessKey = transaction(
  'rotateAccessKey',
  function* (args: {
    readonly oldId: string
    readonly id: string
    readonly secret: Uint8Array
    readonly now: number
    readonly oldExpiresMs: number
  }) {
    const { oldId, id, secret, now } = args
    const old = yield* requireKey({ id: oldId })
    if ((yield* one(byId, { id })) !== undefined) throw alreadyExists(`The Access Key with id ${id}`)
    const { accountId, userId, policy, description } = old
    requireRoom(yield* all(ofOwner, { accountId, userId }), 'cairn')
    yield* run(insertKey, { id, accountId, userId, secret, now, expiresMs: null, policy, description })
    const expiresMs = Math.min(args.oldExpiresMs, old.expiresMs ?? Number.MAX_SAFE_INTEGER)
    yield* run(setState, { id: oldId, status: old.status, expiresMs, replacedBy: id })
    yield* raiseAccessNumber()
    return expiresMs
  },
)

/** That a key was used. */
export type KeyUse = {
  readonly id: string
  /** Ms since 1970. */
  readonly usedMs: number
  /** "s3", "iam", "sts" */
  readonly service: string
  readonly region: string
}

/** Writes down when keys were used last; those that are gone are left out. Authorization does not read it, so that the access number stays. */
export const noteKeyUses = transaction('noteKeyUses', function* (uses: readonly KeyUse[]) {
  for (const use of uses) yield* run(noteUse, use)
})

/** A key by its id, or nothing. */
export const accessKeyOfId = query('accessKeyOfId', (id: string) => one(byId, { id }))

/** The keys of a user, or of the account itself, in the order they were made.
 *  @throws NoSuchEntity */
export const accessKeysOf = query('accessKeysOf', function* (owner: KeyOwner) {
  return yield* all(ofOwner, yield* ownerIds(owner))
})

/** All keys of an account and its users, in the order they were made. */
export const accessKeysOfAccount = query('accessKeysOfAccount', (accountId: string) => all(ofAccount, { accountId }))
