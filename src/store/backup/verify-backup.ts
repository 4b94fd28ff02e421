// `cairn backup verify`: reads all of a backup directory again and compares it with manifests and catalogs. Changes nothing.

import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { catalogFaults } from '../check-catalog.js'
import { formatVersion } from '../catalog/schema.js'
import { BlobCopies, eachOf, Pace } from './blob-files.js'
import type { BackupProgress } from './make-backup.js'
import { type NamedBlob, namedBlobs, namedBlobsTotal } from './named-blobs.js'
import { type Generation, sha256Of, Target } from './target.js'

const filesAtOnce = 4

/** Something in a backup is not as it should be. */
export interface BackupFault {
  /** The newest generation it spoils. */
  readonly generation: number
  /** A sentence. */
  readonly what: string
  /** SHA-256 in hex, when a blob is meant. */
  readonly blob?: string
}

/** What was read, and what is wrong with it. */
export interface VerifyReport {
  readonly generations: readonly number[]
  readonly blobs: number
  readonly bytes: number
  readonly faults: readonly BackupFault[]
}

/** Verifies every generation and every blob any of them names; each blob is read once.
 *  @throws DirectoryLocked while a backup is made there; Error when it holds no backup, or a manifest cannot be understood */
export async function verifyBackup(
  path: string,
  onProgress: (progress: BackupProgress) => void,
): Promise<VerifyReport> {
  const target = await Target.openToRead(path)
  const catalogs: Database.Database[] = []
  try {
    const generations = (await target.generations()).toReversed()
    if (generations.length === 0) throw new Error(`${path} holds no finished backup`)
    const faults: BackupFault[] = []
    const copies = new BlobCopies(target.disk, new Pace(Infinity))
    let blobs = 0
    let bytes = 0
    for (const generation of generations) {
      const { number } = generation
      const found = await generationFaults(generation)
      for (const what of found.faults) faults.push({ generation: number, what })
      if (!found.isReadable) continue
      const catalog = new Database(join(generation.path, 'catalog.db'), { readonly: true, fileMustExist: true })
      const newer = catalogs.map((one) =>
        one.prepare<[Buffer], { one: 1 }>('SELECT 1 AS one FROM blob WHERE digest = ?'),
      )
      catalogs.push(catalog)
      if (generation.manifest.catalogFormat === formatVersion) {
        for (const { what } of catalogFaults(catalog, (done, total) => onProgress({ stage: 'catalog', done, total }))) {
          faults.push({ generation: number, what })
        }
      }
      const { count: total, bytes: totalBytes } = namedBlobsTotal(catalog)
      let done = 0
      let doneBytes = 0
      const verify = async (blob: NamedBlob): Promise<void> => {
        if (!newer.some((question) => question.get(blob.digest) !== undefined)) {
          const what = await copies.verify(join(target.blobsPath(), blob.location), blob)
          if (what !== undefined) faults.push({ generation: number, what, blob: blob.digest.toString('hex') })
          blobs += 1
          bytes += blob.size
        }
        done += 1
        doneBytes += blob.size
        onProgress({ stage: 'blobs', done, total, bytes: doneBytes, totalBytes })
      }
      await eachOf(namedBlobs(catalog), filesAtOnce, verify)
    }
    return { generations: generations.map(({ number }) => number).toReversed(), blobs, bytes, faults }
  } finally {
    for (const catalog of catalogs) catalog.close()
    target.close()
  }
}

/** What is wrong with a generation's own files; a catalog that is not the one that was written is not read. */
async function generationFaults({
  path,
  manifest,
}: Generation): Promise<{ readonly faults: string[]; readonly isReadable: boolean }> {
  const faults = manifest.catalogFaults.map((what) => `the catalog was damaged when it was backed up: ${what}`)
  const isSame = async (name: string, sha256: string): Promise<boolean> =>
    existsSync(join(path, name)) && (await sha256Of(join(path, name))) === sha256
  const isReadable = await isSame('catalog.db', manifest.catalog.sha256)
  if (!isReadable) faults.push('catalog.db is damaged or missing')
  if (manifest.rootKey !== null && !(await isSame('root-key.json', manifest.rootKey))) {
    faults.push('root-key.json is damaged or missing')
  }
  return { faults, isReadable }
}
