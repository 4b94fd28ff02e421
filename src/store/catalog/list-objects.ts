// Which objects a bucket has: the page that ListObjects and ListObjectsV2 answer, read from one covering index.

import { requireBucket } from './find-bucket.js'
import { shownOwners, type ShownOwners } from './account-names.js'
import {
  leapOver,
  listPage,
  type LeapParameters,
  type Page,
  type PageBounds,
  type ScanParameters,
} from './list-page.js'
import { query, statement } from './steps.js'

/** An object of a page: key, bytes, ETag without quotes, ms since 1970, and so on; the columns of `version_listed` in its order. */
export type ListedObject = readonly [
  key: string,
  size: number,
  etag: string,
  modifiedMs: number,
  storageClass: string,
  ownerId: string,
  checksumAlgorithm: string | null,
  checksumType: string | null,
]

/** Which page. */
export interface ListObjects extends PageBounds {
  readonly bucket: string
}

/** A page of objects and who is shown as the owner of what an account has written. */
export interface ListedObjects {
  readonly page: Page<ListedObject>
  readonly owners: ShownOwners
}

// The conditions of the partial index, word for word.
const listed = 'FROM version WHERE bucket_id = :bucketId AND is_latest = 1 AND is_marker = 0'

/** A page as one text: measured for 1,000 entries, 0.9 ms against 1.6 ms for as many row objects. */
export const scanObjects = statement<ScanParameters, { page: string }>(`
  SELECT json_group_array(json_array(
    CAST(key AS TEXT), size, etag, modified, storage_class, owner_id, checksum_algorithm, checksum_type)) AS page
  FROM (
    SELECT key, size, etag, modified, storage_class, owner_id, checksum_algorithm, checksum_type ${listed}
      AND key >= :from AND key < :end
    ORDER BY key LIMIT :count)`)

/** Where each entry of a delimited page begins. */
export const leapObjects = statement<LeapParameters, { key: string }>(leapOver(listed))

/** A page of the latest versions that are no delete markers, by key.
 *  @throws NoSuchBucket */
export const objectsPage = query('objectsPage', function* (args: ListObjects) {
  const bucket = yield* requireBucket(args.bucket)
  const page = yield* listPage<ListedObject>({ scan: scanObjects, leap: leapObjects }, bucket.id, args)
  const owners = yield* shownOwners(
    bucket,
    page.rows.map((row) => row[5]),
  )
  return { page, owners } satisfies ListedObjects
})
