// Holds: a process that reads a data directory beside its server says from which change on it needs everything. By files in the directory:
//   holds/<random>.db        locked, as lock.db is, for as long as the hold lasts: it falls with its process, whatever kills that
//   holds/<random>.number    the change number in text; none: everything is held
//
// Why nothing is lost. A holder (1) locks its hold, which holds everything, (2) reads a snapshot of the catalog, (3) writes down the number N of
// the newest change in it. The collector (a) lists files whose rows it finds in `removal`, (b) looks at the holds, (c) removes those files only
// that were unnamed at a number below every hold's. Let a hold be there at (b): it is from (1) on, and either holds everything or holds N. A file
// the snapshot names was unnamed after it, so under N or a higher number: it stays. Let a hold not be there at (b): then (2) comes after (a), and
// the snapshot knows the files of (a) as unnamed already. No clock and no waiting is part of this. Rows of versions go likewise: the collector
// looks first, at a time when the newest change was not below its `upTo`; who is not seen reads an N of at least `upTo` later, and what was gone
// at `upTo` is not part of the state at N.

import type Database from 'better-sqlite3'
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { hasCode } from './blobs/disk.js'
import { lockedDatabase } from './locked-database.js'

/** Everything is kept, until a number is said. */
export interface Hold {
  /** From now on only what was there at change `number` or came later is kept. */
  keepFrom(number: number): void
  /** Lets everything go. */
  release(): void
}

const folderOf = (directory: string): string => join(directory, 'holds')

/** Tries to make a hold. The collector takes one that is not locked yet for dead, and removes it: each try loses a race of microseconds. */
const triesMax = 100

/** Holds everything in a data directory, until `release` or the end of this process.
 *  @throws Error when the directory cannot be written to */
export function holdDirectory(directory: string): Hold {
  const folder = folderOf(directory)
  if (!fs.existsSync(folder)) fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  giveToOwner(folder, directory)
  for (let i = 0; i < triesMax; i += 1) {
    const path = join(folder, `${randomBytes(8).toString('hex')}.db`)
    let database: Database.Database | undefined
    try {
      database = lockedDatabase(path, { timeout: 0 })
    } catch (error) {
      // SQLite calls a database whose file has gone an I/O error.
      if (fs.existsSync(path)) throw error
    }
    if (database === undefined) continue
    // Whoever removes the file locks it first, and this process has the lock: if it has its name now, it keeps it.
    if (fs.existsSync(path)) {
      giveToOwner(path, directory)
      return heldBy(database, path, directory)
    }
    database.close()
  }
  throw new Error(`${folder} takes no hold: it cannot be written to, or each was removed at once`)
}

function heldBy(database: Database.Database, path: string, directory: string): Hold {
  let isHeld = true
  return {
    keepFrom(number) {
      const numberPath = numberPathOf(path)
      // No sync: a hold does not outlive the machine's power anyway.
      fs.writeFileSync(`${numberPath}.draft`, `${number}\n`, { mode: 0o600 })
      giveToOwner(`${numberPath}.draft`, directory)
      fs.renameSync(`${numberPath}.draft`, numberPath)
    },
    release() {
      if (!isHeld) return
      isHeld = false
      removeHold(path)
      database.close()
    },
  }
}

/** The holds of a data directory, as the collector sees them. */
export class Holds {
  readonly #folder: string

  constructor(directory: string) {
    this.#folder = folderOf(directory)
  }

  /** The lowest change number any living hold needs everything from, or `current` when that is lower or nobody holds; 0 holds everything. Holds of
   *  the dead are removed. With none it costs the listing of an empty folder, some 20 us; each hold some 0.2 ms.
   *  @throws Error when a hold cannot be looked at: who cannot tell may remove nothing */
  oldest(current: number): number {
    let oldest = current
    for (const name of this.#names()) {
      if (!name.endsWith('.db')) continue
      const path = join(this.#folder, name)
      if (isAlive(path)) oldest = Math.min(oldest, numberOf(path))
    }
    return oldest
  }

  #names(): readonly string[] {
    try {
      return fs.readdirSync(this.#folder)
    } catch (error) {
      if (hasCode(error, ['ENOENT'])) return []
      throw error
    }
  }
}

/** Whether somebody has the lock; a file nobody has locked is removed. */
function isAlive(path: string): boolean {
  let database: Database.Database | undefined
  try {
    database = lockedDatabase(path, { timeout: 0, fileMustExist: true })
  } catch (error) {
    // It was released since the folder was listed.
    if (!fs.existsSync(path)) return false
    throw error
  }
  if (database === undefined) return true
  removeHold(path)
  database.close()
  return false
}

/** Whoever does this has the lock. The number goes first: without it everything is held, and never too little. */
function removeHold(path: string): void {
  fs.rmSync(numberPathOf(path), { force: true })
  fs.rmSync(`${numberPathOf(path)}.draft`, { force: true })
  fs.rmSync(path, { force: true })
}

const numberPathOf = (path: string): string => path.replace(/\.db$/, '.number')

/** The number a hold says; 0, which holds everything, while it has said none. */
function numberOf(path: string): number {
  try {
    const number = Number.parseInt(fs.readFileSync(numberPathOf(path), 'utf8'), 10)
    return Number.isSafeInteger(number) ? number : 0
  } catch (error) {
    if (hasCode(error, ['ENOENT'])) return 0
    throw error
  }
}

/** What root makes in a directory of somebody else's is to be looked at, and removed, by its server. */
function giveToOwner(path: string, directory: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = fs.statSync(directory)
  if (uid !== 0 || gid !== 0) fs.chownSync(path, uid, gid)
}
