// Which bodies and blobs the versions of a bucket use, and how many bytes that is, each counted once.

import { one, run, statement, type Steps } from './steps.js'

type Body = { bucketId: number; bodyId: number }
type Bytes = { bytes: number }

// Without RETURNING, for which SQLite would make a temporary table each time.
const insertName = statement<Body & { names: number }>(`
  INSERT INTO usage_body (bucket_id, body_id, names) VALUES (:bucketId, :bodyId, :names) ON CONFLICT (bucket_id, body_id) DO NOTHING`)
const addNames = statement<Body & { names: number }>(
  'UPDATE usage_body SET names = names + :names WHERE bucket_id = :bucketId AND body_id = :bodyId',
)
const namesOf = statement<Body, { names: number }>(
  'SELECT names FROM usage_body WHERE bucket_id = :bucketId AND body_id = :bodyId',
)
/** SQL: bytes of a row of `body`, if it is a small one. */
export const smallBytes = 'CASE WHEN content IS NOT NULL THEN size END'

/** `small`: bytes of a small body. */
const kindOf = statement<{ bodyId: number }, { small: number | null; isComposite: number }>(`
  SELECT ${smallBytes} AS small, part_ends IS NOT NULL AS "isComposite" FROM body WHERE id = :bodyId`)
const forget = statement<Body>('DELETE FROM usage_body WHERE bucket_id = :bucketId AND body_id = :bodyId')

/** Statements about the blobs of some bodies: those that the SQL `bodies` answers. */
const blobsOf = (bodies: string) => ({
  fresh: statement<Body, Bytes>(`
    SELECT COALESCE(SUM(size), 0) AS bytes FROM blob
    WHERE id IN (SELECT blob_id FROM extent WHERE body_id IN (${bodies}))
      AND id NOT IN (SELECT blob_id FROM usage_blob WHERE bucket_id = :bucketId)`),
  use: statement<Body>(`
    INSERT INTO usage_blob (bucket_id, blob_id, bodies)
    SELECT :bucketId, blob_id, COUNT(DISTINCT body_id) FROM extent WHERE body_id IN (${bodies}) GROUP BY blob_id
    ON CONFLICT (bucket_id, blob_id) DO UPDATE SET bodies = usage_blob.bodies + excluded.bodies`),
  leave: statement<Body>(`
    UPDATE usage_blob SET bodies = bodies - (
      SELECT COUNT(DISTINCT body_id) FROM extent WHERE extent.blob_id = usage_blob.blob_id AND body_id IN (${bodies}))
    WHERE bucket_id = :bucketId AND blob_id IN (SELECT blob_id FROM extent WHERE body_id IN (${bodies}))`),
  unused: statement<Body, Bytes>(`
    SELECT COALESCE(SUM(size), 0) AS bytes FROM blob
    WHERE id IN (SELECT blob_id FROM usage_blob WHERE bucket_id = :bucketId AND bodies = 0
      AND blob_id IN (SELECT blob_id FROM extent WHERE body_id IN (${bodies})))`),
  forget: statement<Body>(`
    DELETE FROM usage_blob WHERE bucket_id = :bucketId AND bodies = 0
      AND blob_id IN (SELECT blob_id FROM extent WHERE body_id IN (${bodies}))`),
})

const ofBody = blobsOf('SELECT :bodyId')

// The parts of a composite body that nothing else in the bucket names: just named, or named by nothing but what now goes.
const ownParts = `
  SELECT part_body_id FROM part JOIN usage_body ON bucket_id = :bucketId AND usage_body.body_id = part_body_id
  WHERE part.body_id = :bodyId AND names = 1`
const ofParts = blobsOf(ownParts)

const nameParts = statement<Body>(`
  INSERT INTO usage_body (bucket_id, body_id, names)
  SELECT DISTINCT :bucketId, part_body_id, 1 FROM part WHERE body_id = :bodyId
  ON CONFLICT (bucket_id, body_id) DO UPDATE SET names = usage_body.names + 1`)
const unnameParts = statement<Body>(`
  UPDATE usage_body SET names = names - 1
  WHERE bucket_id = :bucketId AND body_id IN (SELECT part_body_id FROM part WHERE part.body_id = :bodyId)`)
const forgetParts = statement<Body>(`
  DELETE FROM usage_body
  WHERE bucket_id = :bucketId AND names = 0
    AND body_id IN (SELECT part_body_id FROM part WHERE part.body_id = :bodyId)`)
const smallParts = statement<Body, Bytes>(`
  SELECT COALESCE(SUM(size), 0) AS bytes FROM body WHERE content IS NOT NULL AND id IN (${ownParts})`)

/** A body gains names in a bucket; answers the bytes that are new there.
 *  @param small its bytes, where it is known to be small */
export function* nameBody(bucketId: number, bodyId: number, names: number, small: number | null): Steps<number> {
  const body = { bucketId, bodyId }
  if ((yield* run(insertName, { ...body, names })) === 0) {
    yield* run(addNames, { ...body, names })
    return 0
  }
  if (small !== null) return small
  const kind = yield* kindOfBody(bodyId)
  if (kind.small !== null) return kind.small
  if (kind.isComposite === 0) return yield* useBlobs(ofBody, body)
  yield* run(nameParts, body)
  return (yield* bytesOf(smallParts, body)) + (yield* useBlobs(ofParts, body))
}

/** A body loses names in a bucket; answers the bytes that are used there no more. */
export function* unnameBody(bucketId: number, bodyId: number, names: number): Steps<number> {
  const body = { bucketId, bodyId }
  yield* run(addNames, { ...body, names: -names })
  const left = yield* one(namesOf, body)
  if (left === undefined) throw new Error(`Body ${bodyId} lost a name in a bucket that does not use it`)
  if (left.names > 0) return 0
  yield* run(forget, body)
  const kind = yield* kindOfBody(bodyId)
  if (kind.small !== null) return kind.small
  if (kind.isComposite === 0) return yield* leaveBlobs(ofBody, body)
  const bytes = (yield* bytesOf(smallParts, body)) + (yield* leaveBlobs(ofParts, body))
  yield* run(unnameParts, body)
  yield* run(forgetParts, body)
  return bytes
}

function* kindOfBody(bodyId: number): Steps<{ readonly small: number | null; readonly isComposite: number }> {
  return (yield* one(kindOf, { bodyId })) ?? { small: null, isComposite: 0 }
}

function* useBlobs(blobs: ReturnType<typeof blobsOf>, body: Body): Steps<number> {
  const bytes = yield* bytesOf(blobs.fresh, body)
  yield* run(blobs.use, body)
  return bytes
}

function* leaveBlobs(blobs: ReturnType<typeof blobsOf>, body: Body): Steps<number> {
  yield* run(blobs.leave, body)
  const bytes = yield* bytesOf(blobs.unused, body)
  yield* run(blobs.forget, body)
  return bytes
}

function* bytesOf(sum: typeof smallParts, body: Body): Steps<number> {
  return (yield* one(sum, body))?.bytes ?? 0
}
