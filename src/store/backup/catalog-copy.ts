// A copy of a catalog beside its writer: all of one snapshot, and no lock that the writer would wait for.

import Database from 'better-sqlite3'
import { requireFormat } from '../catalog/require-format.js'
import { poolInstance } from './target.js'

/** Pages copied between two looks at everything else: 4 MiB, some 10 ms. */
const pagesPerStep = 1024

/** How long to wait for a server that is just starting. */
const busyMsMax = 10_000

/** A catalog as of one change. */
export interface CatalogSnapshot {
  /** Which store's. */
  readonly store: string
  /** Of the newest change, 0 when there is none. */
  readonly number: number
  /** When that was, ms since 1970; undefined when there is none. */
  readonly timeMs: number | undefined
  /** Copies all of it into a new file.
   *  @throws Error of either disk
   *  @param onProgress told how many pages of how many are copied */
  copyTo(path: string, onProgress: (done: number, total: number) => void): Promise<void>
  /** Ends it. Until then the WAL of the catalog cannot start over: it grows by what is written. */
  close(): void
}

/** Opens a snapshot of a catalog, beside its writer or without one.
 *  @throws Error when its format is another program's */
export function openSnapshot(path: string): CatalogSnapshot {
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: busyMsMax })
  try {
    requireFormat(database)
    // Begins with the first read, and lasts until it is closed: the copy takes its pages from it, whatever is written meanwhile.
    database.exec('BEGIN')
    const store = database.prepare<[], string>('SELECT id FROM store').pluck().get() ?? ''
    type Newest = { number: number; time: number }
    const newest = database.prepare<[], Newest>('SELECT number, time FROM change ORDER BY number DESC LIMIT 1').get()
    return {
      store,
      number: newest?.number ?? 0,
      timeMs: newest?.time,
      copyTo: async (copy, onProgress) => {
        try {
          const { totalPages } = await database.backup(copy, {
            progress: ({ totalPages, remainingPages }) => {
              onProgress(totalPages - remainingPages, totalPages)
              return pagesPerStep
            },
          })
          onProgress(totalPages, totalPages)
        } catch (cause) {
          throw new Error(`The catalog could not be copied to ${copy}`, { cause })
        }
      },
      close: () => database.close(),
    }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Opens a copy that nobody else knows of, to be changed: as one file, and without syncs (`sealCopy` and a sync follow). */
export function openCopy(path: string): Database.Database {
  const database = new Database(path, { fileMustExist: true })
  database.pragma('journal_mode = DELETE')
  database.pragma('synchronous = OFF')
  return database
}

/** Makes a copied catalog that of a directory whose blobs lie as the pool's do: places are the pool's, no file waits to be removed, and the folders
 *  of processes that wrote elsewhere need not be looked through; what a scrub found was about other files. */
export function movePlaces(database: Database.Database): void {
  database.exec(`
    BEGIN;
    UPDATE place SET location = '${poolInstance}/' || (
        SELECT lower(hex(substr(digest, 1, 1))) || '/' || lower(hex(digest)) FROM blob WHERE id = blob_id) || '-backup'
      WHERE tier = 'local';
    DELETE FROM removal WHERE tier = 'local';
    DELETE FROM damage;
    DELETE FROM scrub;
    UPDATE instance SET swept = 1;
    INSERT INTO instance (id, started) VALUES ('${poolInstance}', 0) ON CONFLICT (id) DO UPDATE SET swept = 0;
    COMMIT`)
}

/** What a catalog holds, counted. */
export function contentsOf(database: Database.Database): {
  readonly buckets: number
  readonly objects: number
  readonly versions: number
  readonly bytes: number
} {
  const counts = database.prepare<[], { buckets: number; objects: number; versions: number; bytes: number }>(`
    SELECT (SELECT count(*) FROM bucket) AS buckets,
      COALESCE(sum(is_latest = 1 AND is_marker = 0), 0) AS objects, count(*) AS versions, COALESCE(sum(size), 0) AS bytes
    FROM version WHERE gone IS NULL`)
  return counts.get() ?? { buckets: 0, objects: 0, versions: 0, bytes: 0 }
}

/** What SQLite finds wrong with a catalog's pages: sentences, none when it is whole. */
export function pageFaults(database: Database.Database): string[] {
  const rows = database.prepare<[], string>('PRAGMA quick_check(20)').pluck().all()
  return rows.filter((text) => text !== 'ok')
}
