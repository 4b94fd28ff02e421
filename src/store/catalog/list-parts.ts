// The parts an upload has so far: the page that ListParts answers.

import type { ChecksumAlgorithm } from '../../contract/claims.js'
import { shownOwners } from './account-names.js'
import { requireBucket } from './find-bucket.js'
import { findUpload, noSuchUpload, type Upload, type UploadName } from './find-upload.js'
import { all, query, statement } from './steps.js'

/** A part of an upload under way. */
export interface PartRow {
  readonly number: number
  /** Bytes. */
  readonly size: number
  /** 16 bytes. */
  readonly md5: Uint8Array
  readonly modifiedMs: number
  readonly checksumAlgorithm: ChecksumAlgorithm
  /** Raw bytes. */
  readonly checksum: Uint8Array
}

/** Which page. */
export interface ListParts extends UploadName {
  /** Go on after this part number. */
  readonly after: number
  readonly count: number
}

/** A page of parts. */
export interface ListedParts {
  readonly upload: Upload
  readonly parts: readonly PartRow[]
  readonly isTruncated: boolean
  readonly owner: { readonly id: string; readonly name: string } | undefined
}

const scanParts = statement<{ bodyId: number; after: number; count: number }, PartRow>(`
  SELECT number, size, md5, modified AS "modifiedMs", checksum_algorithm AS "checksumAlgorithm", checksum
  FROM part WHERE body_id = :bodyId AND number > :after ORDER BY number LIMIT :count`)

/** A page of an upload's parts by number.
 *  @throws NoSuchBucket, NoSuchUpload */
export const partsPage = query('partsPage', function* (args: ListParts) {
  const bucket = yield* requireBucket(args.bucket)
  const upload = yield* findUpload(bucket.id, args)
  if (upload === undefined) throw noSuchUpload(args.uploadId)
  const rows = yield* all(scanParts, { bodyId: upload.bodyId, after: args.after, count: args.count + 1 })
  const isTruncated = args.count > 0 && rows.length > args.count
  const owners = yield* shownOwners(bucket, [upload.ownerId])
  return {
    upload,
    parts: rows.slice(0, args.count),
    isTruncated,
    owner: owners.get(upload.ownerId),
  } satisfies ListedParts
})
