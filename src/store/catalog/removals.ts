// Files that no row needs any more, until they are removed.

import { all, query, run, statement, transaction } from './steps.js'

/** A file to be removed. */
export type Removal = {
  /** 'local' is the data directory. */
  readonly tier: string
  /** Local: below `blobs/`. */
  readonly location: string
  /** Change number at which nothing named it: a reader whose snapshot is not newer may still need it. */
  readonly number: number
}

const oldest = statement<{ upTo: number; limit: number }, Removal>(`
  SELECT tier, location, number FROM removal WHERE number <= :upTo ORDER BY number LIMIT :limit`)
const forget = statement<{ tier: string; location: string }>(
  'DELETE FROM removal WHERE tier = :tier AND location = :location',
)

/** Files that ceased to be needed at change `upTo` or before, oldest first, at most `limit`. */
export const listRemovals = query(
  'listRemovals',
  ({ upTo, limit }: { readonly upTo: number; readonly limit: number }) => all(oldest, { upTo, limit }),
)

/** Forgets files that have been removed. */
export const forgetRemovals = transaction(
  'forgetRemovals',
  function* ({ removals }: { readonly removals: readonly Pick<Removal, 'tier' | 'location'>[] }) {
    for (const { tier, location } of removals) yield* run(forget, { tier, location })
  },
)
