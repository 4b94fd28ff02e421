// What a version of a key says of access: whose it is, its list and its tags. One look-up, that of the version.

import { listOfJson } from '../../contract/access-list.js'
import type { ObjectAccess, ObjectOwnership } from '../../contract/bucket-access.js'
import { tagsOfJson } from '../../contract/tags.js'
import { ownershipColumn } from './find-bucket.js'
import { one, query, statement, type Steps } from './steps.js'
import { positionOf } from './version-id.js'
import type { VersionAddress } from './version-list.js'

interface Row {
  readonly rowId: number
  readonly isNull: number
  readonly isMarker: number
  readonly ownerId: string
  readonly acl: string | null
  readonly tags: string | null
  readonly bucketOwnerId: string
  readonly ownership: ObjectOwnership
}

type Key = { bucket: string; key: Uint8Array }

const select = `
  SELECT v.id AS "rowId", v.is_null AS "isNull", v.is_marker AS "isMarker", v.owner_id AS "ownerId", v.acl, v.tags,
    b.owner_id AS "bucketOwnerId", ${ownershipColumn('b')}
  FROM bucket b JOIN version v ON v.bucket_id = b.id AND v.key = :key AND v.gone IS NULL
  WHERE b.name = :bucket`

const latest = statement<Key, Row>(`${select} ORDER BY v.position DESC LIMIT 1`)
const atPosition = statement<Key & { position: number }, Row>(`${select} AND v.position = :position AND v.is_null = 0`)
const olderNull = statement<Key, Row>(`${select} AND v.is_null = 1 AND v.is_latest = 0`)

/** What a version of a key says of access, the latest when `versionId` is undefined; undefined: there is no such version. */
export const objectAccess = query('objectAccess', function* (address: VersionAddress) {
  const row = yield* find({ bucket: address.bucket, key: Buffer.from(address.key, 'utf8') }, address.versionId)
  if (row === undefined) return undefined
  const access: ObjectAccess = {
    rowId: row.rowId,
    ownerId: row.ownership === 'BucketOwnerEnforced' ? row.bucketOwnerId : row.ownerId,
    acl: listOfJson(row.acl),
    tags: new Map(tagsOfJson(row.tags)),
    isMarker: row.isMarker === 1,
  }
  return access
})

function* find(name: Key, versionId: string | undefined): Steps<Row | undefined> {
  if (versionId !== undefined && versionId !== 'null') {
    const position = positionOf(versionId)
    return position === undefined ? undefined : yield* one(atPosition, { ...name, position })
  }
  const newest = yield* one(latest, name)
  if (versionId === undefined || newest === undefined || newest.isNull === 1) return newest
  return yield* one(olderNull, name)
}
