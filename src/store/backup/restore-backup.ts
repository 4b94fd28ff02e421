// `cairn restore`: a data directory out of a generation. The catalog comes last: a directory without one is refused by every command, so that
// a restore which was cut short cannot be taken for a store.

import Database from 'better-sqlite3'
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Disk, hasCode, makeDirectory, syncDirectory } from '../blobs/disk.js'
import { formatVersion } from '../catalog/schema.js'
import { lockDirectory } from '../lock.js'
import { BlobCopies, eachOf, Pace } from './blob-files.js'
import type { BackupProgress } from './make-backup.js'
import type { DamagedBlob, Manifest } from './manifest.js'
import { type NamedBlob, namedBlobs, namedBlobsTotal } from './named-blobs.js'
import { poolInstance, requireApart, sha256Of, Target } from './target.js'
import { writeDurable } from '../write-durable.js'

const filesAtOnce = 4

/** What a restore is told. */
export interface RestoreSettings {
  /** Backup directory. */
  readonly from: string
  /** The newest when absent. */
  readonly generation?: number
  /** Data directory; made, with its parents, when there is none. */
  readonly directory: string
}

/** What was restored. */
export interface RestoreReport {
  readonly manifest: Manifest
  /** Blobs that are not there: the backup lacks them, or its files are damaged. */
  readonly damaged: readonly DamagedBlob[]
  /** Whether there are access keys, whose secrets only the master key opens: it is in no backup. */
  readonly needsMasterKey: boolean
}

/** Restores a generation into an empty directory.
 *  @throws DirectoryLocked while a backup is made there; Error when there is no such generation, its catalog is not what its manifest says, its format is
 *    newer than this program, or the directory is not empty or cannot be written to */
export async function restoreBackup(
  { from, generation, directory }: RestoreSettings,
  onProgress: (progress: BackupProgress) => void,
): Promise<RestoreReport> {
  await requireApart(directory, from)
  await requireEmpty(directory)
  const target = await Target.openToRead(from)
  try {
    const chosen = await chosenOf(target, generation)
    const { manifest } = chosen
    await requireWholeCatalog(chosen)
    const disk = new Disk()
    await mkdir(dirname(directory), { recursive: true })
    await makeDirectory(disk, directory)
    const lock = lockDirectory(directory)
    try {
      const damaged = await restoreBlobs(target, chosen, directory, disk, onProgress)
      if (manifest.rootKey !== null) {
        const key = await readFile(join(chosen.path, 'root-key.json'))
        await writeDurable(disk, join(directory, 'root-key.json'), key)
      }
      await restoreCatalog(chosen, directory, disk)
      return { manifest, damaged, needsMasterKey: hasAccessKeys(chosen) }
    } finally {
      lock.release()
    }
  } finally {
    target.close()
  }
}

async function requireEmpty(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (hasCode(error, ['ENOENT'])) return []
    throw error
  })
  if (names.length > 0) throw new Error(`${directory} is not empty: restore into a new directory`)
}

/** A generation, and where it is. */
interface Chosen {
  readonly path: string
  readonly manifest: Manifest
}

async function chosenOf(target: Target, generation: number | undefined): Promise<Chosen> {
  const there = await target.generations()
  const number = generation ?? there.at(-1)
  if (number === undefined) throw new Error(`${target.path} holds no finished backup`)
  if (!there.includes(number)) {
    throw new Error(`${target.path} has no generation ${number}; it has ${there.join(', ') || 'none'}`)
  }
  return { path: target.generationPath(number), manifest: await target.manifest(number) }
}

async function requireWholeCatalog({ manifest, path }: Chosen): Promise<void> {
  if (manifest.catalogFormat > formatVersion) {
    throw new Error(
      `Generation ${manifest.generation} has format ${manifest.catalogFormat}, this program knows formats up to ${formatVersion}: restore it with the newer program that wrote it`,
    )
  }
  if ((await sha256Of(join(path, 'catalog.db'))) !== manifest.catalog.sha256) {
    throw new Error(`The catalog of generation ${manifest.generation} is damaged: restore another generation`)
  }
  if (manifest.rootKey !== null && (await sha256Of(join(path, 'root-key.json'))) !== manifest.rootKey) {
    throw new Error(`The root key of generation ${manifest.generation} is damaged: restore another generation`)
  }
}

function hasAccessKeys({ path }: Chosen): boolean {
  const catalog = new Database(join(path, 'catalog.db'), { readonly: true, fileMustExist: true })
  try {
    // Format 1 has no such table.
    const table = catalog.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'access_key'").get()
    return table !== undefined && catalog.prepare('SELECT 1 FROM access_key LIMIT 1').get() !== undefined
  } finally {
    catalog.close()
  }
}

async function restoreBlobs(
  target: Target,
  { path }: Chosen,
  directory: string,
  disk: Disk,
  onProgress: (progress: BackupProgress) => void,
): Promise<DamagedBlob[]> {
  const root = join(directory, 'blobs')
  await makeDirectory(disk, root)
  const catalog = new Database(join(path, 'catalog.db'), { readonly: true, fileMustExist: true })
  try {
    const copies = new BlobCopies(disk, new Pace(Infinity))
    const { count: total, bytes: totalBytes } = namedBlobsTotal(catalog)
    const damaged: DamagedBlob[] = []
    let done = 0
    let bytes = 0
    const restore = async (blob: NamedBlob): Promise<void> => {
      const { location, size } = blob
      const what = await copies.copy(join(target.blobsPath(), location), join(root, location), blob)
      if (what !== undefined) damaged.push({ digest: blob.digest.toString('hex'), location, what })
      done += 1
      bytes += size
      onProgress({ stage: 'blobs', done, total, bytes, totalBytes })
    }
    await makeDirectory(disk, join(root, poolInstance))
    await eachOf(namedBlobs(catalog), filesAtOnce, restore)
    await copies.sync()
    return damaged
  } finally {
    catalog.close()
  }
}

/** Copied piece by piece, compared with the manifest once more where it arrived, and named when it is durable. */
async function restoreCatalog({ path, manifest }: Chosen, directory: string, disk: Disk): Promise<void> {
  const draftPath = join(directory, 'catalog.db.draft')
  const from = await open(join(path, 'catalog.db'), 'r')
  const draft = await open(draftPath, 'w', 0o600)
  try {
    const memory = Buffer.allocUnsafeSlow(1024 * 1024)
    for (;;) {
      const { bytesRead } = await from.read(memory, 0, memory.length)
      if (bytesRead === 0) break
      await draft.writeFile(memory.subarray(0, bytesRead))
    }
    await draft.sync()
  } finally {
    await draft.close()
    await from.close()
  }
  const { size } = await stat(draftPath)
  if (size !== manifest.catalog.bytes || (await sha256Of(draftPath)) !== manifest.catalog.sha256) {
    throw new Error('The catalog did not arrive as it left')
  }
  await rename(draftPath, join(directory, 'catalog.db'))
  await syncDirectory(disk, directory)
}
