// `cairn backup`: a generation of a data directory's state at one change, beside a running server or without one.
// First the catalog, from one snapshot, then every blob file it names; a hold keeps those meanwhile. What the pool has is not copied again.

import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../contract/operation.js'
import { syncDirectory } from '../blobs/disk.js'
import { type Hold, holdDirectory } from '../holds.js'
import { BlobCopies, eachOf, Pace, sizeOfFile } from './blob-files.js'
import { type CatalogSnapshot, contentsOf, movePlaces, openCopy, openSnapshot, pageFaults } from './catalog-copy.js'
import { dropGenerations, sweepPool } from './drop-generations.js'
import type { DamagedBlob, Manifest } from './manifest.js'
import { type NamedBlob, namedBlobs, namedBlobsTotal } from './named-blobs.js'
import { poolLocation, requireApart, sha256Of, Target } from './target.js'
import { writeDurable } from '../write-durable.js'

/** Files under way at a time: their syncs share the disk, their hashes this process's core. */
const filesAtOnce = 4

/** Runs after which everything in the pool has been read again once. */
const runsToVerifyAll = 32

/** What a backup is told. */
export interface BackupSettings {
  /** Data directory. */
  readonly directory: string
  /** Backup directory. */
  readonly target: string
  /** Generations kept, the new one among them; all when absent. At least 1. */
  readonly keep?: number
  /** Whether every blob the pool has already is read again, in place of a thirty-second of them. */
  readonly isVerifying?: boolean
  /** How fast blob files are read at most, in bytes a second. */
  readonly bytesPerSecondMax?: number
  readonly clock?: Clock
}

/** How far a backup, its verification or a restore is. */
export type BackupProgress =
  | { readonly stage: 'catalog'; readonly done: number; readonly total: number }
  | {
      readonly stage: 'blobs'
      readonly done: number
      readonly total: number
      readonly bytes: number
      readonly totalBytes: number
    }

/** What a backup did. */
export interface BackupReport {
  readonly manifest: Manifest
  /** Blobs in the pool that were read again, and those of them that were damaged and have been copied anew. */
  readonly verified: number
  readonly healed: number
  /** Generations that were removed because newer ones are kept; none when something is damaged. */
  readonly dropped: readonly number[]
}

/** Makes a generation.
 *  @throws DirectoryLocked when another backup into the same directory is under way; Error when there is no store, the target is something else's,
 *    or the disk of the target fails or is full: the generations before are whole then, and the next run goes on */
