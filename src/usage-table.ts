// What `cairn usage` says to a person: a row a bucket.

import type { BucketUsage } from './store/usage-of-directory.js'

const heads = ['BUCKET', 'OBJECTS', 'VERSIONS', 'BYTES', 'BYTES STORED ONCE'] as const

/** A table with a line for each bucket, columns padded; names to the left, numbers to the right. */
export function usageTable(usages: readonly BucketUsage[]): string {
  const rows = [
    heads,
    ...usages.map(({ bucket, ...usage }) => [
      bucket,
      ...[usage.objects, usage.versions, usage.bytes, usage.bytesOnce].map(String),
    ]),
  ]
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) => {
      const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      return `${cells.join('  ')}\n`
    })
    .join('')
}
