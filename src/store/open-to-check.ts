// Opens a data directory for who only looks: whether a server uses it meanwhile or not, and where nothing can be written too.

import Database from 'better-sqlite3'
import { constants, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasCode } from './blobs/disk.js'
import { Connection } from './catalog/connection.js'
import { requireFormat } from './catalog/require-format.js'
import { DirectoryLocked, isLocked, isServed, lockDirectory } from './lock.js'

/** Who else is there. 'alone': nobody, and nobody can come. 'beside': a server. 'read-only': nobody, and the directory cannot be written to. */
export type Company = 'alone' | 'beside' | 'read-only'

/** A data directory that is being looked at. */
export interface OpenToCheck {
  readonly connection: Connection
  /** The `blobs` directory. */
  readonly root: string
  readonly company: Company
  readonly close: () => void
}

/** Opens a data directory to look at it.
 *  @param letsIn whether a server may start meanwhile; else one that was not there is kept out until `close`
 *  @throws Error when it is no data directory, or its format is another program's */
export function openToCheck(directory: string, letsIn: boolean): OpenToCheck {
  const path = requireStore(directory)
  const { company, release } = companyIn(directory)
  const ends = [release]
  if (letsIn) ends.splice(0).forEach((end) => end())
  const close = (): void => {
    for (const end of ends.splice(0).toReversed()) end()
  }
  try {
    let readable = path
    if (company === 'read-only') {
      const { copy, remove } = copied(path)
      ends.push(remove)
      readable = copy
    }
    const connection = new Connection(readable, 'check')
    ends.push(() => connection.close())
    requireFormat(connection.database)
    return { connection, root: join(directory, 'blobs'), company, close }
  } catch (error) {
    close()
    throw error
  }
}

/** The catalog of a data directory.
 *  @throws Error when there is none */
export function requireStore(directory: string): string {
  const path = join(directory, 'catalog.db')
  if (!existsSync(path)) throw new Error(`${directory} holds no store: there is no catalog.db in it`)
  return path
}

function companyIn(directory: string): { readonly company: Company; readonly release: () => void } {
  const nothing = (): void => undefined
  try {
    return { company: 'alone', ...lockDirectory(directory) }
  } catch (error) {
    if (error instanceof DirectoryLocked) return { company: 'beside', release: nothing }
    if (!(error instanceof Database.SqliteError) && !hasCode(error, ['EROFS', 'EACCES', 'EPERM'])) throw error
    return {
      company: isServed(directory) || isLocked(join(directory, 'lock.db')) ? 'beside' : 'read-only',
      release: nothing,
    }
  }
}

/** SQLite has to write beside a database in WAL mode before it reads it; where it cannot, a copy is read. Nobody else is there to change what is copied.
 *  Source: sqlite.org, "Write-Ahead Logging", 5 "Read-Only Databases"; its `immutable` is not compiled into better-sqlite3.
 *  @returns the copy's path
 *  @throws Error when there is no room for it */
function copied(path: string): { readonly copy: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-catalog-'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  const copy = join(directory, 'catalog.db')
  try {
    copyFileSync(path, copy, constants.COPYFILE_FICLONE)
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE)
    return { copy, remove }
  } catch (cause) {
    remove()
    throw new Error(
      `${directory} has no room for a copy of ${path}, which has to be copied to be read, since its directory cannot be written to: set TMPDIR`,
      { cause },
    )
  }
}