export async function makeBackup(
  settings: BackupSettings,
  onProgress: (progress: BackupProgress) => void,
): Promise<BackupReport> {
  const { directory, target: targetPath, keep = Infinity, clock = systemClock } = settings
  const began = new Date(clock.now()).toISOString()
  const path = join(directory, 'catalog.db')
  if (!existsSync(path)) throw new Error(`${directory} holds no store: there is no catalog.db in it`)
  await requireApart(directory, targetPath)
  // The hold comes before the snapshot: see holds.ts.
  const hold: Hold = holdDirectory(directory)
  try {
    let snapshot: CatalogSnapshot | undefined = openSnapshot(path)
    try {
      hold.keepFrom(snapshot.number)
      const target = await Target.openToWrite(targetPath, snapshot.store)
      try {
        const leftovers = await target.leftovers()
        const generation = await target.nextGeneration()
        const draft = target.draftPath()
        await rm(draft, { recursive: true, force: true })
        await mkdir(draft, { mode: 0o700 })
        const catalogPath = join(draft, 'catalog.db')
        await snapshot.copyTo(catalogPath, (done, total) => onProgress({ stage: 'catalog', done, total }))
        const { store, number, timeMs } = snapshot
        // The WAL can start over from here on.
        snapshot.close()
        snapshot = undefined

        const rootKey = await copyRootKey(target, directory, draft)
        const made = await fillGeneration({ settings, target, catalogPath, generation, onProgress })
        const ended = new Date(clock.now()).toISOString()
        const time = timeMs === undefined ? null : new Date(timeMs).toISOString()
        const { verified, healed, ...contents } = made
        const manifest: Manifest = {
          format: 1,
          store,
          generation,
          number,
          time,
          began,
          ended,
          rootKey,
          ...contents,
        }
        await writeDurable(target.disk, join(draft, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
        await rename(draft, target.generationPath(generation))
        await syncDirectory(target.disk, join(target.path, 'generations'))

        // Older generations are all there is of what the new one lacks.
        const isWhole = manifest.damaged.length === 0 && manifest.catalogFaults.length === 0
        const dropped = isWhole ? await dropGenerations(target, keep) : []
        if (isWhole && (dropped.length > 0 || leftovers.length > 0)) await sweepPool(target)
        return { manifest, verified, healed, dropped }
      } finally {
        target.close()
      }
    } finally {
      snapshot?.close()
    }
  } finally {
    hold.release()
  }
}

interface Filling {
  readonly settings: BackupSettings
  readonly target: Target
  readonly catalogPath: string
  readonly generation: number
  readonly onProgress: (progress: BackupProgress) => void
}

type Filled = Pick<
  Manifest,
  'buckets' | 'objects' | 'versions' | 'bytes' | 'blobs' | 'catalog' | 'catalogFaults' | 'catalogFormat' | 'damaged'
> & { readonly verified: number; readonly healed: number }

/** Copies the blobs the draft's catalog names, and makes that the pool's. */
async function fillGeneration(filling: Filling): Promise<Filled> {
  const { target, catalogPath } = filling
  const database = openCopy(catalogPath)
  let filled: Omit<Filled, 'catalog'>
  try {
    const catalogFaults = pageFaults(database)
    const blobs = await copyBlobs(database, filling)
    const catalogFormat = Number(database.pragma('user_version', { simple: true }))
    filled = { catalogFormat, catalogFaults, ...contentsOf(database), ...blobs }
    movePlaces(database)
  } finally {
    database.close()
  }
  const file = await open(catalogPath, 'r+')
  try {
    await file.chmod(0o600)
    await target.disk.syncFile(file.fd)
  } finally {
    await file.close()
  }
  const catalog = { bytes: (await stat(catalogPath)).size, sha256: await sha256Of(catalogPath) }
  return { ...filled, catalog }
}

async function copyBlobs(
  database: ReturnType<typeof openCopy>,
  { settings, target, generation, onProgress }: Filling,
): Promise<Pick<Filled, 'blobs' | 'damaged' | 'verified' | 'healed'>> {
  const { directory, isVerifying = false, bytesPerSecondMax = Infinity } = settings
  const copies = new BlobCopies(target.disk, new Pace(bytesPerSecondMax))
  const { count, bytes: totalBytes } = namedBlobsTotal(database)
  const damaged: DamagedBlob[] = []
  const done = { count: 0, bytes: 0, copied: 0, copiedBytes: 0, verified: 0, healed: 0 }

  const backUp = async (blob: NamedBlob): Promise<void> => {
    const { size, location, wrapping } = blob
    const digest = blob.digest.toString('hex')
    const to = join(target.blobsPath(), poolLocation(digest))
    const found = await sizeOfFile(to)
    const isDue = isVerifying || (blob.digest[0] ?? 0) % runsToVerifyAll === generation % runsToVerifyAll
    let isThere = found === size
    if (isThere && isDue) {
      done.verified += 1
      isThere = (await copies.verify(to, blob)) === undefined
    }
    if (!isThere) {
      const from = join(directory, 'blobs', location)
      const what =
        wrapping === null
          ? await copies.copy(from, to, blob)
          : `the file is wrapped in a way this program does not know: ${wrapping}`
      if (what === undefined) {
        done.copied += 1
        done.copiedBytes += size
        if (found !== undefined) done.healed += 1
      } else {
        damaged.push({ digest, location, what })
      }
    }
    done.count += 1
    done.bytes += size
    onProgress({ stage: 'blobs', done: done.count, total: count, bytes: done.bytes, totalBytes })
  }

  await eachOf(namedBlobs(database), filesAtOnce, backUp)
  await copies.sync()
  const { verified, healed, copied, copiedBytes } = done
  return { blobs: { count, bytes: totalBytes, copied, copiedBytes }, damaged, verified, healed }
}

/** The root key's file belongs to the catalog: it says whose account owns everything. @returns its SHA-256, null when there is none */
async function copyRootKey(target: Target, directory: string, draft: string): Promise<string | null> {
  const from = join(directory, 'root-key.json')
  if (!existsSync(from)) return null
  const to = join(draft, 'root-key.json')
  await writeDurable(target.disk, to, await readFile(from))
  return sha256Of(to)
}
