// A part of an upload is named, or named anew.

import type { ChecksumAlgorithm } from '../../contract/claims.js'
import type { Draft } from '../blobs/draft.js'
import type { BucketRow } from './find-bucket.js'
import { requireUpload, type Upload, type UploadName } from './find-upload.js'
import { forgetBody } from './forget-body.js'
import { countInQuotas, quotasOn, requireRoom } from './meter.js'
import { nameDraft } from './name-draft.js'
import { lastNumber } from './next-number.js'
import { one, run, statement, transaction, type Steps } from './steps.js'

/** A part's digests. Structured-clonable. */
export interface PartDigests {
  /** 16 bytes. */
  readonly md5: Uint8Array
  readonly checksumAlgorithm: ChecksumAlgorithm
  /** Raw bytes. */
  readonly checksum: Uint8Array
}

/** A part whose bytes were sent. */
export interface PutPart extends UploadName, PartDigests {
  readonly number: number
  readonly draft: Draft
  /** Ms since 1970. */
  readonly now: number
}

const oldBody = statement<{ bodyId: number; number: number }, { id: number; size: number }>(
  'SELECT part_body_id AS id, size FROM part WHERE body_id = :bodyId AND number = :number',
)

const upsert = statement<{
  bodyId: number
  number: number
  partBodyId: number
  size: number
  md5: Uint8Array
  modified: number
  algorithm: string
  checksum: Uint8Array
}>(`
  INSERT INTO part (body_id, number, part_body_id, size, md5, modified, checksum_algorithm, checksum)
  VALUES (:bodyId, :number, :partBodyId, :size, :md5, :modified, :algorithm, :checksum)
  ON CONFLICT (body_id, number) DO UPDATE SET part_body_id = excluded.part_body_id, size = excluded.size, md5 = excluded.md5,
    modified = excluded.modified, checksum_algorithm = excluded.checksum_algorithm, checksum = excluded.checksum`)

/** Names a draft as part of an upload. The last one to arrive under a number is the part.
 *  @throws NoSuchBucket, NoSuchUpload (it was completed or aborted meanwhile), QuotaExceeded: the draft is still the caller's then */
export const putPart = transaction('putPart', function* (args: PutPart) {
  const upload = yield* requireUpload(args)
  // No change of the feed: files whose place it takes ceased to be named after the newest one.
  const body = yield* nameDraft(args.draft, yield* lastNumber())
  yield* setPart(upload, args.number, body.bodyId, args.draft.size, args, args.now)
})

/** Makes a stored body the part of that number.
 *  @throws QuotaExceeded */
export function* setPart(
  { bodyId, bucketId, isMetered }: Pick<Upload, 'bodyId' | 'bucketId'> & Pick<BucketRow, 'isMetered'>,
  number: number,
  partBodyId: number,
  size: number,
  { md5, checksumAlgorithm, checksum }: PartDigests,
  now: number,
): Steps<void> {
  const old = yield* one(oldBody, { bodyId, number })
  const part = { bodyId, number, partBodyId, size, md5, modified: now, algorithm: checksumAlgorithm, checksum }
  yield* run(upsert, part)
  if (isMetered === 1) {
    const quotas = yield* quotasOn(bucketId)
    yield* countInQuotas(bucketId, size - (old?.size ?? 0), 0)
    yield* requireRoom(bucketId, quotas)
  }
  if (old !== undefined && old.id !== partBodyId) yield* forgetBody(old.id)
}
