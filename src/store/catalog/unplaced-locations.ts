// Which files no row names: asked of the writer, so that every transaction sent before has been decided.

import { one, statement, type Steps, transaction } from './steps.js'

// A file's name begins with its blob's digest, and digests have an index; locations need none.
const named = statement<{ digest: Uint8Array; location: string }, { found: 1 }>(`
  SELECT 1 AS found FROM blob b JOIN place p ON p.blob_id = b.id AND p.tier = 'local'
  WHERE b.digest = :digest AND p.location = :location
  UNION ALL SELECT 1 FROM removal WHERE tier = 'local' AND location = :location LIMIT 1`)

/** Of some locations of blob files (below `blobs/`) those that neither a place nor a removal names. */
export const unplacedLocations = transaction(
  'unplacedLocations',
  function* ({ locations }: { readonly locations: readonly string[] }): Steps<readonly string[]> {
    const unplaced: string[] = []
    for (const location of locations) {
      const digest = digestIn(location)
      if (digest === undefined || !(yield* one(named, { digest, location }))) unplaced.push(location)
    }
    return unplaced
  },
)

/** The SHA-256 a blob file's name begins with; a draft, or a file that is none of ours, has none. */
function digestIn(location: string): Uint8Array | undefined {
  const hex = /\/([0-9a-f]{64})-[^/]+$/.exec(location)?.[1]
  return hex === undefined ? undefined : new Uint8Array(Buffer.from(hex, 'hex'))
}
