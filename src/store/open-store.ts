// Opens a data directory: lock, catalog, blob files, collector, composed into a Store.
//   <directory>/lock.db, lock.pid   one process at a time
//   <directory>/catalog.db          names; its user_version is the format of the whole directory
//   <directory>/blobs/              bytes, in a folder for each process that ever wrote here
//   <directory>/holds/              what other processes read beside this one

import { randomBytes } from 'node:crypto'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type Clock, systemClock } from '../contract/operation.js'
import { Disk, makeDirectory, syncDirectory } from './blobs/disk.js'
import { discarder } from './blobs/discard.js'
import { BlobFiles } from './blobs/files.js'
import { HashLanes } from './blobs/hash-lanes.js'
import { OpenFiles } from './blobs/open-files.js'
import { Pieces, plainMemory, sharedMemory } from './blobs/pieces.js'
import { bodyReader } from './blobs/read-body.js'
import { Readers } from './blobs/readers.js'
import { smallBodyReader } from './blobs/small-bodies.js'
import { bodyWriter } from './blobs/write-body.js'
import { registerAccount } from './catalog/account.js'
import { registerInstance } from './catalog/register-instance.js'
import { openSqliteCatalog, type SqliteCatalog } from './catalog/sqlite-catalog.js'
import { Collector } from './collect.js'
import { passPoint } from './fault-points.js'
import { Holds } from './holds.js'
import { type Lock, lockDirectory } from './lock.js'
import { roomMakingCatalog, roomyCatalog } from './roomy-catalog.js'
import { Scrub, type ScrubSettings } from './scrub.js'
import { Space } from './space.js'
import { Stopper } from './stopper.js'
import type { Store } from './store.js'

/** Memory for bodies on their way in, and on their way out, bytes each: a first piece each body has beyond it. */
const piecesBudgetBytes = 64 * 1024 * 1024

/** Threads that hash large bodies. They take turns with the main thread where there are few cores. */
const hashLanesMax = Math.min(8, Math.max(2, availableParallelism()))

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
  /** No scrub when left out. */
  readonly scrub?: ScrubSettings
  /** See SqliteCatalogSettings: a test may have transactions of its own. */
  readonly transactions?: URL
}

/** An open data directory: a Store, and what tests and the administrator look at. */
export interface LocalStore extends Store {
  readonly collector: Collector
  readonly scrub: Scrub
  /** Why writes have stopped for good, when they have. */
  failure(): Error | undefined
}

/** No scrub. */
const noScrub: ScrubSettings = { days: 0, mibPerSecondMax: 1 }

const silent: StoreLog = { info: () => undefined, error: () => undefined }

/** Opens a data directory for this process alone; what an earlier one left behind is removed in the background.
 *  @throws DirectoryLocked; Error when the directory is newer than this program, damaged or not to be written to */
export async function openStore(settings: StoreSettings): Promise<LocalStore> {
  const { directory, clock = systemClock, ownerId, ownerName, log = silent, scrub = noScrub } = settings
  const stopper = new Stopper(directory, log)
  const disk = new Disk(stopper.stop)
  stopper.add(disk)
  if (settings.lock === undefined) await makeDataDirectory(directory)
  const lock = settings.lock ?? lockDirectory(directory)
  const space = new Space(directory, log)
  try {
    const root = join(directory, 'blobs')
    const path = join(directory, 'catalog.db')
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
      const instance = randomBytes(8).toString('hex')
      const now = clock.now()
      if (stopper.failure === undefined) {
        await Promise.all([
          catalog.commit(registerAccount, { id: ownerId, name: ownerName, now }),
          catalog.commit(registerInstance, { id: instance, startedMs: now }),
        ])
      }
      passPoint('instance registered')
      return compose({ root, instance, disk, catalog, lock, log, clock, scrub, space, stopper })
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
  const parent = dirname(resolve(directory))
  const firstMade = (await mkdir(parent, { recursive: true })) ?? resolve(directory)
  for (let made = parent; made.length >= firstMade.length; made = dirname(made)) {
    await syncDirectory(disk, dirname(made))
  }
  await makeDirectory(disk, directory)
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

interface Opened {
  readonly root: string
  readonly instance: string
  readonly disk: Disk
  readonly catalog: SqliteCatalog
  readonly lock: Lock
  readonly log: StoreLog
  readonly clock: Clock
  readonly scrub: ScrubSettings
  readonly space: Space
  readonly stopper: Stopper
}

function compose(opened: Opened): LocalStore {
  const { root, instance, disk, catalog, lock, log, clock, space, stopper } = opened
  const readers = new Readers()
  const files = new BlobFiles(disk, root, instance)
  const openFiles = new OpenFiles(root)
  const lanes = new HashLanes(hashLanesMax)
  const write = bodyWriter({ disk, files, lanes, pieces: new Pieces(sharedMemory, piecesBudgetBytes) })
  const readBody = bodyReader({
    catalog,
    files: openFiles,
    readers,
    pieces: new Pieces(plainMemory, piecesBudgetBytes),
  })
  const roomMaking = roomMakingCatalog(catalog, space)
  const discard = discarder(roomMaking, files)
  const holds = new Holds(dirname(root))
  const oldest = (current: number): number => holds.oldest(readers.oldest(current))
  const collector = new Collector({ catalog: roomMaking, disk, readers: { oldest }, openFiles, root, instance, log })
  const scrub = new Scrub({ catalog, path: catalog.path, root, clock, log, ...opened.scrub })
  const underWay = new Set<Promise<unknown>>()
  const tracked = <Result>(promise: Promise<Result>): Promise<Result> => {
    underWay.add(promise)
    const end = (): boolean => underWay.delete(promise)
    promise.then(end, end)
    return promise
  }
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await Promise.all([collector.stop(), scrub.stop()])
    await space.close()
    while (underWay.size > 0) await Promise.allSettled(underWay)
    files.close()
    openFiles.close()
    await lanes.close()
    await catalog.close()
    await stopper.settled()
    lock.release()
  }
  collector.start()
  scrub.start()
  // Nothing can be collected any more, and nothing found be written down.
  stopper.add({ fail: () => void Promise.all([collector.stop(), scrub.stop()]) })
  return {
    catalog: roomyCatalog(catalog, space),
    collector,
    scrub,
    failure: () => stopper.failure,
    writeBody: (source, claims, also) => {
      if (closing !== undefined) return Promise.reject(new Error('The store is closed'))
      return tracked(space.within(() => write(source, claims, also)))
    },
    discard: (draft) => tracked(discard(draft)),
    smallBody: smallBodyReader(catalog),
    readBody,
    close: () => (closing ??= close()),
  }
}
