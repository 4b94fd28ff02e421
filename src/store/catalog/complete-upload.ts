// A multipart upload becomes an object: its list of parts is checked, its body gets a size, and a version names it. No byte moves,
// and but for parts that are left out the number of rows written is the same for 1 part and for 10,000.

import { createHash } from 'node:crypto'
import type { Checksum } from '../../contract/claims.js'
import { combineCrc } from '../../contract/crc.js'
import {
  listedParts,
  requireListedChecksums,
  requireObjectClaims,
  type ListedPart,
  type ObjectClaims,
  type StoredPart,
  type UploadChecksum,
} from '../../contract/multipart.js'
import type { WriteConditions } from '../../contract/preconditions.js'
import { digestOf } from '../blobs/digests.js'
import { deleteUpload } from './abort-upload.js'
import { packPartEnds } from './completed-parts.js'
import { requireBucket } from './find-bucket.js'
import { checksumOf, findUpload, noSuchUpload, type Upload, type UploadName } from './find-upload.js'
import { forgetBody } from './forget-body.js'
import { insertVersion } from './insert-version.js'
import { nextNumber } from './next-number.js'
import { one, run, statement, transaction, type Steps } from './steps.js'

/** Which upload, and what it is to be. */
export interface CompleteUpload extends UploadName {
  /** In ascending order, at least one: `requirePartList`. */
  readonly parts: readonly ListedPart[]
  readonly claims: ObjectClaims
  readonly onlyIf: WriteConditions
  /** Ms since 1970. */
  readonly now: number
}

/** The object that came of an upload: kept, so that a repeated request gets the same answer. */
export interface CompletedUpload {
  /** Without quotes. */
  readonly etag: string
  readonly checksum: Checksum
  /** Undefined in a bucket that never had versioning. */
  readonly versionId: string | undefined
}

interface StoredPartRow extends StoredPart {
  readonly partBodyId: number
}

type PartColumns = readonly [number: number, partBodyId: number, size: number, etag: string, checksum: string]

// As one text: rows with two Buffers each would be 20,000 objects for the garbage collector, in the thread that everybody's writes wait for.
const partsOf = statement<{ bodyId: number }, { parts: string }>(`
  SELECT json_group_array(json_array(number, part_body_id, size, lower(hex(md5)), lower(hex(checksum)))) AS parts
  FROM (SELECT number, part_body_id, size, md5, checksum FROM part WHERE body_id = :bodyId ORDER BY number)`)

const deletePart = statement<{ bodyId: number; number: number }>(
  'DELETE FROM part WHERE body_id = :bodyId AND number = :number',
)

const finishBody = statement<{ bodyId: number; size: number; partEnds: Uint8Array }>(
  'UPDATE body SET size = :size, part_ends = :partEnds WHERE id = :bodyId',
)

const insertCompleted = statement<{
  uploadId: string
  bucketId: number
  key: Uint8Array
  position: number
  partList: Uint8Array
  answer: string
  number: number
}>(`
  INSERT INTO completed_upload (id, bucket_id, key, position, part_list, answer, number)
  VALUES (:uploadId, :bucketId, :key, :position, :partList, :answer, :number)`)

const completed = statement<
  { uploadId: string; bucketId: number; key: Uint8Array; partList: Uint8Array },
  { answer: string }
>(`
  SELECT answer FROM completed_upload
  WHERE id = :uploadId AND bucket_id = :bucketId AND key = :key AND part_list = :partList`)

/** Makes an upload the latest version of its key. The same request again gets the same answer.
 *  @throws NoSuchBucket, NoSuchUpload, InvalidPart, EntityTooSmall, BadDigest, InvalidRequest, and what the conditions refuse */
