// A sync that failed is remembered beyond the process: nobody knows what the disk holds since. The next start looks before it writes.

import Database from 'better-sqlite3'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Disk, removeFile, syncDirectory } from './blobs/disk.js'
import { catalogFaults } from './check-catalog.js'

/** Of the bytes written last so many are read again: a minute's work. What was written long before has been synced long before. */
const bytesReadMax = 16 * 1024 * 1024 * 1024

/** Small bodies written last that are compared with their digests. */
const smallBodiesMax = 100_000

/** Faults told; where there are so many, more say nothing new. */
const faultsMax = 20

const markOf = (directory: string): string => join(directory, 'failed-sync')

/** Leaves a mark in a data directory, as far as its disk still takes one. It never throws: the failure itself is told elsewhere.
 *  @param cause why writing has stopped */
export async function markFailedSync(directory: string, cause: Error): Promise<void> {
  try {
    const file = await open(markOf(directory), 'w', 0o600)
    try {
      await file.writeFile(`${new Date().toISOString()} ${cause.message}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await syncDirectory(new Disk(), directory)
  } catch {
    // Then the next start is one after a crash, from which nothing acknowledged is lost either.
  }
}

/** Why writing stopped in an earlier run, when the store has not been found whole since. */
export async function failedSyncOf(directory: string): Promise<string | undefined> {
  const mark = await stat(markOf(directory)).catch(() => undefined)
  if (mark === undefined) return undefined
  return (await readFile(markOf(directory), 'utf8').catch(() => '')).trim() || 'a sync failed'
}

/** Removes the mark: the store has been checked, and is whole. */
export async function forgetFailedSync(directory: string): Promise<void> {
  if ((await failedSyncOf(directory)) === undefined) return
  await removeFile(markOf(directory))
  await syncDirectory(new Disk(), directory)
}

/** Looks for what a failed sync may have spoiled: every rule of the catalog, and the bodies and blobs written last. All of a store is
 *  read by `cairn check`.
 *  @param directory the data directory, whose catalog is open, and so in order as far as SQLite can tell
 *  @returns sentences, 20 at most; none when everything is as it should be */
export async function faultsSinceFailedSync(directory: string): Promise<readonly string[]> {
  const faults: string[] = []
  const database = new Database(join(directory, 'catalog.db'), { readonly: true })
  try {
    for (const { what } of catalogFaults(database, true, () => undefined)) faults.push(what)
    faults.push(...smallBodyFaults(database))
    for await (const fault of blobFaults(database, join(directory, 'blobs'))) {
      faults.push(fault)
      if (faults.length >= faultsMax) break
    }
  } finally {
    database.close()
  }
  return faults.slice(0, faultsMax)
}

function* smallBodyFaults(database: Database.Database): Generator<string> {
  type Row = { id: number; digest: Buffer; content: Buffer }
  const newest = database.prepare<[number], Row>(
    'SELECT id, digest, content FROM body WHERE content IS NOT NULL ORDER BY id DESC LIMIT ?',
  )
  for (const { id, digest, content } of newest.iterate(smallBodiesMax)) {
    if (!createHash('sha256').update(content).digest().equals(digest)) yield `small body ${id} is damaged`
  }
}

async function* blobFaults(database: Database.Database, root: string): AsyncGenerator<string> {
  type Row = { id: number; digest: string; size: number; location: string }
  const newest = database.prepare<[number], Row>(`
    SELECT b.id, lower(hex(b.digest)) AS digest, b.size, p.location FROM blob b
    JOIN place p ON p.blob_id = b.id AND p.tier = 'local' AND p.wrapping IS NULL
    WHERE b.id < ? ORDER BY b.id DESC LIMIT 500`)
  let bytes = 0
  for (let below = Number.MAX_SAFE_INTEGER; bytes < bytesReadMax;) {
    const blobs = newest.all(below)
    if (blobs.length === 0) return
    for (const { id, digest, size, location } of blobs) {
      const found = await digestOfFile(join(root, location))
      if (found !== digest) yield `blob ${digest} at ${location} is damaged or cannot be read`
      bytes += size
      below = id
    }
  }
}

/** SHA-256 in hex; nothing when the file cannot be read to its end. */
async function digestOfFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
    return hash.digest('hex')
  } catch {
    return undefined
  }
}
