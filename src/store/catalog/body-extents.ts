// Where the bytes of a body are: blob files, or rows of the catalog for small parts of a composite.

import { all, one, query, statement, type Steps } from './steps.js'

/** A run of a body's bytes that lie together in one blob file. */
export interface FileExtent {
  /** Where it begins in the body, bytes. */
  readonly start: number
  readonly length: number
  /** Where it begins in the blob, bytes. */
  readonly blobOffset: number
  /** SHA-256 of the blob. */
  readonly digest: Uint8Array
  /** Of the blob, bytes. */
  readonly blobSize: number
  readonly blockCrcs: Uint8Array
  /** Below `blobs/`. */
  readonly location: string
}

/** A small part of a body, content and all. */
export interface ContentExtent {
  readonly start: number
  readonly length: number
  readonly content: Uint8Array
  readonly crc: number
}

export type BodyExtent = FileExtent | ContentExtent

/** A part of a completed composite body as packed in `body.part_ends`. */
export interface PartEnd {
  readonly number: number
  /** Where the part ends in the body, bytes. */
  readonly end: number
}

/** Bytes of one part in `part_ends`: number (4) and end offset (8), big-endian. */
export const partEndSizeBytes = 12

/** Reads entry `index` of packed part ends. */
export function partEndAt(packed: Uint8Array, index: number): PartEnd {
  const view = new DataView(packed.buffer, packed.byteOffset + index * partEndSizeBytes, partEndSizeBytes)
  return { number: view.getUint32(0), end: view.getUint32(4) * 2 ** 32 + view.getUint32(8) }
}

const bodyKind = statement<
  { bodyId: number },
  { size: number | null; content: Uint8Array | null; crc: number | null; partEnds: Uint8Array | null }
>('SELECT size, content, crc, part_ends AS partEnds FROM body WHERE id = :bodyId')

const extentsFrom = statement<{ bodyId: number; from: number; to: number; limit: number }, FileExtent>(`
  SELECT e.start, e.length, e.blob_offset AS blobOffset, b.digest, b.size AS blobSize, b.block_crcs AS blockCrcs, p.location
  FROM extent e JOIN blob b ON b.id = e.blob_id JOIN place p ON p.blob_id = b.id AND p.tier = 'local'
  WHERE e.body_id = :bodyId
    AND e.start >= COALESCE((SELECT max(start) FROM extent WHERE body_id = :bodyId AND start <= :from), 0)
    AND e.start < :to
  ORDER BY e.start LIMIT :limit`)

const partBody = statement<{ bodyId: number; number: number }, { bodyId: number }>(
  'SELECT part_body_id AS bodyId FROM part WHERE body_id = :bodyId AND number = :number',
)

/** Which extents of which body: those from the one that holds byte `from` to the one before byte `to`, `limit` at most. */
export interface BodyExtentsArguments {
  readonly bodyId: number
  readonly from: number
  readonly to: number
  readonly limit: number
}

/** The extents of a run of a body's bytes, in order; fewer than `limit` only when these are all.
 *  Throws (a plain Error) when the body, a part or a place is missing: the catalog is damaged then. */
export const bodyExtents = query('bodyExtents', function* ({ bodyId, from, to, limit }: BodyExtentsArguments): Steps<
  readonly BodyExtent[]
> {
  const body = yield* one(bodyKind, { bodyId })
  if (body === undefined) throw new Error(`The catalog has no body ${bodyId}`)
  if (body.partEnds === null) return yield* extentsOfPart(bodyId, body, 0, { from, to, limit })
  const found: BodyExtent[] = []
  const count = body.partEnds.length / partEndSizeBytes
  for (let i = firstPartPast(body.partEnds, from); i < count && found.length < limit; i += 1) {
    const start = i === 0 ? 0 : partEndAt(body.partEnds, i - 1).end
    const { number, end } = partEndAt(body.partEnds, i)
    if (start >= to) break
    if (end === start) continue
    const part = yield* one(partBody, { bodyId, number })
    const partKind = part && (yield* one(bodyKind, { bodyId: part.bodyId }))
    if (part === undefined || partKind === undefined) throw new Error(`Body ${bodyId} has lost its part ${number}`)
    const within = { from: Math.max(0, from - start), to: to - start, limit: limit - found.length }
    found.push(...(yield* extentsOfPart(part.bodyId, partKind, start, within)))
  }
  return found
})

/** Extents of a small or plain body that begins at byte `start` of the one asked for. */
function* extentsOfPart(
  bodyId: number,
  body: { content: Uint8Array | null; crc: number | null },
  start: number,
  within: { readonly from: number; readonly to: number; readonly limit: number },
): Steps<readonly BodyExtent[]> {
  if (body.content !== null) {
    return [{ start, length: body.content.length, content: body.content, crc: body.crc ?? 0 }]
  }
  const extents = yield* all(extentsFrom, { bodyId, ...within })
  return start === 0 ? extents : extents.map((extent) => ({ ...extent, start: start + extent.start }))
}

/** Index of the first part that ends behind byte `from`. */
function firstPartPast(packed: Uint8Array, from: number): number {
  let low = 0
  let high = packed.length / partEndSizeBytes
  while (low < high) {
    const middle = (low + high) >>> 1
    if (partEndAt(packed, middle).end > from) high = middle
    else low = middle + 1
  }
  return low
}
