// A transaction that the master key's tests hand to the writer beside the catalog's own.

import { run, statement, transaction } from '../../src/store/catalog/steps.js'
import { transactions as real } from '../../src/store/catalog/transactions.js'

const insertKey = statement<{ id: string; secret: Uint8Array; ownerId: string }>(`
  INSERT INTO access_key (id, account_id, secret, status, created) VALUES (:id, :ownerId, :secret, 'Active', 0)`)

/** Keeps a sealed secret of the root account. */
export const keepSecret = transaction('keepSecret', function* (args: { id: string; secret: Uint8Array }) {
  yield* run(insertKey, { ...args, ownerId: 'a'.repeat(64) })
})

/** What the writer thread of these stores finds by name. */
export const transactions = new Map([...real, [keepSecret.name, keepSecret] as const])
