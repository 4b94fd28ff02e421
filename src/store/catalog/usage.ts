// What a bucket holds, without listing it: folded from the feed in the background, exact at any time.

import { requireBucket } from './find-bucket.js'
import { lastNumber } from './next-number.js'
import { one, query, statement } from './steps.js'

/** What a bucket holds. */
export interface Usage {
  /** Keys whose latest version is no delete marker. */
  readonly objects: number
  /** Living versions, delete markers among them. */
  readonly versions: number
  /** Bytes of living versions. */
  readonly bytes: number
  /** Change number at which those three are exact: the newest of the snapshot. */
  readonly number: number
  /** Bytes its versions take up, what they share counted once. */
  readonly bytesOnce: number
  /** Change number at which `bytesOnce` is exact: at most `number`. */
  readonly bytesOnceNumber: number
}

interface Sums {
  objects: number
  versions: number
  bytes: number
  bytesOnce: number
  bytesOnceNumber: number
}

const sums = statement<{ bucketId: number }, Sums>(`
  SELECT COALESCE(u.objects, 0) + COALESCE(c.objects, 0) AS objects,
         COALESCE(u.versions, 0) + COALESCE(c.versions, 0) AS versions,
         COALESCE(u.bytes, 0) + COALESCE(c.bytes, 0) AS bytes,
         COALESCE(u.bytes_once, 0) AS "bytesOnce",
         f.number AS "bytesOnceNumber"
  FROM usage_fold f
  LEFT JOIN usage u ON u.bucket_id = :bucketId
  CROSS JOIN (
    SELECT SUM(objects) AS objects, SUM(versions) AS versions, SUM(bytes) AS bytes
    FROM change WHERE number > (SELECT number FROM usage_fold) AND bucket_id = :bucketId
  ) c`)

/** What the buckets hold that SQL answers the ids of; `:subject` may stand in it. */
const heldBy = (buckets: string) =>
  statement<{ subject: string | number }, { bytes: number; versions: number }>(`
    SELECT COALESCE(SUM(bytes), 0) AS bytes, COALESCE(SUM(versions), 0) AS versions FROM (
      SELECT bytes, versions FROM usage WHERE bucket_id IN (${buckets})
      UNION ALL
      SELECT bytes, versions FROM change WHERE number > (SELECT number FROM usage_fold) AND bucket_id IN (${buckets}))`)

/** What a bucket holds, by its id; exact. */
export const heldByBucket = heldBy('SELECT :subject')

/** What all buckets of an account hold, by its canonical user id; exact. */
export const heldByAccount = heldBy('SELECT id FROM bucket WHERE owner_id = :subject')

/** What a bucket holds now.
 *  @throws NoSuchBucket */
export const usageOf = query('usageOf', function* (bucket: string) {
  const { id } = yield* requireBucket(bucket)
  const row = yield* one(sums, { bucketId: id })
  if (row === undefined) throw new Error('The catalog has lost the row of usage_fold')
  return { ...row, number: yield* lastNumber() } satisfies Usage
})
