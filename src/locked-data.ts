// A data directory is locked before its key is read: of two first starts at once only one makes a key.

import { openRootKey, type RootKey } from './auth/root-key.js'
import { SettingsError } from './config.js'
import type { Settings } from './settings.js'
import { makeDataDirectory } from './store/directory.js'
import { DirectoryLocked, type Lock, lockDirectoryOnceFree, lockForServer } from './store/lock.js'

/** A data directory this process alone may write names to, and its root key. */
export interface LockedData {
  readonly lock: Lock
  readonly rootKey: RootKey
}

/** Makes the data directory when there is none, locks it, and opens its root key.
 *  @param holder process id to tell who wants the directory too: the one that is stopped to free it
 *  @throws SettingsError when the directory cannot be made or written to; DirectoryLocked; what `openRootKey` throws */
export async function openLockedData(
  directory: string,
  settings: Pick<Settings, 'rootAccessKey' | 'rootSecretKey'>,
  holder = process.pid,
): Promise<LockedData> {
  const lock = await locked(directory, () => lockDirectoryOnceFree(directory, holder))
  try {
    const { rootAccessKey: accessKeyId, rootSecretKey: secretAccessKey } = settings
    return { lock, rootKey: await openRootKey(directory, { accessKeyId, secretAccessKey }) }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Makes the data directory when there is none, and locks it for a server of several processes.
 *  @throws SettingsError, DirectoryLocked, as `openLockedData` */
export const lockServedData = (directory: string): Promise<Lock> => locked(directory, () => lockForServer(directory))

async function locked(directory: string, lock: () => Lock | Promise<Lock>): Promise<Lock> {
  try {
    await makeDataDirectory(directory)
    return await lock()
  } catch (cause) {
    if (cause instanceof DirectoryLocked) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SettingsError(
      `data is ${JSON.stringify(directory)}; allowed is a directory that can be made and written to (${reason}).`,
      { cause },
    )
  }
}
