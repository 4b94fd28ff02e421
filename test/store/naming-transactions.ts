// The least that gives a draft a name: what tests of the store alone put into a catalog. The rooms have their own, richer ones.

import { createHash } from 'node:crypto'
import { appendChange } from '../../src/store/catalog/append-change.js'
import { nextNumber } from '../../src/store/catalog/next-number.js'
import { one, run, statement, type Steps, transaction } from '../../src/store/catalog/steps.js'
import { transactions as real } from '../../src/store/catalog/transactions.js'
import type { Draft } from '../../src/store/blobs/draft.js'

type Id = { id: number }

const insertSmall = statement<{ size: number; digest: Uint8Array; content: Uint8Array; crc: number }, Id>(`
  INSERT INTO body (size, digest, content, crc) VALUES (:size, :digest, :content, :crc)
  ON CONFLICT (digest) WHERE digest IS NOT NULL DO UPDATE SET size = excluded.size RETURNING id`)
const insertBody = statement<{ size: number; partEnds: Uint8Array | null }, Id>(
  'INSERT INTO body (size, part_ends) VALUES (:size, :partEnds) RETURNING id',
)
const findBlob = statement<{ digest: Uint8Array }, Id>('SELECT id FROM blob WHERE digest = :digest')
const insertBlob = statement<{ digest: Uint8Array; size: number; crcs: Uint8Array }, Id>(
  'INSERT INTO blob (digest, size, block_crcs) VALUES (:digest, :size, :crcs) RETURNING id',
)
const insertPlace = statement<{ id: number; location: string }>(
  "INSERT INTO place (blob_id, tier, location) VALUES (:id, 'local', :location)",
)
const insertRemoval = statement<{ location: string; number: number }>(
  "INSERT INTO removal (tier, location, number) VALUES ('local', :location, :number)",
)
const insertExtent = statement<{ bodyId: number; start: number; length: number; blobId: number; offset: number }>(`
  INSERT INTO extent (body_id, start, length, blob_id, blob_offset) VALUES (:bodyId, :start, :length, :blobId, :offset)`)
const insertPart = statement<{
  bodyId: number
  number: number
  partBodyId: number
  size: number
  md5: Uint8Array
  checksum: Uint8Array
}>(`
  INSERT INTO part (body_id, number, part_body_id, size, md5, modified, checksum_algorithm, checksum)
  VALUES (:bodyId, :number, :partBodyId, :size, :md5, 1, 'CRC64NVME', :checksum)`)
const insertBucket = statement<Record<string, never>>(`
  INSERT INTO bucket (id, name, owner_id, region, created)
  SELECT 1, 'trial', (SELECT min(id) FROM account), 'us-east-1', 1 WHERE NOT EXISTS (SELECT 1 FROM bucket)`)
const findLatest = statement<{ key: Uint8Array }, { id: number; bodyId: number; size: number }>(`
  SELECT id, body_id AS bodyId, size FROM version WHERE bucket_id = 1 AND key = :key AND gone IS NULL`)
const endVersion = statement<{ id: number; number: number }>(
  'UPDATE version SET gone = :number, is_latest = 0 WHERE id = :id',
)
const insertVersion = statement<{
  key: Uint8Array
  number: number
  bodyId: number
  size: number
  etag: string
  algorithm: string | null
  checksum: string | null
}>(`
  INSERT INTO version (bucket_id, key, position, is_null, is_marker, is_latest, born, body_id, size, etag, modified, storage_class, owner_id,
    checksum_algorithm, checksum_type, checksum)
  VALUES (1, :key, :number, 1, 0, 1, :number, :bodyId, :size, :etag, 1, 'STANDARD', 'owner', :algorithm,
    CASE WHEN :algorithm IS NULL THEN NULL ELSE 'FULL_OBJECT' END, :checksum)`)

function* nameDraft(draft: Draft): Steps<number> {
  const { content, size } = draft
  if (content.kind === 'small') {
    const { digest, bytes, crc } = content
    return (yield* one(insertSmall, { size, digest, content: bytes, crc }))?.id ?? 0
  }
  const bodyId = (yield* one(insertBody, { size, partEnds: null }))?.id ?? 0
  let start = 0
  for (const { digest, size: length, blockCrcs, location } of content.blobs) {
    let blobId = (yield* one(findBlob, { digest }))?.id
    if (blobId === undefined) {
      blobId = (yield* one(insertBlob, { digest, size: length, crcs: blockCrcs }))?.id ?? 0
      yield* run(insertPlace, { id: blobId, location })
    } else {
      yield* run(insertRemoval, { location, number: yield* nextNumber() })
    }
    yield* run(insertExtent, { bodyId, start, length, blobId, offset: 0 })
    start += length
  }
  return bodyId
}

