// How far the scrub is and what it found: rows, so that a restart goes on where it was, and who asks need not ask the process.

import { all, one, query, run, statement, type Steps, transaction } from './steps.js'

/** A round of the scrub through everything. */
export type ScrubState = {
  /** Ms since 1970. */
  readonly began: number
  /** Ms since 1970; null: under way. */
  readonly ended: number | null
  /** Small bodies up to this id have been read in this round, and blobs up to this one. */
  readonly bodyId: number
  readonly blobId: number
  /** Read in this round, of how many when it began. */
  readonly bytes: number
  readonly total: number
  /** Damaged ones found in this round. */
  readonly found: number
}

/** Something that is not what was written. Structured-clonable. */
export interface Finding {
  readonly of: 'blob' | 'body'
  readonly id: number
  /** SHA-256, 32 bytes. */
  readonly digest: Uint8Array
  /** Below `blobs/`; null: in the catalog. */
  readonly location: string | null
  /** A sentence. */
  readonly what: string
}

/** Something that was damaged when it was last looked at, and is what was written now. */
export type Recovered = Pick<Finding, 'of' | 'id' | 'digest' | 'location'>

/** What the scrub has done since it last told. */
export interface ScrubNote {
  readonly bodyId: number
  readonly blobId: number
  /** Bytes read since then. */
  readonly bytes: number
  readonly findings: readonly Finding[]
  readonly recovered: readonly Recovered[]
  readonly isEnd: boolean
  /** Ms since 1970. */
  readonly now: number
}

/** Damage that is known. */
export type Damage = {
  readonly of: 'blob' | 'body'
  /** Of the blob or the body. */
  readonly id: number
  /** SHA-256, 32 bytes. */
  readonly digest: Uint8Array
  readonly location: string | null
  readonly what: string
  /** Ms since 1970. */
  readonly found: number
  /** Ms since 1970, when a repair could not heal it and said so; null: not yet. */
  readonly accepted: number | null
}

const state = statement<Record<string, never>, ScrubState>(
  'SELECT began, ended, body_id AS "bodyId", blob_id AS "blobId", bytes, total, found FROM scrub',
)
const begin = statement<{ now: number; total: number }>(`
  INSERT INTO scrub (one, began, ended, body_id, blob_id, bytes, total, found) VALUES (1, :now, NULL, 0, 0, 0, :total, 0)
  ON CONFLICT (one) DO UPDATE SET began = :now, ended = NULL, body_id = 0, blob_id = 0, bytes = 0, total = :total, found = 0`)
const goOn = statement<{ bodyId: number; blobId: number; bytes: number; found: number; ended: number | null }>(`
  UPDATE scrub SET body_id = :bodyId, blob_id = :blobId, bytes = bytes + :bytes, found = found + :found, ended = :ended`)

// Ids are used again, and places change: what was looked at must still be what is meant.
const isBlob = `EXISTS (SELECT 1 FROM blob b JOIN place p ON p.blob_id = b.id AND p.tier = 'local'
  WHERE b.id = :id AND b.digest = :digest AND p.location = :location)`
const isBody = 'EXISTS (SELECT 1 FROM body WHERE id = :id AND digest = :digest AND content IS NOT NULL)'
type Which = { id: number; digest: Uint8Array; location: string | null }
type Found = Which & { what: string; now: number }
const known = {
  blob: statement<{ id: number }, { id: number }>('SELECT id FROM damage WHERE blob_id = :id'),
  body: statement<{ id: number }, { id: number }>('SELECT id FROM damage WHERE body_id = :id'),
}
const insert = {
  blob: statement<Found>(`
    INSERT INTO damage (blob_id, location, what, found) SELECT :id, :location, :what, :now WHERE ${isBlob}
    ON CONFLICT (blob_id) WHERE blob_id IS NOT NULL DO UPDATE SET location = excluded.location, what = excluded.what`),
  body: statement<Found>(`
    INSERT INTO damage (body_id, location, what, found) SELECT :id, :location, :what, :now WHERE ${isBody}
    ON CONFLICT (body_id) WHERE body_id IS NOT NULL DO UPDATE SET what = excluded.what`),
}
const clear = {
  blob: statement<Which>(`DELETE FROM damage WHERE blob_id = :id AND ${isBlob}`),
  body: statement<Omit<Which, 'location'>>(`DELETE FROM damage WHERE body_id = :id AND ${isBody}`),
}

const list = statement<{ after: number; limit: number }, Damage & { row: number }>(`
  SELECT d.id AS "row", CASE WHEN d.blob_id IS NULL THEN 'body' ELSE 'blob' END AS "of", COALESCE(d.blob_id, d.body_id) AS id,
    COALESCE(b.digest, y.digest) AS digest, d.location, d.what, d.found, d.accepted
  FROM damage d LEFT JOIN blob b ON b.id = d.blob_id LEFT JOIN body y ON y.id = d.body_id
  WHERE d.id > :after ORDER BY d.id LIMIT :limit`)

const forgetBlob = statement<{ id: number }>('DELETE FROM damage WHERE blob_id = :id')
const forgetBody = statement<{ id: number }>('DELETE FROM damage WHERE body_id = :id')

/** The round under way, or the last one; nothing before the first. */
export const scrubState = query('scrubState', () => one(state, {}))

/** Begins a round.
 *  @param total bytes there are to read */
export const beginScrub = transaction('beginScrub', function* ({ now, total }: { now: number; total: number }) {
  yield* run(begin, { now, total })
})

/** Notes how far the scrub is and what it found.
 *  @returns for each finding whether it is news: it was not known, and nobody has healed or removed it meanwhile */
export const noteScrub = transaction('noteScrub', function* (note: ScrubNote): Steps<readonly boolean[]> {
  for (const { of, id, digest, location } of note.recovered) {
    yield* of === 'blob' ? run(clear.blob, { id, digest, location }) : run(clear.body, { id, digest })
  }
  const news: boolean[] = []
  for (const { of, id, digest, location, what } of note.findings) {
    const before = yield* one(known[of], { id })
    const isThere = (yield* run(insert[of], { id, digest, location, what, now: note.now })) > 0
    news.push(isThere && before === undefined)
  }
  yield* run(goOn, {
    bodyId: note.bodyId,
    blobId: note.blobId,
    bytes: note.bytes,
    found: note.findings.length,
    ended: note.isEnd ? note.now : null,
  })
  return news
})

/** Known damage in the order it was found, after the row of a given number. */
export const damagesAfter = query('damagesAfter', ({ after, limit }: { after: number; limit: number }) =>
  all(list, { after, limit }),
)

/** Bytes were written anew: whatever was damaged of them is not any more. */
export function* forgetDamage(of: 'blob' | 'body', id: number): Steps<void> {
  yield* run(of === 'blob' ? forgetBlob : forgetBody, { id })
}
