// Bytes that are durable get a name: a draft becomes a body. What is stored already is not stored twice: of two copies the one that was
// written and verified just now is kept, so that an upload heals what has been damaged since.

import type { Draft, DraftBlob } from '../blobs/draft.js'
import { forgetDamage } from './scrub-state.js'
import { insert, one, run, statement, type Steps } from './steps.js'

/** What is named of a draft: its digests need not cross to the writer. */
export type NamedDraft = Pick<Draft, 'size' | 'content'>

type Id = { id: number }

const smallBody = statement<{ digest: Uint8Array; content: Uint8Array; crc: number }, Id & { isIntact: number }>(`
  SELECT id, content = :content AND crc = :crc AS "isIntact" FROM body WHERE digest = :digest`)

const healSmall = statement<{ id: number; content: Uint8Array; crc: number }>(
  'UPDATE body SET content = :content, crc = :crc WHERE id = :id',
)

const insertSmall = statement<{ size: number; digest: Uint8Array; content: Uint8Array; crc: number }>(`
  INSERT INTO body (size, digest, content, crc) VALUES (:size, :digest, :content, :crc)
  ON CONFLICT (digest) WHERE digest IS NOT NULL DO NOTHING`)

const insertPlain = statement<{ size: number }>('INSERT INTO body (size) VALUES (:size)')

const storedBlob = statement<{ digest: Uint8Array }, { id: number; location: string | null }>(`
  SELECT id, location FROM blob LEFT JOIN place ON blob_id = id AND tier = 'local' WHERE digest = :digest`)

const insertBlob = statement<{ digest: Uint8Array; size: number; blockCrcs: Uint8Array }>(
  'INSERT INTO blob (digest, size, block_crcs) VALUES (:digest, :size, :blockCrcs)',
)

const replaceCrcs = statement<{ blobId: number; blockCrcs: Uint8Array }>(
  'UPDATE blob SET block_crcs = :blockCrcs WHERE id = :blobId AND block_crcs <> :blockCrcs',
)

const insertPlace = statement<{ blobId: number; location: string }>(
  "INSERT INTO place (blob_id, tier, location) VALUES (:blobId, 'local', :location)",
)

const replacePlace = statement<{ blobId: number; location: string }>(
  "UPDATE place SET location = :location WHERE blob_id = :blobId AND tier = 'local'",
)

const insertRemoval = statement<{ location: string; number: number }>(
  "INSERT INTO removal (tier, location, number) VALUES ('local', :location, :number)",
)

const insertExtent = statement<{ bodyId: number; start: number; length: number; blobId: number }>(`
  INSERT INTO extent (body_id, start, length, blob_id, blob_offset) VALUES (:bodyId, :start, :length, :blobId, 0)`)

/** Makes a body of a draft. The older files of blobs that are stored already are left to the collector.
 *  The caller must name the body in the same transaction.
 *  @param number of the change this belongs to, from `nextNumber`, or of the newest one where it belongs to none */
export function* nameDraft(draft: NamedDraft, number: number): Steps<{ readonly bodyId: number }> {
  const { content, size } = draft
  if (content.kind === 'small') {
    const { bytes, digest, crc } = content
    const inserted = yield* insert(insertSmall, { size, digest, content: bytes, crc })
    if (inserted !== undefined) return { bodyId: inserted }
    const stored = yield* one(smallBody, { digest, content: bytes, crc })
    if (stored?.isIntact === 0) {
      yield* run(healSmall, { id: stored.id, content: bytes, crc })
      yield* forgetDamage('body', stored.id)
    }
    return { bodyId: made(stored?.id) }
  }
  const bodyId = made(yield* insert(insertPlain, { size }))
  let start = 0
  for (const blob of content.blobs) {
    const blobId = yield* nameBlob(blob, number)
    yield* run(insertExtent, { bodyId, start, length: blob.size, blobId })
    start += blob.size
  }
  return { bodyId }
}

function* nameBlob({ digest, size, blockCrcs, location }: DraftBlob, number: number): Steps<number> {
  const stored = yield* one(storedBlob, { digest })
  if (stored === undefined) {
    const blobId = made(yield* insert(insertBlob, { digest, size, blockCrcs }))
    yield* run(insertPlace, { blobId, location })
    return blobId
  }
  yield* run(replaceCrcs, { blobId: stored.id, blockCrcs })
  if (stored.location === null) {
    yield* run(insertPlace, { blobId: stored.id, location })
  } else {
    yield* run(replacePlace, { blobId: stored.id, location })
    yield* run(insertRemoval, { location: stored.location, number })
  }
  yield* forgetDamage('blob', stored.id)
  return stored.id
}

function made(id: number | undefined): number {
  if (id === undefined) throw new Error('A row was made, or was there, and has no id')
  return id
}
