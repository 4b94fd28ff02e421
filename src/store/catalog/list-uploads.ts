// Which uploads are under way in a bucket: the page that ListMultipartUploads answers, oldest first within a key.

import { commonPrefixOf } from '../../contract/listing.js'
import { shownOwners, type ShownOwners } from './account-names.js'
import { requireBucket } from './find-bucket.js'
import {
  leapOver,
  listPage,
  type LeapParameters,
  type Page,
  type PageBounds,
  type PageReads,
  type ScanParameters,
} from './list-page.js'
import { one, query, statement, type Steps } from './steps.js'

/** An upload of a page. */
export type ListedUpload = readonly [
  key: string,
  uploadId: string,
  initiatedMs: number,
  ownerId: string,
  storageClass: string,
  checksumAlgorithm: string,
  checksumType: string,
  initiator: string | null,
]

/** An upload's place among those of its key. */
export interface UploadPlace {
  readonly initiatedMs: number
  readonly uploadId: string
}

/** Which page. */
export interface ListUploads extends PageBounds {
  readonly bucket: string
  /** Go on within the key `after`, after this upload of it, which may have ended. */
  readonly afterUpload?: UploadPlace | undefined
}

/** A page of uploads and who is shown as the owner of what an account has written. */
export interface ListedUploads {
  readonly page: Page<ListedUpload>
  readonly owners: ShownOwners
}

const underWay = 'FROM upload WHERE bucket_id = :bucketId'

const asPage = (condition: string): string => `
  SELECT json_group_array(json_array(
    CAST(key AS TEXT), id, initiated, owner_id, storage_class, checksum_algorithm, checksum_type, initiator)) AS page
  FROM (
    SELECT key, id, initiated, owner_id, storage_class, checksum_algorithm, checksum_type, initiator ${underWay} AND ${condition}
    ORDER BY key, initiated, id LIMIT :count)`

/** Uploads of keys in a range. */
export const scanUploads = statement<ScanParameters, { page: string }>(asPage('key >= :from AND key < :end'))

/** Where each entry of a delimited page begins. */
export const leapUploads = statement<LeapParameters, { key: string }>(leapOver(underWay))

const scanLaterUploads = statement<
  { bucketId: number; key: Uint8Array; initiated: number; uploadId: string; count: number },
  { page: string }
>(asPage('key = :key AND (initiated, id) > (:initiated, :uploadId)'))

const reads: PageReads<ListedUpload> = {
  scan: scanUploads,
  leap: leapUploads,
  rest: (bucketId, [key, uploadId, initiatedMs], count) => laterThan(bucketId, key, { initiatedMs, uploadId }, count),
}

/** A page of a bucket's uploads: by key, then by when they were initiated.
 *  @throws NoSuchBucket */
export const uploadsPage = query('uploadsPage', function* (args: ListUploads) {
  const bucket = yield* requireBucket(args.bucket)
  const head = yield* laterUploads(bucket.id, args)
  const page = yield* listPage(reads, bucket.id, args, head)
  const owners = yield* shownOwners(
    bucket,
    page.rows.map((row) => row[3]),
  )
  return { page, owners } satisfies ListedUploads
})

/** The uploads of the marker's own key that come after the marker. */
function* laterUploads(bucketId: number, args: ListUploads): Steps<readonly ListedUpload[]> {
  const { after, afterUpload, prefix, delimiter, count } = args
  if (after === undefined || afterUpload === undefined || count === 0 || !after.startsWith(prefix)) return []
  if (commonPrefixOf(after, prefix, delimiter) !== undefined) return []
  return yield* laterThan(bucketId, after, afterUpload, count + 1)
}

function* laterThan(bucketId: number, key: string, upload: UploadPlace, count: number): Steps<ListedUpload[]> {
  const answer = yield* one(scanLaterUploads, {
    bucketId,
    key: Buffer.from(key, 'utf8'),
    initiated: upload.initiatedMs,
    uploadId: upload.uploadId,
    count,
  })
  // The statement builds arrays of exactly the columns `ListedUpload` names.
  return answer === undefined ? [] : (JSON.parse(answer.page) as ListedUpload[])
}
