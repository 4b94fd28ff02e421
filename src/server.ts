// A server of one process: its data directory is opened, it listens, and it is stopped without breaking off what is under way.

import { type Application, applicationOn, cut } from './application.js'
import type { RootKey } from './auth/root-key.js'
import type { Log } from './contract/log.js'
import { type Clock, type Operations, systemClock } from './contract/operation.js'
import { endpointOf, listen, tlsOf } from './listen.js'
import { openLockedData } from './locked-data.js'
import { openLog } from './log.js'
import type { Settings } from './settings.js'
import { type LocalStore, openStore } from './store/open-store.js'

/** What tests hand in. */
export interface ServerParts {
  readonly clock?: Clock
  readonly log?: Log
  /** In place of, or beside, those that Cairn has. */
  readonly operations?: Operations
}

/** A server that accepts requests. */
export interface RunningServer {
  /** "http://127.0.0.1:9000": where it listens, with the port it was given. */
  readonly endpoint: URL
  readonly region: string
  readonly rootKey: RootKey
  readonly store: LocalStore
  /** Stops accepting, lets requests under way finish within the grace, then closes the store.
   *  @param graceMs in place of the setting */
  close(graceMs?: number): Promise<void>
  /** Stops at once: requests under way are cut off. */
  closeNow(): Promise<void>
}

/** Opens the data directory and listens.
 *  @throws SettingsError for data directories and certificates that cannot be used and addresses that cannot be listened on
 *  @throws DirectoryLocked when another server has the data directory */
export async function startServer(settings: Settings, parts: ServerParts = {}): Promise<RunningServer> {
  const { clock = systemClock, log = openLog(settings.logLevel) } = parts
  const tls = await tlsOf(settings)
  const { rootKey, store } = await openData(settings, clock, log)
  let application: Application | undefined
  try {
    const made = (application = applicationOn(store, rootKey, settings, tls, { ...parts, clock, log }))
    const { server } = made
    await listen(server, settings.address)
    const endpoint = endpointOf(server, settings.address.host, tls !== undefined)
    let closed: Promise<void> | undefined
    const close = (graceMs = settings.shutdownGraceMs): Promise<void> => {
      made.isStopping = true
      closed ??= stop(made, graceMs, store)
      return closed
    }
    const closeNow = (): Promise<void> => {
      const stopped = close(0)
      cut(made)
      return stopped
    }
    return { endpoint, region: settings.region, rootKey, store, close, closeNow }
  } catch (error) {
    await application?.callers.close()
    await store.close()
    throw error
  }
}

/** The key and the store of a data directory. It is locked before the key is read: of two first starts at once only one makes a key. */
async function openData(settings: Settings, clock: Clock, log: Log): Promise<{ rootKey: RootKey; store: LocalStore }> {
  const directory = settings.data
  const { lock, rootKey } = await openLockedData(directory, settings)
  const { accountId: ownerId, displayName: ownerName } = rootKey
  const scrub = { days: settings.scrubDays, mibPerSecondMax: settings.scrubMibPerSecondMax }
  const { masterKeyFile } = settings
  const store = await openStore({
    directory,
    clock,
    ownerId,
    ownerName,
    log,
    lock,
    scrub,
    ...(masterKeyFile !== undefined && { masterKeyFile }),
  })
  return { rootKey, store }
}

async function stop(application: Application, graceMs: number, store: LocalStore): Promise<void> {
  const { server, connections, callers } = application
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  connections.closeWhenIdle()
  const late = setTimeout(cut, graceMs, application)
  await closed
  clearTimeout(late)
  await callers.close()
  await store.close()
}
