// What a data directory is made of, and how the one process that may write names to it opens it.
//   <directory>/lock.db, lock.pid   one writing process at a time
//   <directory>/catalog.db          names; its user_version is the format of the whole directory
//   <directory>/blobs/              bytes, in a folder for each process that ever wrote here
//   <directory>/writer.sock         where the writer listens, when worker processes serve beside it

import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Clock, systemClock } from '../contract/operation.js'
import { Disk, makeDirectory } from './blobs/disk.js'
import { registerAccount } from './catalog/account.js'
import { openSqliteCatalog, type SqliteCatalog } from './catalog/sqlite-catalog.js'
import { type Lock, lockDirectory } from './lock.js'

/** Told what an operator should know: pino's shape. */
export interface StoreLog {
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** How a store is opened. */
export interface StoreSettings {
  /** Data directory; made, with its parents, when there is none. */
  readonly directory: string
  readonly clock?: Clock
  /** The root account: canonical user id (64 hex digits) and display name. */
  readonly ownerId: string
  readonly ownerName: string
  readonly log?: StoreLog
  /** The directory's lock, where the caller has it already; from here on it is the store's. */
  readonly lock?: Lock
  /** See SqliteCatalogSettings: a test may have transactions of its own. */
  readonly transactions?: URL
  /** Told once when the catalog has stopped writing for good. */
  readonly onFailure?: (error: Error) => void
}

/** A locked data directory with its catalog. */
export interface OpenDirectory {
  /** The `blobs` directory. */
  readonly root: string
  readonly disk: Disk
  readonly catalog: SqliteCatalog
  readonly lock: Lock
  readonly clock: Clock
  readonly log: StoreLog
}

const silent: StoreLog = { info: () => undefined, error: () => undefined }

/** Where the bytes are. */
export const blobsIn = (directory: string): string => join(directory, 'blobs')

/** Where the names are. */
export const catalogIn = (directory: string): string => join(directory, 'catalog.db')

/** Locks a data directory, and opens its catalog for writing.
 *  @param compose makes a store of it; should it fail, everything is closed again
 *  @throws DirectoryLocked; Error when the directory is newer than this program, damaged or not to be written to */
export async function openDirectory<Opened>(
  settings: StoreSettings,
  compose: (opened: OpenDirectory) => Promise<Opened>,
): Promise<Opened> {
  const { directory, clock = systemClock, ownerId, ownerName, log = silent, onFailure } = settings
  const disk = new Disk((error) => log.error({ err: error }, 'the store has stopped writing'))
  if (settings.lock === undefined) await makeDataDirectory(directory)
  const lock = settings.lock ?? lockDirectory(directory)
  try {
    const root = blobsIn(directory)
    const path = catalogIn(directory)
    await requireCatalogOfBlobs(path, root)
    await makeDirectory(disk, root)
    const catalog = await openSqliteCatalog({
      path,
      clock,
      onFailure: (error) => {
        log.error({ err: error }, 'the catalog has stopped writing')
        onFailure?.(error)
      },
      ...(settings.transactions && { transactions: settings.transactions }),
    })
    try {
      await catalog.commit(registerAccount, { id: ownerId, name: ownerName, now: clock.now() })
      return await compose({ root, disk, catalog, lock, clock, log })
    } catch (error) {
      await catalog.close()
      throw error
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Makes a data directory, with its parents, when there is none. */
export async function makeDataDirectory(directory: string): Promise<void> {
  await mkdir(dirname(directory), { recursive: true })
  await makeDirectory(new Disk(() => undefined), directory)
}

/** Blobs without their catalog are somebody's data that has lost its names: a new, empty catalog would hide that.
 *  @throws Error when there are folders of blobs and no catalog, or an empty file in its place */
async function requireCatalogOfBlobs(path: string, root: string): Promise<void> {
  const catalog = await stat(path).catch(() => undefined)
  if (catalog !== undefined && catalog.size > 0) return
  const folders = await readdir(root).catch(() => [])
  if (folders.length === 0) return
  throw new Error(`${root} holds blobs, but their catalog ${path} is missing or empty: restore it from a backup`)
}
