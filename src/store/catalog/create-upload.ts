// A multipart upload begins: a composite body without a size, and the row that says what will become of it.

import type { WantedList } from '../../contract/acl.js'
import type { UploadChecksum } from '../../contract/multipart.js'
import { requireBucket } from './find-bucket.js'
import type { UploadName } from './find-upload.js'
import { newObjectAccess } from './new-object-access.js'
import { one, run, statement, transaction } from './steps.js'

/** What the object will be. */
export interface CreateUpload extends UploadName {
  /** Ms since 1970; the id was made of it. */
  readonly now: number
  /** Canonical user id of who writes: the owner, where the bucket does not say otherwise. */
  readonly ownerId: string
  /** The list that is wanted for the object; none when left out. */
  readonly list?: WantedList | undefined
  /** Who begins it, where that is not the owner. */
  readonly initiator?: Initiator | undefined
  readonly storageClass: string
  readonly checksum: UploadChecksum
  /** JSON, as in `version`. */
  readonly headers: string | null
  /** JSON, as in `version`. */
  readonly tags: string | null
}

/** S3's Initiator: canonical user id and name of an account, or ARN and name of a user or session. JSON as it is. */
export interface Initiator {
  readonly id: string
  readonly name: string
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
  acl: string | null
  initiator: string | null
}>(`
  INSERT INTO upload (id, bucket_id, key, body_id, initiated, owner_id, storage_class, checksum_algorithm, checksum_type,
    is_checksum_asked, headers, tags, acl, initiator)
  VALUES (:id, :bucketId, :key, :bodyId, :initiated, :ownerId, :storageClass, :algorithm, :type, :isAsked, :headers, :tags, :acl,
    :initiator)`)

/** Begins an upload.
 *  @throws NoSuchBucket, and as `newObjectAccess` */
export const createUpload = transaction('createUpload', function* (args: CreateUpload) {
  const bucket = yield* requireBucket(args.bucket)
  const access = yield* newObjectAccess(bucket, args)
  const body = yield* one(insertBody, {})
  if (body === undefined) throw new Error('INSERT … RETURNING answers its row')
  yield* run(insertUpload, {
    id: args.uploadId,
    bucketId: bucket.id,
    key: Buffer.from(args.key, 'utf8'),
    bodyId: body.id,
    initiated: args.now,
    ...access,
    storageClass: args.storageClass,
    algorithm: args.checksum.algorithm,
    type: args.checksum.type,
    isAsked: args.checksum.isAsked ? 1 : 0,
    headers: args.headers,
    tags: args.tags,
    initiator: args.initiator === undefined ? null : JSON.stringify(args.initiator),
  })
})
