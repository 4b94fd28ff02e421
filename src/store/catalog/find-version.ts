// A version with all its columns: the latest of a key, or a certain one. Each is one seek of an index.

import { one, statement, type Steps } from './steps.js'
import { versionNamed } from './version-id.js'
import { versionColumns, type Version } from './version.js'

type Key = { bucketId: number; key: Uint8Array }

const select = `SELECT ${versionColumns('v')} FROM version v WHERE v.bucket_id = :bucketId AND v.key = :key AND v.gone IS NULL`

const latest = statement<Key, Version>(`${select} ORDER BY v.position DESC LIMIT 1`)

const atPosition = statement<Key & { position: number }, Version>(`${select} AND v.position = :position`)

const olderNull = statement<Key, Version>(`${select} AND v.is_null = 1 AND v.is_latest = 0`)

/** The version a request means, a delete marker too, or nothing.
 *  @param key UTF-8
 *  @param versionId "null" or an id; the latest when left out
 *  @throws InvalidArgument when it can be no version's */
export function* findVersion(
  bucketId: number,
  key: Uint8Array,
  versionId: string | undefined,
): Steps<Version | undefined> {
  const name = versionNamed(versionId)
  if (typeof name === 'number') {
    const found = yield* one(atPosition, { bucketId, key, position: name })
    return found?.isNull === 1 ? undefined : found
  }
  const newest = yield* one(latest, { bucketId, key })
  if (name === 'latest' || newest === undefined || newest.isNull === 1) return newest
  return yield* one(olderNull, { bucketId, key })
}
