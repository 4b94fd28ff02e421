// Transactions that break the writer's surroundings: a database that may not grow, a thread that ends.

import { one, run, statement, transaction } from '../../../src/store/catalog/steps.js'
import { transactions as trials } from './trial-transactions.js'

type Nothing = Record<string, never>
const pageCount = statement<Nothing, { page_count: number }>('PRAGMA page_count')
const limitPages = (pages: number) => statement<Nothing, unknown>(`PRAGMA max_page_count = ${pages}`)

/** From now on SQLite answers SQLITE_FULL when the file would grow. */
export const fillDisk = transaction('fillDisk', function* () {
  const row = yield* one(pageCount, {})
  yield* one(limitPages(row?.page_count ?? 1), {})
})

/** There is space again. */
export const freeDisk = transaction('freeDisk', function* () {
  yield* one(limitPages(1_000_000), {})
})

/** Ends the writer's thread, as a crash would. */
export const endThread = transaction('endThread', function* () {
  yield* run(statement<Nothing>("UPDATE bucket SET name = 'changed'"), {})
  process.exit(1) // in a thread: ends that thread
})

/** By name, as the writer looks them up. */
export const transactions = new Map(trials)
for (const each of [fillDisk, freeDisk, endThread]) transactions.set(each.name, each)
