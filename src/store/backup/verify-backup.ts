// `cairn backup verify`: reads all of a backup directory again and compares it with manifests and catalogs. Changes nothing.

import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { catalogFaults } from '../check-catalog.js'
import { formatVersion } from '../catalog/schema.js'
import { BlobCopies, eachOf, Pace } from './blob-files.js'
import type { BackupProgress } from './make-backup.js'
import type { Manifest } from './manifest.js'
import { type NamedBlob, namedBlobs, namedBlobsTotal } from './named-blobs.js'
import { sha256Of, Target } from './target.js'

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
 *  @throws DirectoryLocked while a backup is made there; Error when it holds no backup */
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
    for (const number of generations) {
      const { manifest, whats } = await generationFaults(target, number)
      for (const what of whats) faults.push({ generation: number, what })
      if (manifest === undefined) continue
      const catalog = new Database(join(target.generationPath(number), 'catalog.db'), {
        readonly: true,
        fileMustExist: true,
      })
      const newer = catalogs.map((one) =>
        one.prepare<[Buffer], { one: 1 }>('SELECT 1 AS one FROM blob WHERE digest = ?'),
      )
      catalogs.push(catalog)
      if (manifest.catalogFormat === formatVersion) {
        const told = (done: number, total: number): void => onProgress({ stage: 'catalog', done, total })
        for (const { what } of catalogFaults(catalog, true, told)) {
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
    return { generations: generations.toReversed(), blobs, bytes, faults }
  } finally {
    for (const catalog of catalogs) catalog.close()
    target.close()
  }
}

/** What is wrong with a generation's own files; no manifest: its catalog is not the one that was written, and is not read. */
async function generationFaults(
  target: Target,
  generation: number,
): Promise<{ readonly whats: string[]; readonly manifest?: Manifest }> {
  const path = target.generationPath(generation)
  const isSame = async (name: string, sha256: string): Promise<boolean> =>
    existsSync(join(path, name)) && (await sha256Of(join(path, name))) === sha256
  let manifest: Manifest
  try {
    manifest = await target.manifest(generation)
  } catch (error) {
    return { whats: [error instanceof Error ? error.message : String(error)] }
  }
  const whats = manifest.catalogFaults.map((what) => `the catalog was damaged when it was backed up: ${what}`)
  if (manifest.rootKey !== null && !(await isSame('root-key.json', manifest.rootKey))) {
    whats.push('root-key.json is damaged or missing')
  }
  if (await isSame('catalog.db', manifest.catalog.sha256)) return { whats, manifest }
  return { whats: [...whats, 'catalog.db is damaged or missing'] }
}
