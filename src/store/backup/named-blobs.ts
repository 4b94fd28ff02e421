// The blobs a catalog names that have a file in its directory, in pages, so that a catalog of any size can be walked while it is changed.

import type { Database } from 'better-sqlite3'

/** A blob and its file. */
export interface NamedBlob {
  readonly id: number
  /** SHA-256. */
  readonly digest: Buffer
  /** Bytes. */
  readonly size: number
  /** Below `blobs/`. */
  readonly location: string
  /** How the file's bytes are wrapped; null: they are the blob's. */
  readonly wrapping: string | null
}

/** Blobs in memory at a time. */
const pageRows = 500

const local = "FROM blob b JOIN place p ON p.blob_id = b.id AND p.tier = 'local'"

/** Every blob with a file, in the order of their ids. */
export function* namedBlobs(database: Database): Generator<NamedBlob> {
  const page = database.prepare<[number], NamedBlob>(
    `SELECT b.id, b.digest, b.size, p.location, p.wrapping ${local} WHERE b.id > ? ORDER BY b.id LIMIT ${pageRows}`,
  )
  for (let rows = page.all(0); rows.length > 0; rows = page.all(rows.at(-1)?.id ?? Number.MAX_SAFE_INTEGER)) yield* rows
}

/** How many they are, and their bytes. */
export function namedBlobsTotal(database: Database): { readonly count: number; readonly bytes: number } {
  const row = database.prepare<[], { count: number; bytes: number }>(
    `SELECT count(*) AS count, COALESCE(sum(b.size), 0) AS bytes ${local}`,
  )
  return row.get() ?? { count: 0, bytes: 0 }
}
