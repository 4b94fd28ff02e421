// `cairn usage`: what the buckets of a data directory hold, beside a running server or without one. Reads the catalog only.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Connection } from './catalog/connection.js'
import { requireFormat } from './catalog/require-format.js'
import { all, statement } from './catalog/steps.js'
import { usageOf, type Usage } from './catalog/usage.js'

/** What one bucket holds. */
export interface BucketUsage extends Usage {
  readonly bucket: string
}

const names = statement<Record<string, never>, { name: string }>('SELECT name FROM bucket ORDER BY name')

/** The usage of some buckets, or of all, in one snapshot.
 *  @param buckets names; none: all
 *  @throws NoSuchBucket; Error when the directory is no data directory, or its format is another program's */
export function usageOfDirectory(directory: string, buckets: readonly string[]): BucketUsage[] {
  const path = join(directory, 'catalog.db')
  if (!existsSync(path)) throw new Error(`${directory} holds no store: there is no catalog.db in it`)
  const connection = new Connection(path, 'read')
  try {
    requireFormat(connection.database)
    connection.database.exec('BEGIN')
    const wanted = buckets.length > 0 ? buckets : connection.run(all(names, {})).map(({ name }) => name)
    return wanted.map((bucket) => ({ bucket, ...connection.run(usageOf.steps(bucket)) }))
  } finally {
    connection.close()
  }
}
