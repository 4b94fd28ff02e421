// Every version and delete marker of a bucket's keys: the page that ListObjectVersions answers, newest first within a key.

import { commonPrefixOf } from '../../contract/listing.js'
import { requireBucket } from './find-bucket.js'
import { shownOwners, type ShownOwners } from './account-names.js'
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

/** A version of a page. `isNull`, `isMarker` and `isLatest` are 0 or 1; `etag` is without quotes, '' for a marker. */
export type ListedVersion = readonly [
  key: string,
  position: number,
  isNull: number,
  isMarker: number,
  isLatest: number,
  size: number,
  etag: string,
  modifiedMs: number,
  storageClass: string,
  ownerId: string,
  checksumAlgorithm: string | null,
  checksumType: string | null,
]

/** Which page. */
export interface ListVersions extends PageBounds {
  readonly bucket: string
  /** Go on within the key `after`, after this version of it: a position, or 'null' for its null version. */
  readonly afterVersion?: number | 'null' | undefined
}

/** A page of versions and who is shown as the owner of what an account has written. */
export interface ListedVersions {
  readonly page: Page<ListedVersion>
  readonly owners: ShownOwners
}

const living = 'FROM version WHERE bucket_id = :bucketId AND gone IS NULL'

const columns =
  'key, position, is_null, is_marker, is_latest, size, etag, modified, storage_class, owner_id, checksum_algorithm, checksum_type'

const asPage = (rows: string): string => `
  SELECT json_group_array(json_array(CAST(key AS TEXT), ${columns.slice('key, '.length)})) AS page FROM (${rows})`

/** Versions of keys in a range. */
export const scanVersions = statement<ScanParameters, { page: string }>(
  asPage(`
    SELECT ${columns} ${living} AND key >= :from AND key < :end
    ORDER BY key, position DESC LIMIT :count`),
)

/** Where each entry of a delimited page begins. */
export const leapVersions = statement<LeapParameters, { key: string }>(leapOver(living))

/** What is left of one key's versions. */
export const scanOlderVersions = statement<
  { bucketId: number; key: Uint8Array; position: number; count: number },
  { page: string }
>(
  asPage(`
    SELECT ${columns} ${living} AND key = :key AND position < :position
    ORDER BY position DESC LIMIT :count`),
)

const latest = statement<{ bucketId: number; key: Uint8Array }, { position: number; isNull: number }>(`
  SELECT position, is_null AS "isNull" ${living} AND key = :key ORDER BY position DESC LIMIT 1`)

const olderNull = statement<{ bucketId: number; key: Uint8Array }, { position: number }>(`
  SELECT position ${living} AND key = :key AND is_null = 1 AND is_latest = 0`)

const reads: PageReads<ListedVersion> = {
  scan: scanVersions,
  leap: leapVersions,
  rest: (bucketId, row, count) => olderThan(bucketId, Buffer.from(row[0], 'utf8'), row[1], count),
}

/** A page of all living versions and delete markers: by key, then newest first.
 *  @throws NoSuchBucket */
export const versionsPage = query('versionsPage', function* (args: ListVersions) {
  const bucket = yield* requireBucket(args.bucket)
  const head = yield* olderVersions(bucket.id, args)
  const page = yield* listPage(reads, bucket.id, args, head)
  const owners = yield* shownOwners(
    bucket,
    page.rows.map((row) => row[9]),
  )
  return { page, owners } satisfies ListedVersions
})

/** The versions of the marker's own key that come after the marker. */
function* olderVersions(bucketId: number, args: ListVersions): Steps<readonly ListedVersion[]> {
  const { after, afterVersion, prefix, delimiter, count } = args
  if (after === undefined || afterVersion === undefined || count === 0 || !after.startsWith(prefix)) return []
  if (commonPrefixOf(after, prefix, delimiter) !== undefined) return []
  const key = Buffer.from(after, 'utf8')
  const position = afterVersion === 'null' ? yield* nullPosition(bucketId, key) : afterVersion
  return yield* olderThan(bucketId, key, position, count + 1)
}

function* olderThan(bucketId: number, key: Uint8Array, position: number, count: number): Steps<ListedVersion[]> {
  const answer = yield* one(scanOlderVersions, { bucketId, key, position, count })
  // The statement builds arrays of exactly the columns `ListedVersion` names.
  return answer === undefined ? [] : (JSON.parse(answer.page) as ListedVersion[])
}

/** Where the null version stands. When it is gone meanwhile nobody knows: then the key is listed from its newest, so that nothing is missed. */
function* nullPosition(bucketId: number, key: Uint8Array): Steps<number> {
  const older = yield* one(olderNull, { bucketId, key })
  if (older !== undefined) return older.position
  const newest = yield* one(latest, { bucketId, key })
  return newest?.isNull === 1 ? newest.position : Number.MAX_SAFE_INTEGER
}
