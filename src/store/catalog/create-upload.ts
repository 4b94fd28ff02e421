// A multipart upload begins: a composite body without a size, and the row that says what will become of it.

import type { UploadChecksum } from '../../contract/multipart.js'
import { requireBucket } from './find-bucket.js'
import type { UploadName } from './find-upload.js'
import { one, run, statement, transaction } from './steps.js'

/** What the object will be. */
export interface CreateUpload extends UploadName {
  /** Ms since 1970; the id was made of it. */
  readonly now: number
  /** Canonical user id. */
  readonly ownerId: string
  readonly storageClass: string
  readonly checksum: UploadChecksum
  /** JSON, as in `version`. */
  readonly headers: string | null
  /** JSON, as in `version`. */
  readonly tags: string | null
}

const insertBody = statement<Record<string, never>, { id: number }>(
  'INSERT INTO body (size) VALUES (NULL) RETURNING id',
)

const insertUpload = statement<{
  id: string
  bucketId: number
  key: Uint8Array
  bodyId: number
  initiated: number
  ownerId: string
  storageClass: string
  algorithm: string
  type: string
  isAsked: number
  headers: string | null
  tags: string | null
}>(`
  INSERT INTO upload (id, bucket_id, key, body_id, initiated, owner_id, storage_class, checksum_algorithm, checksum_type,
    is_checksum_asked, headers, tags)
  VALUES (:id, :bucketId, :key, :bodyId, :initiated, :ownerId, :storageClass, :algorithm, :type, :isAsked, :headers, :tags)`)

/** Begins an upload.
 *  @throws NoSuchBucket */
export const createUpload = transaction('createUpload', function* (args: CreateUpload) {
  const bucket = yield* requireBucket(args.bucket)
  const body = yield* one(insertBody, {})
  if (body === undefined) throw new Error('INSERT … RETURNING answers its row')
  yield* run(insertUpload, {
    id: args.uploadId,
    bucketId: bucket.id,
    key: Buffer.from(args.key, 'utf8'),
    bodyId: body.id,
    initiated: args.now,
    ownerId: args.ownerId,
    storageClass: args.storageClass,
    algorithm: args.checksum.algorithm,
    type: args.checksum.type,
    isAsked: args.checksum.isAsked ? 1 : 0,
    headers: args.headers,
    tags: args.tags,
  })
})
