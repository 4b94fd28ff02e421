// A store of a test's own, with the least it takes to name what it writes.

import type { OpenBody } from '../../src/store/store.js'
import { openStore, type LocalStore } from '../../src/store/open-store.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Where `naming-transactions` is, compiled or not. */
export const transactions = new URL(
  `./naming-transactions.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
)

/** Canonical id of the trial store's root account. */
export const ownerId = 'a'.repeat(64)

/** Opens a store in a directory, or in one of its own; it closes after the test. */
export async function trialStore(
  later: (end: () => unknown) => void,
  at?: string,
): Promise<{ store: LocalStore; directory: string }> {
  const directory = at ?? (await temporaryDirectory(later))
  const store = await openStore({
    directory,
    ownerId,
    ownerName: 'root',
    clock: { now: () => 1_700_000_000_000 },
    transactions,
  })
  later(() => store.close())
  return { store, directory }
}

/** A body of blob files, as a query that opens a version answers it. */
export const openBody = (store: LocalStore, bodyId: number, size: number): OpenBody => ({
  bodyId,
  size,
  number: store.catalog.number(),
})
