// A whole store in one process: the directory with its catalog, bodies, the collector and the scrub. What a server of one process opens.
// With several processes the same pieces are composed twice: writer-store.ts has the catalog, worker-store.ts the bodies.

import { registerInstance } from './catalog/register-instance.js'
import { newInstance, openBodies } from './bodies.js'
import { Collector } from './collect.js'
import { openDirectory, type StoreSettings } from './directory.js'
import { passPoint } from './fault-points.js'
import { roomMakingCatalog, roomyCatalog } from './roomy-catalog.js'
import { Scrub } from './scrub.js'
import type { ServedStore } from './store.js'

/** An open data directory: a Store, and what tests and the administrator look at. */
export interface LocalStore extends ServedStore {
  readonly collector: Collector
  readonly scrub: Scrub
}

/** Opens a data directory for this process alone; what an earlier one left behind is removed in the background.
 *  @throws DirectoryLocked; Error when the directory is newer than this program, damaged or not to be written to */
export function openStore(settings: StoreSettings): Promise<LocalStore> {
  return openDirectory(settings, async (opened) => {
    const { root, disk, catalog, lock, clock, log, space, stopper, holds, masterKey } = opened
    const instance = newInstance()
    if (stopper.failure === undefined) {
      await catalog.commit(registerInstance, { id: instance, startedMs: clock.now() })
    }
    passPoint('instance registered')
    const roomMaking = roomMakingCatalog(catalog, space)
    const bodies = openBodies({ catalog, discarding: roomMaking, disk, root, instance, processes: 1 })
    const { readers, openFiles, writeBody, discard, smallBody, readBody } = bodies
    const collector = new Collector({
      catalog: roomMaking,
      disk,
      readers: { oldest: (current) => holds.oldest(readers.oldest(current)) },
      root,
      forget: (locations) => locations.forEach((location) => openFiles.forget(location)),
      isLiving: (id) => id === instance,
      log,
    })
    const scrub = new Scrub({ catalog, path: catalog.path, root, clock, log, ...opened.scrub })
    let closing: Promise<void> | undefined
    const close = async (): Promise<void> => {
      const bodiesClosed = bodies.close()
      await Promise.all([collector.stop(), scrub.stop()])
      await space.close()
      await bodiesClosed
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
      sealer: masterKey.sealer(),
      collector,
      scrub,
      failure: () => stopper.failure,
      writeBody: (source, claims, also) => space.within(() => writeBody(source, claims, also)),
      discard,
      smallBody,
      readBody,
      close: () => (closing ??= close()),
    }
  })
}
