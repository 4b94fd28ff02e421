// What quotas count, where nobody can come between: each transaction that changes what a metered bucket holds counts it here, and one that fills
// it asks whether there was room. A bucket without a quota is not metered, and costs the look at a column that is read anyway.

import { S3Error } from '../../contract/errors.js'
import type { BucketRow } from './find-bucket.js'
import type { Upload } from './find-upload.js'
import { latestVersion, olderNullVersion } from './latest-version.js'
import { all, one, query, run, statement, type Steps } from './steps.js'

/** A quota and what it has counted. */
export interface MeteredQuota {
  readonly id: number
  /** Null: any number. */
  readonly bytesMax: number | null
  readonly objectsMax: number | null
  readonly bytes: number
  readonly objects: number
}

// A bucket has one quota of its own at most, and its owner another.
const ofBucket = 'bucket_id = :bucketId OR account_id = (SELECT owner_id FROM bucket WHERE id = :bucketId)'

const quotas = statement<{ bucketId: number }, MeteredQuota>(`
  SELECT id, bytes_max AS "bytesMax", objects_max AS "objectsMax", bytes, objects FROM quota WHERE ${ofBucket}`)

const count = statement<{ bucketId: number; bytes: number; objects: number }>(`
  UPDATE quota SET bytes = bytes + :bytes, objects = objects + :objects WHERE ${ofBucket}`)

const partsOfUpload = statement<{ bodyId: number }, { bytes: number }>(
  'SELECT COALESCE(SUM(size), 0) AS bytes FROM part WHERE body_id = :bodyId',
)

const partSize = statement<{ bodyId: number; number: number }, { size: number }>(
  'SELECT size FROM part WHERE body_id = :bodyId AND number = :number',
)

const partsOfBucket = statement<{ bucketId: number }, { bytes: number }>(`
  SELECT COALESCE(SUM(p.size), 0) AS bytes FROM upload u JOIN part p ON p.body_id = u.body_id WHERE u.bucket_id = :bucketId`)

/** The quotas that count a bucket: its own, and its owner's. */
export const quotasOn = (bucketId: number): Steps<MeteredQuota[]> => all(quotas, { bucketId })

/** Counts what a metered bucket gained, or lost: bytes, and living versions. */
export function* countInQuotas(bucketId: number, bytes: number, objects: number): Steps<void> {
  yield* run(count, { bucketId, bytes, objects })
}

/** The parts of an upload in a metered bucket are parts no more. */
export function* uncountParts({ bucketId, bodyId }: Pick<Upload, 'bucketId' | 'bodyId'>): Steps<void> {
  const bytes = (yield* one(partsOfUpload, { bodyId }))?.bytes ?? 0
  yield* countInQuotas(bucketId, -bytes, 0)
}

/** All uploads of a metered bucket end with it. */
export function* uncountUploads(bucketId: number): Steps<void> {
  const bytes = (yield* one(partsOfBucket, { bucketId }))?.bytes ?? 0
  yield* countInQuotas(bucketId, -bytes, 0)
}

/** Refuses what a transaction did when a quota has no room for it. What adds nothing always has room: a quota may be set below what is there.
 *  @param before what `quotasOn` answered at the beginning of the transaction
 *  @throws QuotaExceeded: the transaction is undone then */
export function* requireRoom(bucketId: number, before: readonly MeteredQuota[]): Steps<void> {
  const after = yield* quotasOn(bucketId)
  for (const quota of after) {
    const old = before.find(({ id }) => id === quota.id)
    requireRoomIn(
      quota,
      old === undefined ? 0 : quota.bytes - old.bytes,
      old === undefined ? 0 : quota.objects - old.objects,
    )
  }
}

/** Refuses an object of `size` bytes before they are sent.
 *  @throws QuotaExceeded */
export function* requireRoomForObject(bucket: BucketRow, key: Uint8Array, size: number): Steps<void> {
  const latest = bucket.versioning === 'Enabled' ? undefined : yield* latestVersion(bucket.id, key)
  const isReplaced = latest === undefined || latest.isNull === 1
  const replaced = isReplaced ? latest : yield* olderNullVersion(bucket.id, key)
  yield* requireRoomToCome(bucket.id, size - (replaced?.size ?? 0), replaced === undefined ? 1 : 0)
}

/** Refuses a part of `size` bytes of an upload to a metered bucket, before they are sent.
 *  @throws QuotaExceeded */
export const requirePartRoom = query(
  'requirePartRoom',
  function* ({ upload, number, size }: { readonly upload: Upload; readonly number: number; readonly size: number }) {
    const old = yield* one(partSize, { bodyId: upload.bodyId, number })
    yield* requireRoomToCome(upload.bucketId, size - (old?.size ?? 0), 0)
  },
)

function* requireRoomToCome(bucketId: number, bytes: number, objects: number): Steps<void> {
  for (const quota of yield* quotasOn(bucketId)) {
    requireRoomIn({ ...quota, bytes: quota.bytes + bytes, objects: quota.objects + objects }, bytes, objects)
  }
}

/** @param quota as it is with what is added
 *  @throws QuotaExceeded */
function requireRoomIn(
  { bytesMax, objectsMax, bytes, objects }: MeteredQuota,
  addedBytes: number,
  addedObjects: number,
): void {
  if (addedBytes > 0 && bytesMax !== null && bytes > bytesMax) throw quotaExceeded('bytes')
  if (addedObjects > 0 && objectsMax !== null && objects > objectsMax) throw quotaExceeded('objects')
}

// The figures are for the quota's owner: who writes may be somebody else.
const quotaExceeded = (what: string): S3Error =>
  new S3Error('QuotaExceeded', { message: `The quota of ${what} has no room for this.` })
