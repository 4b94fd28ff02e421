// The store of the writer process: the directory with its catalog and the collector, and the socket by which worker processes commit.
// It has no bodies: those are written and read by the workers.

import { Collector } from './collect.js'
import { openDirectory, type StoreSettings } from './directory.js'
import { WorkerLinks } from './link/worker-links.js'

/** How a writer's store is opened. */
export interface WriterStoreSettings extends StoreSettings {
  /** See `FromWorker`. */
  readonly run: string
  /** Instances of worker processes that live already. */
  readonly living: readonly string[]
}

/** An open data directory that workers are served from. */
export interface WriterStore {
  readonly collector: Collector
  /** Notes that a worker's process has ended: what it left unnamed is removed. */
  bury(instance: string): void
  /** Stops writing for good: the disk has failed a worker. */
  stopWriting(error: Error): void
  close(): Promise<void>
}

/** Opens a data directory for the workers of one server; what dead processes left behind is removed in the background.
 *  @throws as `openDirectory` */
export function openWriterStore(settings: WriterStoreSettings): Promise<WriterStore> {
  const { directory, run, living, onFailure } = settings
  let links: WorkerLinks | undefined
  const failed = (error: Error): void => {
    links?.fail(error)
    onFailure?.(error)
  }
  return openDirectory({ ...settings, onFailure: failed }, async ({ root, disk, catalog, lock, log }) => {
    const workers = (links = new WorkerLinks({ catalog, directory, run, living }))
    await workers.listen()
    const collector = new Collector({
      catalog,
      disk,
      readers: workers,
      root,
      forget: (locations) => workers.forget(locations),
      isLiving: (instance) => workers.isLiving(instance),
      log,
    })
    let closing: Promise<void> | undefined
    const close = async (): Promise<void> => {
      await workers.close()
      await collector.stop()
      await catalog.close()
      lock.release()
    }
    collector.start()
    return {
      collector,
      bury: (instance) => {
        workers.bury(instance)
        collector.sweep()
      },
      stopWriting: (error) => catalog.stopWriting(error),
      close: () => (closing ??= close()),
    }
  })
}
