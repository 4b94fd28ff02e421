// Who reads a catalog without the right to migrate it refuses any format but today's.

import type { Database } from 'better-sqlite3'
import { formatVersion } from './schema.js'

/** @throws Error when the catalog's format is another program's */
export function requireFormat(database: Database): void {
  const found = Number(database.pragma('user_version', { simple: true }))
  if (found === formatVersion) return
  throw new Error(`The store has format ${found}; this program reads format ${formatVersion}`)
}
