// What stands at the head of a key's line of versions: as much of it as a write has to know.

import { one, statement, type Steps } from './steps.js'

/** A version in its line. Flags are 0 or 1. */
export interface LineVersion {
  readonly id: number
  readonly position: number
  readonly isNull: number
  readonly isMarker: number
  readonly isLatest: number
  readonly bodyId: number | null
  /** Bytes. */
  readonly size: number
  /** Bare. */
  readonly etag: string
  /** Ms since 1970. */
  readonly modifiedMs: number
}

type Key = { bucketId: number; key: Uint8Array }

const columns = `id, position, is_null AS "isNull", is_marker AS "isMarker", is_latest AS "isLatest", body_id AS "bodyId",
  size, etag, modified AS "modifiedMs"`

const newest = statement<Key, LineVersion>(`
  SELECT ${columns} FROM version WHERE bucket_id = :bucketId AND key = :key AND gone IS NULL ORDER BY position DESC LIMIT 1`)

const olderNull = statement<Key, LineVersion>(`
  SELECT ${columns} FROM version
  WHERE bucket_id = :bucketId AND key = :key AND is_null = 1 AND gone IS NULL AND is_latest = 0`)

/** The latest version of a key, a delete marker too. `key`: UTF-8. */
export const latestVersion = (bucketId: number, key: Uint8Array): Steps<LineVersion | undefined> =>
  one(newest, { bucketId, key })

/** The version called "null" where it is not the latest. */
export const olderNullVersion = (bucketId: number, key: Uint8Array): Steps<LineVersion | undefined> =>
  one(olderNull, { bucketId, key })
