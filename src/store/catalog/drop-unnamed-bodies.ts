// Takes bodies apart that nothing names any more, down to the files that can be removed.

import { lastNumber } from './next-number.js'
import { all, one, run, statement, transaction, type Steps } from './steps.js'

type Id = { bodyId: number }

const candidates = statement<{ limit: number }, Id>(
  'SELECT body_id AS "bodyId" FROM unnamed ORDER BY body_id LIMIT :limit',
)
const look = statement<Id, { isNamed: number; isSmall: number }>(`
  SELECT CASE WHEN EXISTS (SELECT 1 FROM version WHERE body_id = :bodyId)
      OR EXISTS (SELECT 1 FROM part WHERE part_body_id = :bodyId)
      OR EXISTS (SELECT 1 FROM upload WHERE body_id = :bodyId) THEN 1 ELSE 0 END AS "isNamed",
    CASE WHEN EXISTS (SELECT 1 FROM body WHERE id = :bodyId AND content IS NOT NULL) THEN 1 ELSE 0 END AS "isSmall"`)
const settle = statement<Id>('DELETE FROM unnamed WHERE body_id = :bodyId')

// Most unnamed bodies are small ones that were overwritten: they go together, with a statement for all in place of three for each.
const dropSmall = statement<{ limit: number }>(`
  DELETE FROM body WHERE id IN (SELECT body_id FROM unnamed ORDER BY body_id LIMIT :limit) AND content IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM version WHERE body_id = body.id)
    AND NOT EXISTS (SELECT 1 FROM part WHERE part_body_id = body.id)
    AND NOT EXISTS (SELECT 1 FROM upload WHERE body_id = body.id)`)
const settleDropped = statement<{ limit: number }>(`
  DELETE FROM unnamed WHERE body_id IN (SELECT body_id FROM unnamed ORDER BY body_id LIMIT :limit)
    AND NOT EXISTS (SELECT 1 FROM body WHERE id = unnamed.body_id)`)

const firstParts = 'SELECT number FROM part WHERE body_id = :bodyId ORDER BY number LIMIT :limit'
const unnameParts = statement<Id & { limit: number }>(`
  INSERT INTO unnamed (body_id) SELECT DISTINCT part_body_id FROM part WHERE body_id = :bodyId AND number IN (${firstParts})
  ON CONFLICT (body_id) DO NOTHING`)
const dropParts = statement<Id & { limit: number }>(`
  DELETE FROM part WHERE body_id = :bodyId AND number IN (${firstParts})`)

const blobsOf = statement<Id, { blobId: number }>(
  'SELECT DISTINCT blob_id AS "blobId" FROM extent WHERE body_id = :bodyId',
)
const dropExtents = statement<Id>('DELETE FROM extent WHERE body_id = :bodyId')
const dropBody = statement<Id>('DELETE FROM body WHERE id = :bodyId')

const use = statement<{ blobId: number }, { bodyId: number }>(
  'SELECT body_id AS "bodyId" FROM extent WHERE blob_id = :blobId LIMIT 1',
)
const removeLater = statement<{ blobId: number; number: number }>(`
  INSERT INTO removal (tier, location, number) SELECT tier, location, :number FROM place WHERE blob_id = :blobId`)
const dropPlaces = statement<{ blobId: number }>('DELETE FROM place WHERE blob_id = :blobId')
const dropBlob = statement<{ blobId: number }>('DELETE FROM blob WHERE id = :blobId')

/** Takes unnamed bodies apart until about `limit` rows are done (some 15 us each); answers how many rows, 0 when nothing is left to do.
 *  Their files are written down for removal under the number of the newest change: a reader whose snapshot is not newer may need them. */
export const dropUnnamedBodies = transaction('dropUnnamedBodies', function* ({ limit }: { readonly limit: number }) {
  const number = yield* lastNumber()
  yield* run(dropSmall, { limit })
  let done = yield* run(settleDropped, { limit })
  if (done >= limit) return done
  for (const { bodyId } of yield* all(candidates, { limit: limit - done })) {
    if (done >= limit) break
    done += 1
    const found = yield* one(look, { bodyId })
    if (found?.isNamed === 1 || found?.isSmall === 1) {
      if (found.isNamed === 0) yield* run(dropBody, { bodyId })
      yield* run(settle, { bodyId })
      continue
    }
    const partsMax = limit - done + 1
    yield* run(unnameParts, { bodyId, limit: partsMax })
    const parts = yield* run(dropParts, { bodyId, limit: partsMax })
    done += parts
    // A composite with more parts than that stays unnamed, and is gone on with next time.
    if (parts === partsMax) continue
    done += yield* dropExtended(bodyId, number)
    yield* run(settle, { bodyId })
  }
  return done
})

/** Drops a body that has extents, or had parts. */
function* dropExtended(bodyId: number, number: number): Steps<number> {
  const blobs = yield* all(blobsOf, { bodyId })
  if (blobs.length > 0) yield* run(dropExtents, { bodyId })
  for (const { blobId } of blobs) {
    if ((yield* one(use, { blobId })) !== undefined) continue
    yield* run(removeLater, { blobId, number })
    yield* run(dropPlaces, { blobId })
    yield* run(dropBlob, { blobId })
  }
  yield* run(dropBody, { bodyId })
  return blobs.length
}
