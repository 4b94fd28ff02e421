// The feed's end: what no follower can ask for any more, and answers kept for repeated requests.

import { foldedNumber } from './fold-usage.js'
import { lastNumber } from './next-number.js'
import { one, run, statement, transaction } from './steps.js'

const first = statement<Record<string, never>, { number: number }>('SELECT number FROM change ORDER BY number LIMIT 1')
const remove = statement<{ upTo: number }>('DELETE FROM change WHERE number <= :upTo')

/** Removes changes but for the newest `keep` (at least one: numbers go on from it) and those not counted in usage yet, at most
 *  `limit`; answers how many. About 2 us a change. */
export const pruneChanges = transaction(
  'pruneChanges',
  function* ({ keep, limit = 5_000 }: { readonly keep: number; readonly limit?: number }) {
    const row = yield* one(first, {})
    if (row === undefined) return 0
    const upTo = Math.min((yield* lastNumber()) - Math.max(keep, 1), yield* foldedNumber(), row.number + limit - 1)
    return upTo < row.number ? 0 : yield* run(remove, { upTo })
  },
)

const completed = statement<{ upTo: number; limit: number }>(`
  DELETE FROM completed_upload WHERE id IN (
    SELECT id FROM completed_upload WHERE number <= :upTo ORDER BY number LIMIT :limit)`)

/** Forgets the answers of uploads completed at change `upTo` or before, at most `limit`; answers how many. */
export const pruneCompletedUploads = transaction(
  'pruneCompletedUploads',
  ({ upTo, limit }: { readonly upTo: number; readonly limit: number }) => run(completed, { upTo, limit }),
)
