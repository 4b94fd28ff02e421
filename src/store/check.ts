// `cairn check`: is everything there, and is it what was written? Reads all of a store that nobody has open, changes nothing.

import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BodyDigests, crcOf, digestOf } from './blobs/digests.js'
import { requireFormat } from './catalog/require-format.js'
import { versionIdOf } from './catalog/version-id.js'
import { catalogFaults, type CatalogFault } from './check-catalog.js'
import { lockDirectoryOnceFree } from './lock.js'

/** A version that is served from what is damaged. */
export interface ServedVersion {
  readonly bucket: string
  readonly key: string
  /** "null" or an id, as a reader would ask for it. */
  readonly versionId: string
}

/** Something is not as it should be. */
export interface Fault {
  /** A sentence. */
  readonly what: string
  /** SHA-256 in hex, when a blob or a small body is meant. */
  readonly blob?: string
  /** Below `blobs/`, when a file is meant. */
  readonly location?: string
  /** Living versions that cannot be read because of it, 20 at most. */
  readonly serves: readonly ServedVersion[]
}

/** How far a check has come, or a file that belongs to nobody (which is no fault: the next start removes it). */
export type Progress =
  | { readonly stage: 'catalog' | 'small bodies'; readonly done: number; readonly total: number }
  | {
      readonly stage: 'blobs'
      readonly done: number
      readonly total: number
      readonly bytes: number
      readonly totalBytes: number
    }
  | { readonly stage: 'orphan'; readonly location: string }

/** Bytes read of a file at once. */
const readSizeBytes = 1024 * 1024

/** Checks a data directory.
 *  @returns every fault found; none means that all of it can be read and is what was written
 *  @throws DirectoryLocked when a server uses it; Error when it is no data directory, or its format is another program's */
export async function checkStore(directory: string, onProgress: (progress: Progress) => void): Promise<Fault[]> {
  const path = join(directory, 'catalog.db')
  if (!existsSync(path)) throw new Error(`${directory} holds no store: there is no catalog.db in it`)
  const lock = await lockDirectoryOnceFree(directory)
  try {
    const database = new Database(path, { readonly: true })
    try {
      requireFormat(database)
      return await check(database, join(directory, 'blobs'), onProgress)
    } finally {
      database.close()
    }
  } finally {
    lock.release()
  }
}

async function check(
  database: Database.Database,
  root: string,
  onProgress: (progress: Progress) => void,
): Promise<Fault[]> {
  const faults: Fault[] = []
  const serves = servedVersions(database)
  const digestOfBlob = database.prepare<[number], { digest: Buffer }>('SELECT digest FROM blob WHERE id = ?')
  const inCatalog = ({ what, bodyId, blobId }: CatalogFault): Fault => {
    const blob = blobId === undefined ? undefined : digestOfBlob.get(blobId)?.digest.toString('hex')
    const served = blobId === undefined ? (bodyId === undefined ? [] : serves.body(bodyId)) : serves.blob(blobId)
    return { what, ...(blob && { blob }), serves: served }
  }
  for (const fault of catalogFaults(database, (done, total) => onProgress({ stage: 'catalog', done, total }))) {
    faults.push(inCatalog(fault))
  }
  for (const { what, id, digest } of smallBodyFaults(database, onProgress)) {
    faults.push({ what, blob: digest, serves: serves.body(id) })
  }
  for await (const { what, id, digest, location } of blobFaults(database, root, onProgress)) {
    faults.push({ what, blob: digest, location, serves: serves.blob(id) })
  }
  for await (const location of orphans(database, root)) onProgress({ stage: 'orphan', location })
  return faults
}

type ServedRow = { bucket: string; key: Buffer; position: number; isNull: 0 | 1 }

/** Which versions a damaged body or blob spoils. */
function servedVersions(database: Database.Database): {
  body(id: number): ServedVersion[]
  blob(id: number): ServedVersion[]
} {
  const of = (bodies: string) =>
    database.prepare<[{ id: number }], ServedRow>(`
      WITH named (id) AS (${bodies})
      SELECT b.name AS bucket, v.key, v.position, v.is_null AS "isNull" FROM version v JOIN bucket b ON b.id = v.bucket_id
      WHERE v.gone IS NULL AND v.body_id IN (
        SELECT id FROM named UNION SELECT p.body_id FROM part p WHERE p.part_body_id IN (SELECT id FROM named)) LIMIT 20`)
  const ofBody = of('SELECT @id')
  const ofBlob = of('SELECT body_id FROM extent WHERE blob_id = @id')
  const versions = (rows: ServedRow[]): ServedVersion[] =>
    rows.map(({ bucket, key, position, isNull }) => ({
      bucket,
      key: key.toString('utf8'),
      versionId: isNull === 1 ? 'null' : versionIdOf(position),
    }))
  return { body: (id) => versions(ofBody.all({ id })), blob: (id) => versions(ofBlob.all({ id })) }
}

