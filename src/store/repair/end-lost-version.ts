// A version whose bytes nobody can give any more ceases to be. Where it was the latest of its key and an older one would come to the front,
// a delete marker takes its place: who asks for the key is told that it is not there, and never given an older state as if it were today's.

import { unconditional } from '../../contract/preconditions.js'
import { appendChange } from '../catalog/append-change.js'
import { endVersion, insertVersion } from '../catalog/insert-version.js'
import type { LineVersion } from '../catalog/latest-version.js'
import { nextNumber } from '../catalog/next-number.js'
import { one, run, statement, type Steps } from '../catalog/steps.js'

/** A living version. */
export type LostVersion = LineVersion & {
  readonly bucketId: number
  readonly bucket: string
  /** UTF-8. */
  readonly key: Uint8Array
  readonly ownerId: string
}

type Key = { bucketId: number; key: Uint8Array; position: number }

const next = statement<Key, { id: number; isMarker: number }>(`
  SELECT id, is_marker AS "isMarker" FROM version
  WHERE bucket_id = :bucketId AND key = :key AND gone IS NULL AND position < :position ORDER BY position DESC LIMIT 1`)
const stepForward = statement<{ id: number }>('UPDATE version SET is_latest = 1 WHERE id = :id')

/** Ends a version.
 *  @param now ms since 1970
 *  @returns whether a delete marker took its place */
export function* endLostVersion(version: LostVersion, now: number): Steps<boolean> {
  const { id, bucketId, key, position, bodyId, size, isLatest, isMarker } = version
  const older = isLatest === 1 ? yield* one(next, { bucketId, key, position }) : undefined
  const isMarked = older?.isMarker === 0
  if (isMarked) yield* mark(version, now)
  const number = yield* nextNumber()
  yield* run(endVersion, { id, number })
  if (older !== undefined && !isMarked) yield* run(stepForward, { id: older.id })
  yield* appendChange({
    number,
    time: now,
    kind: 'delete',
    bucketId,
    key,
    position,
    goneBody: bodyId,
    objects: isLatest === 1 && isMarker === 0 && !isMarked ? -1 : 0,
    versions: -1,
    bytes: -size,
  })
  return isMarked
}

function* mark(version: LostVersion, now: number): Steps<void> {
  yield* insertVersion({
    // Quotas are counted anew at the end of a repair. Named by an id, whatever the bucket's state: a null marker would end another version.
    bucket: { id: version.bucketId, versioning: 'Enabled', isMetered: 0 },
    key: version.key,
    number: yield* nextNumber(),
    now,
    kind: 'marker',
    onlyIf: unconditional,
    bodyId: null,
    size: 0,
    etag: '',
    storageClass: 'STANDARD',
    ownerId: version.ownerId,
    checksum: undefined,
    headers: null,
    tags: null,
    current: { latest: version },
  })
}
