// The store of the writer process: the directory with its catalog, the collector and the scrub, and the socket by which worker processes commit.
// It has no bodies: those are written and read by the workers.

import { Collector } from './collect.js'
import { openDirectory, type StoreSettings } from './directory.js'
import { passPoint } from './fault-points.js'
import { WorkerLinks } from './link/worker-links.js'
import { roomMakingCatalog } from './roomy-catalog.js'
import { Scrub } from './scrub.js'
import type { MasterKey } from './sealer.js'

/** How a writer's store is opened. */
export interface WriterStoreSettings extends StoreSettings {
  /** See `FromWorker`. */
  readonly run: string
  /** Instances of worker processes that live already. */
  readonly living: readonly string[]
  /** Told once when writing has stopped for good. */
  readonly onFailure?: (error: Error) => void
}

/** An open data directory that workers are served from. */
export interface WriterStore {
  readonly collector: Collector
  /** For the workers. */
  readonly masterKey: MasterKey
  /** Notes that a worker's process has ended: what it left unnamed is removed. */
  bury(instance: string): void
  /** Stops writing for good: the disk has failed a worker. */
  stopWriting(error: Error): void
  close(): Promise<void>
}

/** Opens a data directory for the workers of one server; what dead processes left behind is removed in the background.
 *  @throws as `openDirectory` */
export function openWriterStore(settings: WriterStoreSettings): Promise<WriterStore> {
  const { directory, run, living, onFailure = () => undefined } = settings
  return openDirectory(settings, async (opened) => {
    const { root, disk, catalog, lock, clock, log, space, stopper, holds } = opened
    const workers = new WorkerLinks({ catalog, space, directory, run, living })
    stopper.add(workers)
    stopper.add({ fail: onFailure })
    await workers.listen()
    const collector = new Collector({
      catalog: roomMakingCatalog(catalog, space),
      disk,
      readers: { oldest: async (current) => holds.oldest(await workers.oldest(current)) },
      root,
      forget: (locations) => workers.forget(locations),
      isLiving: (instance) => workers.isLiving(instance),
      clock,
      log,
    })
    const scrub = new Scrub({ catalog, path: catalog.path, root, clock, log, ...opened.scrub })
    let closing: Promise<void> | undefined
    const close = async (): Promise<void> => {
      await workers.close()
      await Promise.all([collector.stop(), scrub.stop()])
      await space.close()
      await catalog.close()
      await stopper.settled()
      lock.release()
    }
    collector.start()
    scrub.start()
    // Nothing can be collected any more, and nothing found be written down.
    stopper.add({ fail: () => void Promise.all([collector.stop(), scrub.stop()]) })
    return {
      collector,
      masterKey: opened.masterKey,
      bury: (instance) => {
        workers.bury(instance)
        passPoint('burial taken')
        collector.sweep()
      },
      stopWriting: stopper.stop,
      close: () => (closing ??= close()),
    }
  })
}
