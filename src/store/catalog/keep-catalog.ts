// A copy of the catalog as an older program left it, kept beside it before it is migrated: the way back.

import type { Database } from 'better-sqlite3'
import { open, rename, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Pages copied at a time: all, as nobody else is there yet. */
const pagesMax = 0x7fffffff

/** Where the copy of a catalog of a format is kept. */
const keptCatalogPath = (path: string, format: number): string => join(dirname(path), `catalog-format-${format}.db`)

/** Copies a catalog, durably, before it is migrated. A copy that a start before has made is replaced.
 *  @param path of the database file
 *  @param format the catalog's
 *  @param freeBytes how much the disk has room for; asked of the disk when absent
 *  @returns the copy's path
 *  @throws Error when there is no room for the copy and the migration, or it cannot be written: nothing was changed then */
export async function keepCatalog(
  database: Database,
  path: string,
  format: number,
  freeBytes?: number,
): Promise<string> {
  const kept = keptCatalogPath(path, format)
  const draft = `${kept}.draft`
  const pragma = (name: string): number => Number(database.pragma(name, { simple: true }))
  const sizeBytes = pragma('page_count') * pragma('page_size')
  // A migration may write each page anew, into the WAL first.
  const neededBytes = 2 * sizeBytes
  if ((freeBytes ?? (await freeBytesAt(dirname(path)))) < neededBytes) throw new Error(noRoom(format, neededBytes))
  try {
    await rm(draft, { force: true })
    await database.backup(draft, { progress: () => pagesMax })
    const file = await open(draft, 'r+')
    try {
      await file.chmod(0o600)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, kept)
    const folder = await open(dirname(path), 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
    return kept
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined)
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `The catalog of format ${format} could not be copied to ${kept} before it is migrated (${reason}); nothing was changed`,
      { cause },
    )
  }
}

async function freeBytesAt(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}

const noRoom = (format: number, neededBytes: number): string =>
  `The catalog has format ${format} and must be migrated. Before that a copy of it is kept, and the disk has no room for both: ` +
  `free ${Math.ceil(neededBytes / 1024 ** 2)} MiB and start again. Nothing was changed`
