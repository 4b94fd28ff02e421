// A part of an upload made of bytes that are stored already: it names their body, or the same blobs again. No byte moves.

import { requireUpload, type UploadName } from './find-upload.js'
import type { Slice } from './part-source.js'
import { setPart, type PartDigests } from './put-part.js'
import { one, run, statement, transaction, type Steps } from './steps.js'

/** Which version is copied from, as it was found before. */
export interface PartSource {
  readonly bucketId: number
  readonly key: string
  readonly position: number
  readonly bodyId: number
}

/** A part that is a whole body, or slices of plain ones. */
export interface CopyPart extends UploadName, PartDigests {
  readonly number: number
  readonly source: PartSource
  readonly from: { readonly wholeBodyId: number } | { readonly slices: readonly Slice[] }
  /** Bytes. */
  readonly size: number
  /** Ms since 1970. */
  readonly now: number
}

const stillThere = statement<{ bodyId: number; bucketId: number; key: Uint8Array; position: number }, { id: number }>(`
  SELECT id FROM version
  WHERE body_id = :bodyId AND bucket_id = :bucketId AND key = :key AND position = :position LIMIT 1`)

const insertBody = statement<{ size: number }, { id: number }>('INSERT INTO body (size) VALUES (:size) RETURNING id')

const insertExtents = statement<{ bodyId: number; at: number; sourceId: number; start: number; end: number }>(`
  INSERT INTO extent (body_id, start, length, blob_id, blob_offset)
  SELECT :bodyId, :at + max(start, :start) - :start, min(start + length, :end) - max(start, :start), blob_id,
    blob_offset + max(start, :start) - start
  FROM extent WHERE body_id = :sourceId AND start < :end AND start + length > :start`)

const extentBytes = statement<{ bodyId: number }, { bytes: number | null }>(
  'SELECT sum(length) AS bytes FROM extent WHERE body_id = :bodyId',
)

/** Makes a part of stored bytes.
 *  @returns false when the source is no longer there: look for it again
 *  @throws NoSuchBucket, NoSuchUpload, QuotaExceeded */
export const copyPart = transaction('copyPart', function* (args: CopyPart) {
  const upload = yield* requireUpload(args)
  const { bucketId, key, position, bodyId } = args.source
  // A body's id alone may be another's by now; as long as the version has its row, the body is what it was.
  const version = yield* one(stillThere, { bodyId, bucketId, key: Buffer.from(key, 'utf8'), position })
  if (version === undefined) return false
  const partBodyId = 'slices' in args.from ? yield* bodyOfSlices(args.from.slices, args.size) : args.from.wholeBodyId
  yield* setPart(upload, args.number, partBodyId, args.size, args, args.now)
  return true
})

function* bodyOfSlices(slices: readonly Slice[], size: number): Steps<number> {
  const body = yield* one(insertBody, { size })
  if (body === undefined) throw new Error('INSERT … RETURNING answers its row')
  let at = 0
  for (const { bodyId: sourceId, start, end } of slices) {
    yield* run(insertExtents, { bodyId: body.id, at, sourceId, start, end })
    at += end - start
  }
  const made = yield* one(extentBytes, { bodyId: body.id })
  if (made?.bytes !== size) throw new Error(`A part of ${size} bytes got extents of ${made?.bytes ?? 0}`)
  return body.id
}
