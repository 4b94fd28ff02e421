// Brings a catalog to the format this program knows, in one transaction, or says why it cannot.

import { randomBytes } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { passPoint } from '../fault-points.js'
import { keepCatalog } from './keep-catalog.js'
import { formatOf } from './require-format.js'
import { formatVersion, schema, stepTo2 } from './schema.js'

/** What a program knows of formats. */
export interface Formats {
  /** The one it writes. */
  readonly version: number
  /** SQL that makes an empty catalog of that format. */
  readonly schema: string
  /** SQL from format n to n + 1, at index n - 1. */
  readonly steps: readonly string[]
}

/** This program's. */
const ours: Formats = { version: formatVersion, schema, steps: [stepTo2] }

/** A migration that was done. Structured-clonable. */
export interface Migrated {
  readonly from: number
  readonly to: number
  /** How long it took, ms. */
  readonly tookMs: number
  /** Path of the copy of the older catalog. */
  readonly kept: string
}

/** Makes or migrates a catalog, keeping a copy of one that is older.
 *  @param path of the database file
 *  @param now ms since 1970, when the store is made
 *  @returns what was done, when it was older
 *  @throws Error as `migrate` and `keepCatalog` do */
export async function openFormat(database: Database, path: string, now: number): Promise<Migrated | undefined> {
  const from = formatOf(database)
  if (from === 0 || from >= ours.version) {
    migrate(database, now)
    return undefined
  }
  const began = performance.now()
  const kept = await keepCatalog(database, path, from)
  migrate(database, now)
  return { from, to: ours.version, tookMs: Math.round(performance.now() - began), kept }
}

/** Makes the tables of an empty database, or brings older ones up to date; does nothing to those of today.
 *  @param now ms since 1970, when the store is made
 *  @throws Error when the catalog is newer than this program, or is somebody else's database */
export function migrate(database: Database, now: number, formats: Formats = ours): void {
  const found = formatOf(database)
  if (found === formats.version) return
  if (found > formats.version) {
    throw new Error(
      `The catalog has format ${found}, this program knows formats up to ${formats.version}: start the newer program that wrote it`,
    )
  }
  database.exec('BEGIN IMMEDIATE')
  try {
    if (found === 0) create(database, now, formats)
    else for (const sql of formats.steps.slice(found - 1)) database.exec(sql)
    const broken = database.pragma('foreign_key_check')
    if (Array.isArray(broken) && broken.length > 0) throw new Error('The catalog has rows that refer to missing rows')
    database.pragma(`user_version = ${formats.version}`)
    passPoint('schema ready')
    database.exec('COMMIT')
    passPoint('schema committed')
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function create(database: Database, now: number, formats: Formats): void {
  const tables = database.prepare<[], number>('SELECT COUNT(*) FROM sqlite_schema').pluck().get()
  if (tables !== 0) throw new Error('The file is a SQLite database, but not a catalog of Cairn')
  database.exec(formats.schema)
  database.prepare('INSERT INTO store (one, id, created) VALUES (1, ?, ?)').run(randomBytes(16).toString('hex'), now)
}
