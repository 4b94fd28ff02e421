// Every blob and every small body, in order: what the scrub and `cairn check` go through.

import { all, one, query, statement } from './steps.js'

/** A blob with a place on this disk. */
export type StoredBlob = {
  readonly id: number
  /** SHA-256, 32 bytes. */
  readonly digest: Uint8Array
  /** Bytes. */
  readonly size: number
  /** CRC32 of each 64 KiB block, 4 bytes big-endian each. */
  readonly blockCrcs: Uint8Array
  /** Below `blobs/`. */
  readonly location: string
  readonly wrapping: string | null
  /** Whether it is known to be damaged. */
  readonly isDamaged: 0 | 1
}

/** A body whose bytes are in the catalog. */
export type SmallBody = {
  readonly id: number
  /** SHA-256, 32 bytes. */
  readonly digest: Uint8Array
  readonly content: Uint8Array
  readonly crc: number
  /** Whether it is known to be damaged. */
  readonly isDamaged: 0 | 1
}

/** A page of them. */
export interface After {
  /** Ids above this one. */
  readonly after: number
  readonly limit: number
}

const blobColumns = `b.id, b.digest, b.size, b.block_crcs AS "blockCrcs", p.location, p.wrapping,
  EXISTS (SELECT 1 FROM damage WHERE blob_id = b.id) AS "isDamaged"`
const local = "FROM blob b JOIN place p ON p.blob_id = b.id AND p.tier = 'local'"
const blobs = statement<{ after: number; limit: number }, StoredBlob>(
  `SELECT ${blobColumns} ${local} WHERE b.id > :after ORDER BY b.id LIMIT :limit`,
)
const blob = statement<{ id: number }, StoredBlob>(`SELECT ${blobColumns} ${local} WHERE b.id = :id`)

const smallColumns = 'id, digest, content, crc, EXISTS (SELECT 1 FROM damage WHERE body_id = body.id) AS "isDamaged"'
const smalls = statement<{ after: number; limit: number }, SmallBody>(
  `SELECT ${smallColumns} FROM body WHERE content IS NOT NULL AND id > :after ORDER BY id LIMIT :limit`,
)

const small = statement<{ id: number }, SmallBody>(
  `SELECT ${smallColumns} FROM body WHERE content IS NOT NULL AND id = :id`,
)
const sizes = statement<Record<string, never>, { small: number | null; large: number | null }>(`
  SELECT (SELECT sum(size) FROM body WHERE content IS NOT NULL) AS small, (SELECT sum(size) FROM blob) AS large`)

/** Blobs in the order of their ids. */
export const blobsAfter = query('blobsAfter', ({ after, limit }: After) => all(blobs, { after, limit }))

/** A blob as it is now; nothing when it is gone, or has no place here. */
export const storedBlob = query('storedBlob', ({ id }: { readonly id: number }) => one(blob, { id }))

/** Small bodies in the order of their ids. */
export const smallBodiesAfter = query('smallBodiesAfter', ({ after, limit }: After) => all(smalls, { after, limit }))

/** A small body as it is now; nothing when it is gone. */
export const storedSmallBody = query('storedSmallBody', ({ id }: { readonly id: number }) => one(small, { id }))

/** Bytes of all blobs and small bodies: a look at every row. */
export const storedBytes = query('storedBytes', function* () {
  const row = yield* one(sizes, {})
  return (row?.small ?? 0) + (row?.large ?? 0)
})
