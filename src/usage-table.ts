// What `cairn usage` says to a person: a row a bucket.

import { table } from './command/table.js'
import type { BucketUsage } from './store/usage-of-directory.js'

/** A table with a line for each bucket. */
export const usageTable = (usages: readonly BucketUsage[]): string =>
  table(
    [
      { head: 'BUCKET', cell: ({ bucket }) => bucket },
      { head: 'OBJECTS', cell: ({ objects }) => objects },
      { head: 'VERSIONS', cell: ({ versions }) => versions },
      { head: 'BYTES', cell: ({ bytes }) => bytes },
      { head: 'BYTES STORED ONCE', cell: ({ bytesOnce }) => bytesOnce },
    ],
    usages,
  )
