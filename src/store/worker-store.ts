// The store of a worker process: bodies of its own, names by way of the writer process.

import { type Clock, systemClock } from '../contract/operation.js'
import { Disk } from './blobs/disk.js'
import { writingStopped } from './writing-stopped.js'
import { type Bodies, newInstance, openBodies } from './bodies.js'
import { blobsIn, type StoreLog } from './directory.js'
import { openRemoteCatalog } from './link/remote-catalog.js'
import type { MasterKey } from './sealer.js'
import type { ServedStore } from './store.js'

/** How a worker's store is opened. */
export interface WorkerStoreSettings {
  /** Data directory, which a writer process has open. */
  readonly directory: string
  /** See `FromWorker`. */
  readonly run: string
  /** The server's, as its writer has it. */
  readonly masterKey: MasterKey
  /** This process's folder for blob files; the writer knows that it is alive. */
  readonly instance?: string
  /** How many workers there are. */
  readonly processes: number
  readonly clock?: Clock
  readonly log: StoreLog
  /** Told once, when a sync of this process has failed. */
  readonly onFailure: (error: Error) => void
  /** Told once, when the server this process works for is over. */
  readonly onRefusal: (error: Error) => void
}

/** Opens it, as soon as there is a writer. */
export async function openWorkerStore(settings: WorkerStoreSettings): Promise<ServedStore> {
  const {
    directory,
    run,
    instance = newInstance(),
    processes,
    clock = systemClock,
    log,
    onFailure,
    onRefusal,
  } = settings
  const disk = new Disk((error) => {
    log.error({ err: error }, 'the store has stopped writing')
    onFailure(error)
  })
  let bodies: Bodies | undefined
  const catalog = await openRemoteCatalog(
    {
      directory,
      run,
      instance,
      oldest: (current) => bodies?.readers.oldest(current) ?? current,
      forget: (location) => bodies?.openFiles.forget(location),
      onReturn: () => bodies?.openFiles.close(),
      onRefusal,
    },
    clock.now(),
  )
  const opened = (bodies = openBodies({ catalog, disk, root: blobsIn(directory), instance, processes }))
  const { discard, smallBody, readBody } = opened
  let closing: Promise<void> | undefined
  return {
    catalog,
    sealer: settings.masterKey.sealer(),
    failure: () => disk.failure ?? catalog.failure(),
    writeBody: (source, claims, also) => {
      const failure = catalog.stopped()
      // No byte is written that nobody could name, nor remove.
      return failure === undefined ? opened.writeBody(source, claims, also) : Promise.reject(writingStopped(failure))
    },
    discard,
    smallBody,
    readBody,
    close: () => (closing ??= opened.close().then(() => catalog.close())),
  }
}
