// A lock between processes: SQLite's on a database of its own that holds nothing. It falls with its process, whatever kills that.

import Database from 'better-sqlite3'

/** Opens and locks a database until it is closed; undefined when somebody else has the lock. No code may open such a file but SQLite: closing any
 *  descriptor of it would drop this process's lock.
 *  @param options `timeout`: ms it is waited for; `fileMustExist`: whether it may be made
 *  @throws SqliteError when it cannot be opened or written to */
export function lockedDatabase(
  path: string,
  options: Pick<Database.Options, 'timeout' | 'fileMustExist'>,
): Database.Database | undefined {
  const database = new Database(path, options)
  try {
    // It says nothing that could be lost; a file for its journal would lie beside it while it is locked, and could not be made on a full disk.
    database.pragma('journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if (isBusy(error)) return undefined
    throw error
  }
}

/** Whether SQLite refused because somebody else has a lock. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
