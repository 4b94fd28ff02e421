// The parts of a completed multipart body: what partNumber reads, GetObjectAttributes and part copies ask for.

import type { ChecksumAlgorithm } from '../../contract/claims.js'
import { partEndAt, partEndSizeBytes } from './body-extents.js'
import { all, one, statement, type Steps } from './steps.js'

/** Where a part lies in its object. Structured-clonable. */
export interface PartPlace {
  readonly number: number
  /** First byte in the object. */
  readonly start: number
  /** Bytes. */
  readonly size: number
}

/** A part of a completed body. Structured-clonable. */
export interface CompletedPart extends PartPlace {
  /** Small or plain. */
  readonly bodyId: number
  /** 16 bytes. */
  readonly md5: Uint8Array
  readonly checksumAlgorithm: ChecksumAlgorithm
  /** Raw bytes. */
  readonly checksum: Uint8Array
}

interface PartRow {
  number: number
  bodyId: number
  size: number
  md5: Uint8Array
  checksumAlgorithm: ChecksumAlgorithm
  checksum: Uint8Array
}

const endsOf = statement<{ bodyId: number }, { partEnds: Uint8Array | null }>(`
  SELECT part_ends AS "partEnds" FROM body WHERE id = :bodyId`)

const partsOf = statement<{ bodyId: number; first: number; count: number }, PartRow>(`
  SELECT number, part_body_id AS "bodyId", size, md5, checksum_algorithm AS "checksumAlgorithm", checksum
  FROM part WHERE body_id = :bodyId AND number >= :first ORDER BY number LIMIT :count`)

/** Packs where parts end, for `body.part_ends`.
 *  @param parts in order; sizes in bytes */
export function packPartEnds(parts: readonly { readonly number: number; readonly size: number }[]): Uint8Array {
  const packed = new Uint8Array(parts.length * partEndSizeBytes)
  const view = new DataView(packed.buffer)
  let end = 0
  for (const [i, part] of parts.entries()) {
    end += part.size
    view.setUint32(i * partEndSizeBytes, part.number)
    view.setBigUint64(i * partEndSizeBytes + 4, BigInt(end))
  }
  return packed
}

/** Where each part lies, from `body.part_ends`. */
export function unpackPartEnds(packed: Uint8Array): PartPlace[] {
  const places: PartPlace[] = []
  let start = 0
  for (let i = 0; i * partEndSizeBytes < packed.byteLength; i += 1) {
    const { number, end } = partEndAt(packed, i)
    places.push({ number, start, size: end - start })
    start = end
  }
  return places
}

/** Where each part of a body lies; undefined when the body was not made by CompleteMultipartUpload. */
export function* partPlaces(bodyId: number): Steps<PartPlace[] | undefined> {
  const packed = (yield* one(endsOf, { bodyId }))?.partEnds
  return packed === null || packed === undefined ? undefined : unpackPartEnds(packed)
}

/** Parts of a completed body in order, or undefined when it was not made by CompleteMultipartUpload.
 *  @param window only parts from number `first` on, at most `count`; all when left out */
export function* completedParts(
  bodyId: number,
  window: { readonly first: number; readonly count: number } = { first: 1, count: -1 },
): Steps<{ readonly count: number; readonly parts: CompletedPart[] } | undefined> {
  const places = yield* partPlaces(bodyId)
  if (places === undefined) return undefined
  const rows = yield* all(partsOf, { bodyId, ...window })
  const starts = new Map(places.map((place) => [place.number, place.start]))
  return { count: places.length, parts: rows.map((row) => Object.assign(row, { start: starts.get(row.number) ?? 0 })) }
}

/** One part of a completed body and how many there are; undefined when the body was not made by CompleteMultipartUpload, `part` when it has none
 *  of that number. */
export function* completedPart(
  bodyId: number,
  number: number,
): Steps<{ readonly count: number; readonly part: CompletedPart | undefined } | undefined> {
  const found = yield* completedParts(bodyId, { first: number, count: 1 })
  if (found === undefined) return undefined
  const part = found.parts[0]
  return { count: found.count, part: part?.number === number ? part : undefined }
}
