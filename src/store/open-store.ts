// A whole store in one process: the directory with its catalog, bodies and the collector. What a server of one process opens.
// With several processes the same pieces are composed twice: writer-store.ts has the catalog, worker-store.ts the bodies.

import { registerInstance } from './catalog/register-instance.js'
import { newInstance, openBodies } from './bodies.js'
import { Collector } from './collect.js'
import { openDirectory, type StoreSettings } from './directory.js'
import type { ServedStore } from './store.js'

/** An open data directory: a Store, and what tests and the administrator look at. */
export interface LocalStore extends ServedStore {
  readonly collector: Collector
}

/** Opens a data directory for this process alone; what an earlier one left behind is removed in the background.
 *  @throws DirectoryLocked; Error when the directory is newer than this program, damaged or not to be written to */
export function openStore(settings: StoreSettings): Promise<LocalStore> {
  return openDirectory(settings, async ({ root, disk, catalog, lock, clock, log }) => {
    const instance = newInstance()
    await catalog.commit(registerInstance, { id: instance, startedMs: clock.now() })
    const bodies = openBodies({ catalog, disk, root, instance, processes: 1 })
    const { readers, openFiles, writeBody, discard, smallBody, readBody } = bodies
    const collector = new Collector({
      catalog,
      disk,
      readers,
      root,
      forget: (locations) => locations.forEach((location) => openFiles.forget(location)),
      isLiving: (id) => id === instance,
      log,
    })
    let closing: Promise<void> | undefined
    const close = async (): Promise<void> => {
      const bodiesClosed = bodies.close()
      await collector.stop()
      await bodiesClosed
      await catalog.close()
      lock.release()
    }
    collector.start()
    return {
      catalog,
      collector,
      failure: () => disk.failure ?? catalog.failure(),
      writeBody,
      discard,
      smallBody,
      readBody,
      close: () => (closing ??= close()),
    }
  })
}
