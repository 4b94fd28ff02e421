// Takes away rows of versions that are gone and that nobody can read any more.

import { foldedNumber } from './fold-usage.js'
import { run, statement, transaction } from './steps.js'

const oldest = 'SELECT id FROM version WHERE gone IS NOT NULL AND gone <= :upTo ORDER BY gone, id LIMIT :limit'
const unname = statement<{ upTo: number; limit: number }>(`
  INSERT INTO unnamed (body_id) SELECT DISTINCT body_id FROM version WHERE id IN (${oldest}) AND body_id IS NOT NULL
  ON CONFLICT (body_id) DO NOTHING`)
const remove = statement<{ upTo: number; limit: number }>(`DELETE FROM version WHERE id IN (${oldest})`)

/** Removes versions that were gone at change `upTo` (no reader's snapshot is older), at most `limit`; answers how many.
 *  Those whose end is not counted in usage yet are kept: `foldUsage` comes first. About 10 us a version. */
export const pruneVersions = transaction(
  'pruneVersions',
  function* ({ upTo, limit }: { readonly upTo: number; readonly limit: number }) {
    const which = { upTo: Math.min(upTo, yield* foldedNumber()), limit }
    yield* run(unname, which)
    return yield* run(remove, which)
  },
)
