// Who reads a catalog without the right to migrate it refuses any format but today's.

import type { Database } from 'better-sqlite3'
import { formatVersion } from './schema.js'

/** The format a catalog has; 0: none yet. */
export const formatOf = (database: Database): number => Number(database.pragma('user_version', { simple: true }))

/** @throws Error when the catalog's format is another program's */
export function requireFormat(database: Database): void {
  const found = formatOf(database)
  if (found === formatVersion) return
  throw new Error(
    found > formatVersion
      ? `The store has format ${found}, this program knows formats up to ${formatVersion}: use the newer program that wrote it`
      : `The store has format ${found}; this program reads format ${formatVersion}: start the server once, it migrates the store`,
  )
}
