// Where a write goes: the bucket, what the key is now, and the number of the change, in one statement.

import { noSuchBucket, ownershipColumn, type BucketRow } from './find-bucket.js'
import type { LineVersion } from './latest-version.js'
import { one, statement, type Steps } from './steps.js'

/** What a write has to know. */
export interface WritePlace {
  readonly bucket: Pick<BucketRow, 'id' | 'versioning' | 'ownerId' | 'ownership'>
  /** The latest version of the key, a delete marker too. */
  readonly latest: LineVersion | undefined
  /** As `nextNumber` answers it. */
  readonly number: number
}

/** What is of the version is null when there is none. */
type Row = Pick<BucketRow, 'versioning' | 'ownerId' | 'ownership'> & {
  readonly bucketId: number
  readonly number: number | null
} & (LineVersion | { readonly id: null })

const find = statement<{ bucket: string; key: Uint8Array }, Row>(`
  SELECT b.id AS "bucketId", b.versioning, b.owner_id AS "ownerId", ${ownershipColumn('b')}, (SELECT number FROM change ORDER BY number DESC LIMIT 1) AS number,
    v.id, v.position, v.is_null AS "isNull", v.is_marker AS "isMarker", v.is_latest AS "isLatest", v.body_id AS "bodyId",
    v.size, v.etag, v.modified AS "modifiedMs"
  FROM bucket b LEFT JOIN version v ON v.id = (
    SELECT id FROM version WHERE bucket_id = b.id AND key = :key AND gone IS NULL ORDER BY position DESC LIMIT 1)
  WHERE b.name = :bucket`)

/** Finds out where a write goes. `key`: UTF-8.
 *  @throws NoSuchBucket */
export function* writePlace(bucket: string, key: Uint8Array): Steps<WritePlace> {
  const row = yield* one(find, { bucket, key })
  if (row === undefined) throw noSuchBucket(bucket)
  return {
    bucket: { id: row.bucketId, versioning: row.versioning, ownerId: row.ownerId, ownership: row.ownership },
    latest: row.id === null ? undefined : row,
    number: (row.number ?? 0) + 1,
  }
}
