// A key is deleted: by a delete marker where there is versioning, else by ending its null version; or one version is, by its id.

import { requireKey } from '../../contract/names.js'
import {
  requireDeletable,
  requireKeyDeletable,
  unconditional,
  type DeleteConditions,
} from '../../contract/preconditions.js'
import { appendChange } from './append-change.js'
import { requireBucket, type BucketRow } from './find-bucket.js'
import { findVersion } from './find-version.js'
import { endVersion, insertVersion } from './insert-version.js'
import { latestVersion, type LineVersion } from './latest-version.js'
import { countInQuotas } from './meter.js'
import { nextNumber } from './next-number.js'
import { run, statement, transaction, type Steps } from './steps.js'
import { shownVersionId } from './version.js'
import { writePlace, type WritePlace } from './write-place.js'

/** What is to be deleted. */
export interface DeleteTarget {
  readonly key: string
  /** "null" or an id; the key itself when left out. */
  readonly versionId?: string | undefined
  readonly onlyIf: DeleteConditions
}

/** What S3 tells of a delete. Structured-clonable. */
export interface Deleted {
  /** Whether a marker was made, or was what was deleted. */
  readonly isMarker: boolean
  /** The id of the marker that was made, or of the version that was deleted. */
  readonly versionId: string | undefined
}

/** In whose name, and when. */
export interface DeletedBy {
  readonly bucket: string
  /** Canonical user id: the owner of delete markers. */
  readonly ownerId: string
  /** Ms since 1970. */
  readonly now: number
}

const stepForward = statement<{ bucketId: number; key: Uint8Array }>(`
  UPDATE version SET is_latest = 1 WHERE id = (
    SELECT id FROM version WHERE bucket_id = :bucketId AND key = :key AND gone IS NULL ORDER BY position DESC LIMIT 1)`)

/** Deletes a key or a version.
 *  @throws NoSuchBucket, NoSuchKey when If-Match finds nothing, KeyTooLongError, InvalidArgument for what is no version's id,
 *  PreconditionFailed */
export const deleteVersion = transaction('deleteVersion', function* (args: DeletedBy & DeleteTarget) {
  if (args.versionId !== undefined) return yield* deleteOne(yield* requireBucket(args.bucket), args, args)
  requireKey(args.key)
  const key = Buffer.from(args.key, 'utf8')
  return yield* deleteKey(yield* writePlace(args.bucket, key), key, args, args)
})

/** Deletes a key or a version in a bucket whose row is known. It refuses before its first change.
 *  @throws NoSuchKey, KeyTooLongError, InvalidArgument, PreconditionFailed */
export function* deleteOne(bucket: BucketRow, target: DeleteTarget, by: DeletedBy): Steps<Deleted> {
  requireKey(target.key)
  const key = Buffer.from(target.key, 'utf8')
  if (target.versionId !== undefined) return yield* deleteNamed(bucket, key, target.versionId, target, by)
  const latest = yield* latestVersion(bucket.id, key)
  return yield* deleteKey({ bucket, latest, number: yield* nextNumber() }, key, target, by)
}

function* deleteKey(
  { bucket, latest, number }: WritePlace,
  key: Uint8Array,
  target: DeleteTarget,
  by: DeletedBy,
): Steps<Deleted> {
  requireKeyDeletable(latest, target.onlyIf, target.key)
  if (bucket.versioning === 'Off') {
    if (latest !== undefined) yield* end(bucket, latest, key, number, by.now)
    return { isMarker: false, versionId: undefined }
  }
  const marker = yield* insertVersion({
    bucket,
    key,
    number,
    now: by.now,
    kind: 'marker',
    onlyIf: unconditional,
    bodyId: null,
    size: 0,
    etag: '',
    storageClass: 'STANDARD',
    ownerId: by.ownerId,
    checksum: undefined,
    headers: null,
    tags: null,
    current: { latest },
  })
  return { isMarker: true, versionId: marker.versionId ?? 'null' }
}

function* deleteNamed(
  bucket: BucketRow,
  key: Uint8Array,
  versionId: string,
  target: DeleteTarget,
  by: DeletedBy,
): Steps<Deleted> {
  const version = yield* findVersion(bucket.id, key, versionId)
  requireDeletable(version, target.onlyIf)
  if (version === undefined) return { isMarker: false, versionId }
  yield* end(bucket, version, key, yield* nextNumber(), by.now)
  return { isMarker: version.isMarker === 1, versionId: shownVersionId('Enabled', version) }
}

/** Ends a version; where it was the latest, the one before it is. */
function* end(
  bucket: WritePlace['bucket'],
  version: LineVersion,
  key: Uint8Array,
  number: number,
  now: number,
): Steps<void> {
  yield* run(endVersion, { id: version.id, number })
  let next: LineVersion | undefined
  // A bucket that never had versioning has one version of a key at most.
  if (version.isLatest === 1 && bucket.versioning !== 'Off') {
    next = yield* latestVersion(bucket.id, key)
    if (next !== undefined) yield* run(stepForward, { bucketId: bucket.id, key })
  }
  const objectsBefore = version.isLatest === 1 && version.isMarker === 0 ? 1 : 0
  const objectsAfter = next === undefined || next.isMarker === 1 ? 0 : 1
  yield* appendChange({
    number,
    time: now,
    kind: 'delete',
    bucketId: bucket.id,
    key,
    position: version.position,
    goneBody: version.bodyId,
    objects: objectsAfter - objectsBefore,
    versions: -1,
    bytes: -version.size,
  })
  if (bucket.isMetered === 1) yield* countInQuotas(bucket.id, -version.size, -1)
}