function* smallBodyFaults(
  database: Database.Database,
  onProgress: (progress: Progress) => void,
): Generator<{ what: string; id: number; digest: string }> {
  const total = countOf(database, 'SELECT count(*) AS count FROM body WHERE content IS NOT NULL')
  type Row = { id: number; digest: Buffer; content: Buffer; crc: number }
  const rows = database.prepare<[], Row>('SELECT id, digest, content, crc FROM body WHERE content IS NOT NULL')
  let done = 0
  for (const { id, digest, content, crc } of rows.iterate()) {
    if (!digest.equals(digestOf('SHA256', content)) || crc !== crcOf(content)) {
      yield { what: `the content of small body ${id} is damaged`, id, digest: digest.toString('hex') }
    }
    done += 1
    if (done % 1000 === 0 || done === total) onProgress({ stage: 'small bodies', done, total })
  }
}

type BlobRow = {
  id: number
  digest: Buffer
  size: number
  blockCrcs: Buffer
  location: string
  wrapping: string | null
}

async function* blobFaults(
  database: Database.Database,
  root: string,
  onProgress: (progress: Progress) => void,
): AsyncGenerator<{ what: string; id: number; digest: string; location: string }> {
  const local = "FROM blob b JOIN place p ON p.blob_id = b.id AND p.tier = 'local'"
  const total = countOf(database, `SELECT count(*) AS count ${local}`)
  const totalBytes = countOf(database, `SELECT COALESCE(sum(b.size), 0) AS count ${local}`)
  const rows = database.prepare<[number], BlobRow>(
    `SELECT b.id, b.digest, b.size, b.block_crcs AS blockCrcs, p.location, p.wrapping ${local} WHERE b.id > ? ORDER BY b.id LIMIT 500`,
  )
  const memory = Buffer.allocUnsafeSlow(readSizeBytes)
  let done = 0
  let bytes = 0
  for (let page = rows.all(0); page.length > 0; page = rows.all(page.at(-1)?.id ?? Number.MAX_SAFE_INTEGER)) {
    for (const blob of page) {
      const what = await faultOf(blob, root, memory)
      if (what !== undefined) yield { what, id: blob.id, digest: blob.digest.toString('hex'), location: blob.location }
      done += 1
      bytes += blob.size
      onProgress({ stage: 'blobs', done, total, bytes, totalBytes })
    }
  }
}

/** What is wrong with a blob's file, or nothing. */
async function faultOf(blob: BlobRow, root: string, memory: Buffer): Promise<string | undefined> {
  if (blob.wrapping !== null) return `the file is wrapped in a way this program does not know: ${blob.wrapping}`
  try {
    const file = await open(join(root, blob.location), 'r')
    try {
      const { size } = await file.stat()
      if (size !== blob.size) return `the file has ${size} bytes, not ${blob.size}`
      const digests = new BodyDigests({ wholes: [], blobs: true })
      for (;;) {
        const { bytesRead } = await file.read(memory, 0, memory.length)
        if (bytesRead === 0) break
        digests.update(memory.subarray(0, bytesRead))
      }
      const found = digests.endBlob()
      const isSame = blob.digest.equals(found.digest)
      const areSame = blob.blockCrcs.equals(found.blockCrcs)
      if (isSame && areSame) return undefined
      return isSame ? 'the checksums of its blocks are wrong in the catalog' : 'the file is damaged'
    } finally {
      await file.close()
    }
  } catch (error) {
    return `the file cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** Files below `blobs/` that no row names. */
async function* orphans(database: Database.Database, root: string): AsyncGenerator<string> {
  if (!existsSync(root)) return
  const locations = database.prepare<[], string>(
    "SELECT location FROM place WHERE tier = 'local' UNION ALL SELECT location FROM removal WHERE tier = 'local'",
  )
  const named = new Set(locations.pluck().iterate())
  for (const instance of await readdir(root, { withFileTypes: true })) {
    if (!instance.isDirectory()) {
      yield instance.name
      continue
    }
    for (const folder of await readdir(join(root, instance.name))) {
      for (const file of await readdir(join(root, instance.name, folder))) {
        const location = `${instance.name}/${folder}/${file}`
        if (!named.has(location)) yield location
      }
    }
  }
}

const countOf = (database: Database.Database, sql: string): number =>
  database.prepare<[], { count: number }>(sql).get()?.count ?? 0
