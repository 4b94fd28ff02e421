// Accounts: who owns buckets and objects.

import { one, query, run, statement, transaction } from './steps.js'

/** An account. */
export type AccountRow = {
  /** Canonical user id: 64 hex digits. */
  readonly id: string
  readonly name: string
}

const set = statement<AccountRow & { now: number }>(`
  INSERT INTO account (id, name, created) VALUES (:id, :name, :now)
  ON CONFLICT (id) DO UPDATE SET name = excluded.name`)
const byId = statement<{ id: string }, AccountRow>('SELECT id, name FROM account WHERE id = :id')

/** Makes an account, or gives it its name. `now` is ms since 1970. */
export const registerAccount = transaction(
  'registerAccount',
  function* (account: AccountRow & { readonly now: number }) {
    yield* run(set, { id: account.id, name: account.name, now: account.now })
  },
)

/** The account of a canonical user id, or nothing. */
export const findAccount = query('findAccount', (id: string) => one(byId, { id }))
