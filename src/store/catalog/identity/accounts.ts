// Accounts: what buckets, users, roles and keys belong to.

import { iamQuotas } from '../../../contract/iam-limits.js'
import { IamError } from '../../../contract/iam-errors.js'
import { raiseAccessNumber } from '../access-number.js'
import { all, one, query, run, statement, transaction, type Steps } from '../steps.js'
import { alreadyExists, overQuota } from './refusals.js'

/** An account with all that is known of it. */
export type AccountEntryRow = {
  /** Canonical user id: 64 hex digits. */
  readonly id: string
  readonly number: string
  readonly name: string
  readonly email: string | null
  readonly alias: string | null
  /** Ms since 1970. */
  readonly createdMs: number
}

const columns = 'id, number, name, email, alias, created AS "createdMs"'
const byId = statement<{ id: string }, AccountEntryRow>(`SELECT ${columns} FROM account WHERE id = :id`)
const byReference = statement<{ reference: string }, AccountEntryRow>(`
  SELECT ${columns} FROM account WHERE id = :reference OR number = :reference OR name = :reference OR alias = :reference
  ORDER BY id = :reference DESC, number = :reference DESC, name = :reference DESC, created LIMIT 1`)
const everyone = statement<Record<string, never>, AccountEntryRow>(
  `SELECT ${columns} FROM account ORDER BY created, id`,
)
const conflicting = statement<{ id: string; number: string; name: string; alias: string | null }, AccountEntryRow>(`
  SELECT ${columns} FROM account WHERE id = :id OR number = :number OR lower(name) = lower(:name) OR alias = :alias LIMIT 1`)
const count = statement<Record<string, never>, { count: number }>('SELECT count(*) AS count FROM account')
const insertAccount = statement<AccountEntryRow>(`
  INSERT INTO account (id, number, name, email, alias, created) VALUES (:id, :number, :name, :email, :alias, :createdMs)`)
const update = statement<{ id: string; name: string; email: string | null; alias: string | null }>(`
  UPDATE account SET name = :name, email = :email, alias = :alias WHERE id = :id`)
const remove = statement<{ id: string }>('DELETE FROM account WHERE id = :id')

/** What keeps an account from being deleted. What its users have goes with them, so none may be left. */
const holdings: readonly (readonly [what: string, query: ReturnType<typeof holding>])[] = [
  ['buckets', holding('SELECT 1 AS held FROM bucket WHERE owner_id = :id LIMIT 1')],
  ['users, groups or roles', holding('SELECT 1 AS held FROM identity WHERE account_id = :id LIMIT 1')],
]

function holding(sql: string) {
  return statement<{ id: string }, { held: number }>(sql)
}

/** What goes with an account: nobody can use it any more. */
const belongings = [
  'DELETE FROM access_key WHERE account_id = :id',
  'DELETE FROM policy WHERE account_id = :id',
  'DELETE FROM oidc_provider WHERE account_id = :id',
].map((sql) => statement<{ id: string }>(sql))

/** @throws NoSuchEntity */
export function* requireAccount(id: string): Steps<AccountEntryRow> {
  const account = yield* one(byId, { id })
  if (account === undefined) throw new IamError('NoSuchEntity', `The account ${id} cannot be found.`)
  return account
}

/** The account of a canonical id, a number, a name or an alias, or nothing. */
export const accountOf = query('accountOf', (reference: string) => one(byReference, { reference }))

/** Every account, in the order they were made. */
export const allAccounts = query('allAccounts', () => all(everyone, {}))

/** Makes an account.
 *  @throws EntityAlreadyExists when another one has its id, number, name or alias; LimitExceeded */
export const createAccount = transaction('createAccount', function* (made: AccountEntryRow) {
  const other = yield* one(conflicting, made)
  if (other !== undefined) throw alreadyExists(`An account ${sameOf(made, other)}`)
  if (((yield* one(count, {}))?.count ?? 0) >= iamQuotas.Accounts) throw overQuota('Accounts', iamQuotas.Accounts)
  yield* run(insertAccount, made)
  yield* raiseAccessNumber()
})

function sameOf(made: AccountEntryRow, other: AccountEntryRow): string {
  if (made.id === other.id) return `with id ${made.id}`
  if (made.number === other.number) return `with number ${made.number}`
  return made.name.toLowerCase() === other.name.toLowerCase() ? `called ${made.name}` : `with alias ${made.alias}`
}

/** Changes what is given of an account.
 *  @throws NoSuchEntity, EntityAlreadyExists */
export const updateAccount = transaction(
  'updateAccount',
  function* (args: {
    readonly id: string
    readonly name?: string
    readonly email?: string | null
    readonly alias?: string | null
  }) {
    const account = yield* requireAccount(args.id)
    const { name = account.name, email = account.email, alias = account.alias } = args
    for (const other of yield* all(everyone, {})) {
      if (other.id === account.id) continue
      const changed = { ...account, name, alias }
      if (other.name.toLowerCase() === name.toLowerCase() || (alias !== null && other.alias === alias)) {
        throw alreadyExists(`An account ${sameOf(changed, other)}`)
      }
    }
    yield* run(update, { id: account.id, name, email, alias })
    yield* raiseAccessNumber()
  },
)

/** Removes an account that holds nothing any more, with its own keys, policies and providers.
 *  @throws NoSuchEntity, DeleteConflict */
export const deleteAccount = transaction('deleteAccount', function* (id: string) {
  const account = yield* requireAccount(id)
  for (const [what, held] of holdings) {
    if ((yield* one(held, { id })) !== undefined) {
      throw new IamError('DeleteConflict', `The account ${account.name} still has ${what}.`)
    }
  }
  for (const removal of belongings) yield* run(removal, { id })
  yield* run(remove, { id })
  yield* raiseAccessNumber()
})

/** How much an account has of everything. */
export type AccountCounts = {
  readonly users: number
  readonly groups: number
  readonly roles: number
  readonly policies: number
  readonly versions: number
  readonly providers: number
  /** Keys of the account itself. */
  readonly ownKeys: number
}

const counts = statement<{ id: string }, AccountCounts>(`
  SELECT (SELECT count(*) FROM identity WHERE account_id = :id AND kind = 'user') AS users,
    (SELECT count(*) FROM identity WHERE account_id = :id AND kind = 'group') AS "groups",
    (SELECT count(*) FROM identity WHERE account_id = :id AND kind = 'role') AS roles,
    (SELECT count(*) FROM policy WHERE account_id = :id) AS policies,
    (SELECT count(*) FROM policy p JOIN policy_version v ON v.policy_id = p.id WHERE p.account_id = :id) AS versions,
    (SELECT count(*) FROM oidc_provider WHERE account_id = :id) AS providers,
    (SELECT count(*) FROM access_key WHERE account_id = :id AND user_id IS NULL) AS "ownKeys"`)

/** How much an account has of everything. */
export const accountCounts = query('accountCounts', function* (id: string) {
  const row = yield* one(counts, { id })
  if (row === undefined) throw new Error('Counting answers one row')
  return row
})
