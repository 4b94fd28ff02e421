// A repair works on a copy of the catalog: nothing is changed until all of it is done and has been checked, and then in one rename. The
// catalog that was there is kept, as it was.

import Database from 'better-sqlite3'
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Connection } from '../catalog/connection.js'
import { requireFormat } from '../catalog/require-format.js'
import type { RepairStep, Tell } from './repair-step.js'

/** Faults of the database file that are told. */
const databaseFaultsTold = 5

/** A copy of a catalog that is being repaired. */
export class WorkingCopy {
  readonly #original: string
  readonly #folder: string
  readonly connection: Connection

  private constructor(original: string, folder: string, connection: Connection) {
    this.#original = original
    this.#folder = folder
    this.connection = connection
  }

  /** Copies the catalog, and makes the database file of the copy sound.
   *  @param path of a catalog that nobody has open
   *  @param folder made for it, on the same file system; what an earlier repair left there is removed
   *  @throws Error when the file cannot be made sound, or its format is another program's */
  static open(path: string, folder: string, tell: Tell): WorkingCopy {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    try {
      return new WorkingCopy(path, folder, openCopy(path, join(folder, 'catalog.db'), tell))
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** Puts the copy in the catalog's place.
   *  @param kept folder the old catalog is kept in, with the report of what was done
   *  @returns the path of the old one */
  replace(kept: string, steps: readonly RepairStep[]): string {
    const copy = join(this.#folder, 'catalog.db')
    const { database } = this.connection
    database.pragma('synchronous = FULL')
    database.pragma('wal_checkpoint(TRUNCATE)')
    this.connection.close()
    mkdirSync(kept, { recursive: true, mode: 0o700 })
    const old = join(kept, 'catalog.db')
    linkSync(this.#original, old)
    writeFileSync(join(kept, 'report.jsonl'), steps.map((step) => `${JSON.stringify(step)}\n`).join(''), {
      mode: 0o600,
    })
    for (const path of [copy, old, join(kept, 'report.jsonl'), kept, dirname(kept)]) sync(path)
    // A WAL that could not be emptied belongs to the old catalog; the copy has taken in what it held.
    if (hasWal(this.#original)) renameSync(`${this.#original}-wal`, `${old}-wal`)
    for (const suffix of ['-wal', '-shm']) rmSync(`${this.#original}${suffix}`, { force: true })
    renameSync(copy, this.#original)
    sync(dirname(this.#original))
    return old
  }

  /** Removes the copy, where it has not taken the catalog's place. */
  close(): void {
    this.connection.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function openCopy(path: string, copy: string, tell: Tell): Connection {
  emptyWal(path)
  copyFileSync(path, copy, constants.COPYFILE_FICLONE)
  if (hasWal(path)) copyFileSync(`${path}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE)
  makeSound(path, copy, tell)
  const connection = new Connection(copy, 'write')
  try {
    requireFormat(connection.database)
    // The copy is synced as a whole before it takes the catalog's place.
    for (const pragma of [
      'synchronous = OFF',
      'foreign_keys = OFF',
      'wal_autocheckpoint = 1000',
      'temp_store = FILE',
    ]) {
      connection.database.pragma(pragma)
    }
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

const hasWal = (path: string): boolean => (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0

/** Puts what the WAL holds into the database file, where SQLite can: it removes an empty WAL when the last connection closes. */
function emptyWal(path: string): void {
  try {
    const database = new Database(path, { fileMustExist: true })
    try {
      database.pragma('wal_checkpoint(TRUNCATE)')
    } finally {
      database.close()
    }
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
    if (error.code === 'SQLITE_NOTADB') throw beyondRepair(path, error)
    // Then both are copied, and whether the copy can be read is seen next.
  }
}

/** Builds indexes, or the whole file, anew where pages do not hold together.
 *  @throws Error when rows themselves cannot be read */
function makeSound(original: string, path: string, tell: Tell): void {
  const faults = faultsOf(path)
  if (faults.length === 0) return
  const more = faults.length > databaseFaultsTold ? `, and ${faults.length - databaseFaultsTold} more` : ''
  const said = `the database file is damaged (${faults.slice(0, databaseFaultsTold).join('; ')}${more})`
  if (attempt(path, (database) => database.exec('REINDEX')) && faultsOf(path).length === 0) {
    tell({ kind: 'change', what: `${said}: its indexes are built anew` })
    return
  }
  const anew = `${path}.anew`
  const isBuilt =
    attempt(path, (database) => database.prepare('VACUUM INTO ?').run(anew)) && faultsOf(anew).length === 0
  if (!isBuilt) throw beyondRepair(original, new Error(said))
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
  renameSync(anew, path)
  tell({ kind: 'change', what: `${said}: it is written anew from the rows that can be read, which are all` })
}

function faultsOf(path: string): string[] {
  try {
    const database = new Database(path, { fileMustExist: true })
    try {
      const rows = database.prepare<[], string>('PRAGMA integrity_check').pluck().all()
      return rows.length === 1 && rows[0] === 'ok' ? [] : rows
    } finally {
      database.close()
    }
  } catch (error) {
    if (error instanceof Database.SqliteError) return [error.message]
    throw error
  }
}

function attempt(path: string, change: (database: Database.Database) => unknown): boolean {
  try {
    const database = new Database(path, { fileMustExist: true })
    try {
      change(database)
      return true
    } finally {
      database.close()
    }
  } catch (error) {
    if (error instanceof Database.SqliteError) return false
    throw error
  }
}

const beyondRepair = (path: string, cause: Error): Error =>
  new Error(
    `The catalog cannot be read as a whole, and blobs do not say what they are called: restore the backup of it, then run cairn repair again. Nothing was changed (${path})`,
    { cause },
  )

function sync(path: string): void {
  if (!existsSync(path)) return
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
