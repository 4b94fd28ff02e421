// An account's buckets, in order of their names.

import type { BucketRow } from './find-bucket.js'
import { all, query, statement } from './steps.js'

/** Which buckets. */
export type BucketPage = {
  /** Canonical user id. */
  readonly ownerId: string
  /** Only names that begin so; '' for all. */
  readonly prefix: string
  /** Only names behind this one; '' for all. */
  readonly after: string
  /** Only those of a region; null for all. */
  readonly region: string | null
  /** At most this many. */
  readonly limit: number
}

const page = statement<BucketPage & { prefixEnd: string }, BucketRow>(`
  SELECT id, name, owner_id AS "ownerId", region, created AS "createdMs", versioning, metered AS "isMetered"
  FROM bucket
  WHERE owner_id = :ownerId AND name > :after AND name >= :prefix AND name < :prefixEnd
    AND (:region IS NULL OR region = :region)
  ORDER BY name
  LIMIT :limit`)

/** Buckets of one page, in the order of their names' bytes. */
export const bucketPage = query('bucketPage', function* (which: BucketPage) {
  // No name holds the last character of Unicode, so every name with the prefix is before this.
  return yield* all(page, { ...which, prefixEnd: `${which.prefix}\u{10FFFF}` })
})
