// One process a data directory.
// A server of several processes has a second one, its supervisor's: it stays when the writer dies, until there is another writer.

import Database from 'better-sqlite3'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { hasCode } from './blobs/disk.js'
import { passPoint } from './fault-points.js'
import { isBusy, lockedDatabase } from './locked-database.js'

/** How long the processes of a server whose supervisor was killed may take to end. */
const lingerMsMax = 5_000

const retryMs = 50

/** How long who looks whether a server is there may be in its way. */
const lookMsMax = 500

/** A directory this process alone may write to. */
export interface Lock {
  /** Lets the next one have it. */
  release(): void
}

/** Somebody else holds the lock. */
export class DirectoryLocked extends Error {
  /** Process id of the holder, when it could be read. */
  readonly holder: number | undefined

  constructor(directory: string, holder: number | undefined) {
    super(`${directory} is in use by another Cairn${holder === undefined ? '' : ` (process ${holder})`}: stop it first`)
    this.name = 'DirectoryLocked'
    this.holder = holder
  }
}

/** Locks a data directory, which must exist, until `release` or the end of this process.
 *  @param holder process id that is told to who wants it too: of the process that is stopped to free it
 *  @throws DirectoryLocked when another process, or this one, holds it; Error when the directory cannot be written to */
export function lockDirectory(directory: string, holder = process.pid): Lock {
  // The holder's id cannot be read from a locked database, so it stands beside it.
  const holderFile = join(directory, 'lock.pid')
  // A writer is its supervisor's. All others look before they lock, so as to be in no writer's way, and again when no other can come.
  const requireNoServer = (): void => {
    if (holder === process.pid && isServed(directory)) throw new DirectoryLocked(directory, holderIn(holderFile))
  }
  requireNoServer()
  const database = requireLocked(directory, 'lock.db', 0)
  try {
    passPoint('directory locked')
    requireNoServer()
    writeHolder(holderFile, holder)
  } catch (error) {
    database.close()
    throw error
  }
  let isHeld = true
  return {
    release: () => {
      if (!isHeld) return
      isHeld = false
      rmSync(holderFile, { force: true })
      database.close()
    },
  }
}

/** Locks a data directory for a server of several processes, until `release` or the end of this one: nobody but its writers may lock it then.
 *  @throws DirectoryLocked when another such server has it; Error when the directory cannot be written to */
export function lockForServer(directory: string): Lock {
  const database = requireLocked(directory, 'server.db', lookMsMax)
  return { release: () => void database.close() }
}

/** Whether a server of several processes has a data directory, be there a writer at the moment or not. */
export const isServed = (directory: string): boolean => isLocked(join(directory, 'server.db'))

/** Whether somebody else holds the lock on a database. */
export function isLocked(path: string): boolean {
  if (!existsSync(path)) return false
  const database = new Database(path, { readonly: true, timeout: 0 })
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    if (isBusy(error)) return true
    throw error
  } finally {
    database.close()
  }
}

/** @throws DirectoryLocked */
function requireLocked(directory: string, name: string, timeout: number): Database.Database {
  const database = lockedDatabase(join(directory, name), { timeout })
  if (database !== undefined) return database
  throw new DirectoryLocked(directory, holderIn(join(directory, 'lock.pid')))
}

/** As `lockDirectory`, but where the holder it would name has ended already waits for what it left: the processes of a server whose
 *  supervisor was killed end a moment after it. */
export async function lockDirectoryOnceFree(directory: string, holder = process.pid): Promise<Lock> {
  for (const until = performance.now() + lingerMsMax; ; await wait(retryMs)) {
    try {
      return lockDirectory(directory, holder)
    } catch (error) {
      if (!(error instanceof DirectoryLocked) || !hasEnded(error.holder) || performance.now() > until) throw error
    }
  }
}

/** Source: kill(2), "if sig is 0 … existence and permission checks are still performed". */
function hasEnded(processId: number | undefined): boolean {
  if (processId === undefined) return false
  try {
    process.kill(processId, 0)
    return false
  } catch (error) {
    return hasCode(error, ['ESRCH'])
  }
}

function writeHolder(path: string, holder: number): void {
  try {
    const fd = openSync(path, 'w', 0o600)
    try {
      writeSync(fd, `${holder}\n`)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    // On a full disk the message to a second process names nobody; the lock holds all the same.
    if (!hasCode(error, ['ENOSPC', 'EDQUOT'])) throw error
  }
}

function holderIn(path: string): number | undefined {
  try {
    const holder = Number.parseInt(readFileSync(path, 'utf8'), 10)
    return Number.isSafeInteger(holder) ? holder : undefined
  } catch {
    return undefined
  }
}
