// What a data directory is made of, and how the one process that may write names to it opens it.
//   <directory>/lock.db, lock.pid   one writing process at a time
//   <directory>/server.db           one server of several processes at a time, whether its writer lives or not
//   <directory>/catalog.db          names; its user_version is the format of the whole directory
//   <directory>/master-key.json     what secrets in the catalog are sealed under, where no setting says that it is elsewhere
//   <directory>/blobs/              bytes, in a folder for each process that ever wrote here
//   <directory>/holds/              what other programs read beside it
//   <directory>/writer.sock         where the writer listens, when worker processes serve beside it

import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Clock, systemClock } from '../contract/operation.js'
import { Disk, makeDirectory } from './blobs/disk.js'
import { operatorAccount, registerAccount } from './catalog/account.js'
import { openSqliteCatalog, type SqliteCatalog } from './catalog/sqlite-catalog.js'
import { Holds } from './holds.js'
import { type Lock, lockDirectory } from './lock.js'
import { openMasterKey } from './master-key.js'
import type { ScrubSettings } from './scrub.js'
import type { MasterKey } from './sealer.js'
import { Space } from './space.js'
import { Stopper } from './stopper.js'

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
  /** Path of the master key's file; `master-key.json` of the directory when left out. */
  readonly masterKeyFile?: string
  /** No scrub when left out. */
  readonly scrub?: ScrubSettings
  /** See SqliteCatalogSettings: a test may have transactions of its own. */
  readonly transactions?: URL
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
  readonly scrub: ScrubSettings
  readonly space: Space
  /** What secrets in the catalog are sealed under. */
  readonly masterKey: MasterKey
  /** Has stopped already when a sync failed in an earlier run and the store was not found whole. */
  readonly stopper: Stopper
  readonly holds: Holds
}

/** No scrub. */
const noScrub: ScrubSettings = { days: 0, mibPerSecondMax: 1 }

const silent: StoreLog = { info: () => undefined, error: () => undefined }

/** Where the bytes are. */
export const blobsIn = (directory: string): string => join(directory, 'blobs')

/** Where the names are. */
export const catalogIn = (directory: string): string => join(directory, 'catalog.db')

/** Where the master key is, unless a setting says otherwise. */
export const masterKeyIn = (directory: string): string => join(directory, 'master-key.json')

/** Locks a data directory, and opens its catalog for writing.
 *  @param compose makes a store of it; should it fail, everything is closed again
 *  @throws DirectoryLocked; Error when the directory is newer than this program, damaged or not to be written to, or its master key is not there */
export async function openDirectory<Opened>(
  settings: StoreSettings,
  compose: (opened: OpenDirectory) => Promise<Opened>,
): Promise<Opened> {
  const { directory, clock = systemClock, ownerId, ownerName, log = silent, scrub = noScrub } = settings
  const stopper = new Stopper(directory, log)
  const disk = new Disk(stopper.stop)
  stopper.add(disk)
  if (settings.lock === undefined) await makeDataDirectory(directory)
  const lock = settings.lock ?? lockDirectory(directory)
  const space = new Space(directory, log)
  try {
    const root = blobsIn(directory)
    const path = catalogIn(directory)
    await requireCatalogOfBlobs(path, root)
    await makeDirectory(disk, root)
    const catalog = await openSqliteCatalog({
      path,
      clock,
      onFailure: stopper.stop,
      ...(settings.transactions && { transactions: settings.transactions }),
    })
    const migrated = catalog.migrated()
    if (migrated !== undefined) {
      const { from, to } = migrated
      log.info(migrated, `the store was migrated from format ${from} to ${to}; a copy of the older catalog is kept`)
    }
    try {
      stopper.add(catalog)
      await stopper.checkEarlierRun()
      if (stopper.failure === undefined) {
        await catalog.commit(registerAccount, operatorAccount(ownerId, ownerName, clock.now()))
      }
      const masterKeyFile = settings.masterKeyFile ?? masterKeyIn(directory)
      const masterKey = await openMasterKey(masterKeyFile, catalog, disk, stopper.failure !== undefined)
      const holds = new Holds(directory)
      return await compose({ root, disk, catalog, lock, clock, log, scrub, space, stopper, holds, masterKey })
    } catch (error) {
      await catalog.close()
      throw error
    }
  } catch (error) {
    await space.close()
    await stopper.settled()
    lock.release()
    throw error
  }
}

/** Makes a data directory, with its parents, when there is none: their names are durable then too. */
export async function makeDataDirectory(directory: string): Promise<void> {
  const disk = new Disk(() => undefined)
  const missing: string[] = []
  for (let path = resolve(directory); !existsSync(path); path = dirname(path)) missing.push(path)
  // Its own name is made durable at each start: an earlier one may have been cut short.
  if (missing.length === 0) missing.push(resolve(directory))
  for (const path of missing.toReversed()) await makeDirectory(disk, path)
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
