// Every body with the names it goes by: what `cairn check` compares with the bytes.

import { all, one, query, statement, type Steps } from './steps.js'
import type { StoredBlob } from './stored-blobs.js'

/** What a version, or a part, says of the bytes of its body. Several rows that say the same are one name. */
export type BodyName = {
  readonly of: 'version' | 'part'
  /** Version: bare. Part: MD5 in hex. */
  readonly etag: string
  readonly algorithm: string | null
  readonly type: string | null
  /** Version: base64, as in the header. Part: hex. */
  readonly checksum: string | null
}

/** A run of a plain body's bytes. */
export interface StoredExtent {
  readonly start: number
  readonly length: number
  /** Where it begins in the blob. */
  readonly blobOffset: number
  readonly blobId: number
  /** Nothing when it has no place on this disk. */
  readonly blob: StoredBlob | undefined
}

/** A body in blob files. */
export interface PlainBody {
  readonly extents: readonly StoredExtent[]
  readonly names: readonly BodyName[]
}

/** A part of a composite body. */
export type StoredPartRow = {
  readonly number: number
  /** Bytes. */
  readonly size: number
  /** 16 bytes. */
  readonly md5: Uint8Array
  readonly algorithm: string
  /** Raw bytes. */
  readonly checksum: Uint8Array
}

type Id = { bodyId: number }

const versionNames = statement<Id, BodyName>(`
  SELECT DISTINCT 'version' AS of, etag, checksum_algorithm AS algorithm, checksum_type AS type, checksum
  FROM version WHERE body_id = :bodyId AND gone IS NULL`)
const partNames = statement<Id, BodyName>(`
  SELECT DISTINCT 'part' AS of, lower(hex(md5)) AS etag, checksum_algorithm AS algorithm, 'FULL_OBJECT' AS type,
    lower(hex(checksum)) AS checksum
  FROM part WHERE part_body_id = :bodyId`)

// Bodies that begin with the same blob come one after the other: most of them are the same bytes.
const plains = statement<{ blobId: number; bodyId: number; limit: number }, { blobId: number; bodyId: number }>(`
  SELECT blob_id AS "blobId", body_id AS "bodyId" FROM extent
  WHERE (blob_id, body_id) > (:blobId, :bodyId) AND start = 0 ORDER BY blob_id, body_id LIMIT :limit`)

type ExtentRow = Omit<StoredExtent, 'blob'> & Omit<StoredBlob, 'location' | 'id'> & { location: string | null }
const extents = statement<Id, ExtentRow>(`
  SELECT e.start, e.length, e.blob_offset AS "blobOffset", e.blob_id AS "blobId", b.digest, b.size, b.block_crcs AS "blockCrcs",
    p.location, p.wrapping, EXISTS (SELECT 1 FROM damage WHERE blob_id = b.id) AS "isDamaged"
  FROM extent e JOIN blob b ON b.id = e.blob_id LEFT JOIN place p ON p.blob_id = b.id AND p.tier = 'local'
  WHERE e.body_id = :bodyId ORDER BY e.start`)

const composites = statement<{ after: number; limit: number }, Id>(
  'SELECT id AS "bodyId" FROM body WHERE part_ends IS NOT NULL AND id > :after ORDER BY id LIMIT :limit',
)
const parts = statement<Id, StoredPartRow>(`
  SELECT number, size, md5, checksum_algorithm AS algorithm, checksum FROM part WHERE body_id = :bodyId ORDER BY number`)

type Count = { count: number; bytes: number | null }
const counts = {
  small: statement<Record<string, never>, Count>(
    'SELECT count(*) AS count, sum(size) AS bytes FROM body WHERE content IS NOT NULL',
  ),
  plain: statement<Record<string, never>, Count>(
    'SELECT count(CASE start WHEN 0 THEN 1 END) AS count, sum(length) AS bytes FROM extent',
  ),
  composite: statement<Record<string, never>, Count>(
    'SELECT count(*) AS count, sum(size) AS bytes FROM body WHERE part_ends IS NOT NULL',
  ),
}

/** How many bodies of a kind there are, and their bytes. */
export const countBodies = query('countBodies', function* (kind: keyof typeof counts) {
  const row = yield* one(counts[kind], {})
  return { count: row?.count ?? 0, bytes: row?.bytes ?? 0 }
})

/** What living versions, and parts, say of a body's bytes. */
export function* namesOf(bodyId: number): Steps<readonly BodyName[]> {
  return [...(yield* all(versionNames, { bodyId })), ...(yield* all(partNames, { bodyId }))]
}

/** Plain bodies in the order of the blobs they begin with, after a given one. */
export const plainBodiesAfter = query('plainBodiesAfter', (args: { blobId: number; bodyId: number; limit: number }) =>
  all(plains, args),
)

/** A plain body; without extents when it is gone. */
export const plainBody = query('plainBody', function* ({ bodyId }: Id): Steps<PlainBody> {
  const rows = yield* all(extents, { bodyId })
  return {
    extents: rows.map(({ start, length, blobOffset, blobId, location, ...blob }) => ({
      start,
      length,
      blobOffset,
      blobId,
      blob: location === null ? undefined : { id: blobId, location, ...blob },
    })),
    names: rows.length === 0 ? [] : yield* namesOf(bodyId),
  }
})

/** Completed composite bodies in the order of their ids. */
export const compositesAfter = query('compositesAfter', ({ after, limit }: { after: number; limit: number }) =>
  all(composites, { after, limit }),
)

/** A composite body. */
export const compositeBody = query('compositeBody', function* ({ bodyId }: Id) {
  return { parts: yield* all(parts, { bodyId }), names: yield* all(versionNames, { bodyId }) }
})
