// Accounts: who owns buckets and objects.

import { newAccountNumber } from '../../contract/arns.js'
import { one, query, run, statement, transaction } from './steps.js'

/** An account. */
export type AccountRow = {
  /** Canonical user id: 64 hex digits. */
  readonly id: string
  /** S3's display name. */
  readonly name: string
  /** The twelve digits in ARNs. */
  readonly number: string
}

const set = statement<AccountRow & { now: number }>(`
  INSERT INTO account (id, name, created, number) VALUES (:id, :name, :now, :number)
  ON CONFLICT (id) DO UPDATE SET name = excluded.name`)
const byId = statement<{ id: string }, AccountRow>('SELECT id, name, number FROM account WHERE id = :id')

/** Makes the account of the server's operator, or gives it its name; it keeps its number. `now` is ms since 1970. */
export const registerAccount = transaction(
  'registerAccount',
  function* (account: AccountRow & { readonly now: number }) {
    yield* run(set, { id: account.id, name: account.name, number: account.number, now: account.now })
  },
)

/** What `registerAccount` is given for an account that may be new. */
export const operatorAccount = (id: string, name: string, now: number): AccountRow & { readonly now: number } => ({
  id,
  name,
  number: newAccountNumber(),
  now,
})

/** The account of a canonical user id, or nothing. */
export const findAccount = query('findAccount', (id: string) => one(byId, { id }))