export const completeUpload = transaction('completeUpload', function* (args: CompleteUpload) {
  const bucket = yield* requireBucket(args.bucket)
  const key = Buffer.from(args.key, 'utf8')
  const partList = digestOfList(args.parts)
  const upload = yield* findUpload(bucket.id, args)
  if (upload === undefined) {
    const before = yield* one(completed, { uploadId: args.uploadId, bucketId: bucket.id, key, partList })
    if (before === undefined) throw noSuchUpload(args.uploadId)
    // Written below, from this very type.
    return JSON.parse(before.answer) as CompletedUpload
  }
  const uploadChecksum = checksumOf(upload)
  const stored = yield* storedParts(upload.bodyId)
  const parts = listedParts(args.uploadId, uploadChecksum, args.parts, stored)
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  const checksum = objectChecksum(uploadChecksum, parts)
  requireObjectClaims(args.claims, size, checksum, parts.length)
  requireListedChecksums(uploadChecksum, args.parts)

  const number = yield* nextNumber()
  const etag = multipartETag(parts)
  const version = yield* insertVersion({
    bucket,
    key,
    number,
    now: args.now,
    kind: 'complete',
    onlyIf: args.onlyIf,
    bodyId: upload.bodyId,
    size,
    etag,
    storageClass: upload.storageClass,
    ownerId: upload.ownerId,
    checksum,
    headers: upload.headers,
    tags: upload.tags,
    acl: upload.acl,
  })
  yield* finishBodyOf(upload, stored, parts, size)
  yield* run(deleteUpload, { uploadId: args.uploadId })
  const answer: CompletedUpload = { etag, checksum, versionId: version.versionId }
  yield* run(insertCompleted, {
    uploadId: args.uploadId,
    bucketId: bucket.id,
    key,
    position: version.position,
    partList,
    answer: JSON.stringify(answer),
    number,
  })
  return answer
})

function* storedParts(bodyId: number): Steps<StoredPartRow[]> {
  const answer = yield* one(partsOf, { bodyId })
  // The statement builds arrays of exactly the columns `PartColumns` names.
  const rows = answer === undefined ? [] : (JSON.parse(answer.parts) as PartColumns[])
  return rows.map(([number, partBodyId, size, etag, checksum]) => ({ number, partBodyId, size, etag, checksum }))
}

/** Gives the body its size and the ends of its parts; parts that were not listed lose their place. */
function* finishBodyOf(
  { bodyId }: Upload,
  stored: readonly StoredPartRow[],
  parts: readonly StoredPartRow[],
  size: number,
): Steps<void> {
  if (parts.length < stored.length) {
    const isKept = new Set(parts)
    for (const part of stored) {
      if (isKept.has(part)) continue
      yield* run(deletePart, { bodyId, number: part.number })
      yield* forgetBody(part.partBodyId)
    }
  }
  yield* run(finishBody, { bodyId, size, partEnds: packPartEnds(parts) })
}

/** "The ETag … is the MD5 of the concatenated MD5s of its parts", and how many there were. */
function multipartETag(parts: readonly StoredPartRow[]): string {
  const md5s = Buffer.from(parts.map((part) => part.etag).join(''), 'hex')
  return `${createHash('md5').update(md5s).digest('hex')}-${parts.length}`
}

/** A full object's checksum by arithmetic on those of its parts; a composite one is the checksum of their checksums, and how many. */
function objectChecksum({ algorithm, type }: UploadChecksum, parts: readonly StoredPartRow[]): Checksum {
  const checksums = Buffer.from(parts.map((part) => part.checksum).join(''), 'hex')
  if (type === 'COMPOSITE')
    return { algorithm, type, value: `${base64(digestOf(algorithm, checksums))}-${parts.length}` }
  if (algorithm !== 'CRC32' && algorithm !== 'CRC32C' && algorithm !== 'CRC64NVME') {
    throw new Error(`${algorithm} cannot be combined`) // `uploadChecksum` lets no such upload be made
  }
  const bytes = checksums.length / parts.length
  const crcs = parts.map(({ size }, i) => ({ value: checksums.subarray(i * bytes, (i + 1) * bytes), size }))
  return { algorithm, type, value: base64(combineCrc(algorithm, crcs)) }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** Tells one list of parts from another: numbers and ETags. */
function digestOfList(parts: readonly ListedPart[]): Uint8Array {
  const text = parts.map(({ number, etag }) => `${number} ${etag.toLowerCase()}\n`).join('')
  return createHash('sha256').update(text).digest()
}