/** What a version says of its bytes: its ETag, and base64 of their CRC64NVME. */
interface Said {
  readonly etag: string
  readonly checksum?: string | undefined
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const saidOf = ({ md5, checksums }: Draft): Said => ({ etag: hex(md5), checksum: checksums.CRC64NVME })

function* nameVersion(key: string, bodyId: number | undefined, size: number, said: Said = { etag: '' }): Steps<void> {
  const bytes = new Uint8Array(Buffer.from(key))
  const number = yield* nextNumber()
  yield* run(insertBucket, {})
  const latest = yield* one(findLatest, { key: bytes })
  if (latest !== undefined) yield* run(endVersion, { id: latest.id, number })
  if (bodyId !== undefined) {
    const { etag, checksum = null } = said
    const algorithm = checksum === null ? null : 'CRC64NVME'
    yield* run(insertVersion, { key: bytes, number, bodyId, size, etag, algorithm, checksum })
  }
  const [before, after] = [latest === undefined ? 0 : 1, bodyId === undefined ? 0 : 1]
  yield* appendChange({
    number,
    time: 1,
    kind: bodyId === undefined ? 'delete' : 'put',
    bucketId: 1,
    key: bytes,
    position: number,
    bornBody: bodyId ?? null,
    goneBody: latest?.bodyId ?? null,
    objects: after - before,
    versions: after - before,
    bytes: size - (latest?.size ?? 0),
  })
}

/** Puts a draft under a key, in place of what was there. Answers the body's id. */
export const putTrial = transaction('putTrial', function* ({ key, draft }: { key: string; draft: Draft }) {
  const bodyId = yield* nameDraft(draft)
  yield* nameVersion(key, bodyId, draft.size, saidOf(draft))
  return bodyId
})

/** Puts drafts under a key as the parts 2, 4, 6, … of a composite body. */
export const putParts = transaction('putParts', function* ({ key, drafts }: { key: string; drafts: readonly Draft[] }) {
  const ends = new DataView(new ArrayBuffer(drafts.length * 12))
  let size = 0
  for (const [i, draft] of drafts.entries()) {
    size += draft.size
    ends.setUint32(i * 12, (i + 1) * 2)
    ends.setBigUint64(i * 12 + 4, BigInt(size))
  }
  const bodyId = (yield* one(insertBody, { size, partEnds: new Uint8Array(ends.buffer) }))?.id ?? 0
  for (const [i, draft] of drafts.entries()) {
    const partBodyId = yield* nameDraft(draft)
    const checksum = new Uint8Array(Buffer.from(draft.checksums.CRC64NVME ?? '', 'base64'))
    yield* run(insertPart, { bodyId, number: (i + 1) * 2, partBodyId, size: draft.size, md5: draft.md5, checksum })
  }
  const md5s = Buffer.concat(drafts.map(({ md5 }) => md5))
  yield* nameVersion(key, bodyId, size, { etag: `${createHash('md5').update(md5s).digest('hex')}-${drafts.length}` })
  return bodyId
})

/** Puts a plain body under a key that is made of slices of another body's first blob; `md5` is that of the slices. */
export const putSlices = transaction(
  'putSlices',
  function* ({
    key,
    bodyId: from,
    slices,
    md5,
  }: {
    key: string
    bodyId: number
    slices: readonly [offset: number, length: number][]
    md5: Uint8Array
  }) {
    const blobId = (yield* one(firstBlob, { from }))?.id ?? 0
    const size = slices.reduce((sum, [, length]) => sum + length, 0)
    const bodyId = (yield* one(insertBody, { size, partEnds: null }))?.id ?? 0
    let start = 0
    for (const [offset, length] of slices) {
      yield* run(insertExtent, { bodyId, start, length, blobId, offset })
      start += length
    }
    yield* nameVersion(key, bodyId, size, { etag: hex(md5) })
    return bodyId
  },
)
const firstBlob = statement<{ from: number }, Id>(
  'SELECT blob_id AS id FROM extent WHERE body_id = :from AND start = 0',
)

/** Ends the version of a key. */
export const deleteTrial = transaction('deleteTrial', ({ key }: { key: string }) => nameVersion(key, undefined, 0))

/** What the writer thread of a test's store finds by name. */
export const transactions = new Map([
  ...real,
  ...[putTrial, putParts, putSlices, deleteTrial].map((each) => [each.name, each] as const),
])
