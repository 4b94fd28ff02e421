// A multipart upload under way, by its id.

import type { ChecksumAlgorithm, ChecksumType } from '../../contract/claims.js'
import { S3Error } from '../../contract/errors.js'
import type { UploadChecksum } from '../../contract/multipart.js'
import { requireBucket } from './find-bucket.js'
import { one, query, statement, type Steps } from './steps.js'

/** Names an upload: all three must fit. */
export interface UploadName {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
}

/** An upload under way. */
export interface Upload {
  readonly bucketId: number
  /** The composite body its parts hang on. */
  readonly bodyId: number
  readonly initiatedMs: number
  readonly ownerId: string
  readonly storageClass: string
  readonly checksumAlgorithm: ChecksumAlgorithm
  readonly checksumType: ChecksumType
  /** 0: the algorithm is the server's choice. */
  readonly isChecksumAsked: number
  /** JSON, as in `version`. */
  readonly headers: string | null
  /** JSON, as in `version`. */
  readonly tags: string | null
  /** JSON, as in `version`. */
  readonly acl: string | null
  /** JSON: `Initiator`; null: the owner. */
  readonly initiator: string | null
}

const byId = statement<{ uploadId: string; bucketId: number; key: Uint8Array }, Upload>(`
  SELECT bucket_id AS "bucketId", body_id AS "bodyId", initiated AS "initiatedMs", owner_id AS "ownerId",
    storage_class AS "storageClass", checksum_algorithm AS "checksumAlgorithm", checksum_type AS "checksumType",
    is_checksum_asked AS "isChecksumAsked", headers, tags, acl, initiator
  FROM upload WHERE id = :uploadId AND bucket_id = :bucketId AND key = :key`)

/** S3's refusal when an upload is not there (any more). */
export const noSuchUpload = (uploadId: string): S3Error =>
  new S3Error('NoSuchUpload', { members: { UploadId: uploadId } })

/** What an upload was created with. */
export const checksumOf = (upload: Upload): UploadChecksum => ({
  algorithm: upload.checksumAlgorithm,
  type: upload.checksumType,
  isAsked: upload.isChecksumAsked === 1,
})

/** The upload of that id in a bucket whose row is known, or nothing. */
export const findUpload = (bucketId: number, { key, uploadId }: UploadName): Steps<Upload | undefined> =>
  one(byId, { uploadId, bucketId, key: Buffer.from(key, 'utf8') })

/** The upload of that id.
 *  @throws NoSuchBucket, NoSuchUpload */
export function* requireUpload(name: UploadName): Steps<Upload> {
  const bucket = yield* requireBucket(name.bucket)
  const upload = yield* findUpload(bucket.id, name)
  if (upload === undefined) throw noSuchUpload(name.uploadId)
  return upload
}

/** The upload of that id, as a read.
 *  @throws NoSuchBucket, NoSuchUpload */
export const uploadNamed = query('uploadNamed', requireUpload)
