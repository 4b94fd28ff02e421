// A draft becomes the latest version of a key.

import type { Checksum } from '../../contract/claims.js'
import { requireWritable, unconditional, type WriteConditions } from '../../contract/preconditions.js'
import type { PresignUse } from '../../contract/presign-use.js'
import { requireBucket } from './find-bucket.js'
import { latestVersion } from './latest-version.js'
import { insertVersion } from './insert-version.js'
import { quotasOn, requireRoom, requireRoomForObject } from './meter.js'
import { nameDraft, type NamedDraft } from './name-draft.js'
import { usePresigned } from './presigned.js'
import { query, transaction } from './steps.js'
import { writePlace } from './write-place.js'

/** A key, and the conditions on which it may be written. */
export interface WriteTarget {
  readonly bucket: string
  readonly key: string
  readonly onlyIf: WriteConditions
}

/** A version whose bytes were sent. */
export interface PutVersion extends WriteTarget {
  readonly draft: NamedDraft
  /** Without quotes. */
  readonly etag: string
  readonly checksum: Checksum
  readonly storageClass: string
  /** Canonical user id. */
  readonly ownerId: string
  readonly headers: string | null
  readonly tags: string | null
  /** Ms since 1970. */
  readonly now: number
  /** Set when the request may be made once. */
  readonly presignUse?: PresignUse | undefined
}

/** Makes a draft the latest version of a key. Conditions are decided here, where nobody can come between.
 *  @throws NoSuchBucket, PreconditionFailed, NoSuchKey, NotImplemented, QuotaExceeded, AccessDenied (it may be made once, and was): the draft is still the caller's then */
export const putVersion = transaction('putVersion', function* (args: PutVersion) {
  const key = Buffer.from(args.key, 'utf8')
  const { bucket, latest, number } = yield* writePlace(args.bucket, key)
  requireWritable(latest, args.onlyIf, args.key)
  if (args.presignUse !== undefined) yield* usePresigned(args.presignUse)
  const quotas = bucket.isMetered === 1 ? yield* quotasOn(bucket.id) : undefined
  const { bodyId } = yield* nameDraft(args.draft, number)
  const version = yield* insertVersion({
    bucket,
    key,
    number,
    now: args.now,
    kind: 'put',
    onlyIf: unconditional,
    bodyId,
    size: args.draft.size,
    etag: args.etag,
    storageClass: args.storageClass,
    ownerId: args.ownerId,
    checksum: args.checksum,
    headers: args.headers,
    tags: args.tags,
    current: { latest },
  })
  if (quotas !== undefined) yield* requireRoom(bucket.id, quotas)
  return version
})

/** Refuses a write that would be refused, before its bytes are read. `size`: how many there will be.
 *  @throws NoSuchBucket, PreconditionFailed, NoSuchKey, NotImplemented, QuotaExceeded */
export const requireWriteTarget = query(
  'requireWriteTarget',
  function* (args: WriteTarget & { readonly size: number }) {
    const bucket = yield* requireBucket(args.bucket)
    if (bucket.isMetered === 1) yield* requireRoomForObject(bucket, Buffer.from(args.key, 'utf8'), args.size)
    if (args.onlyIf.ifMatch === undefined && args.onlyIf.ifNoneMatch === undefined) return
    const version = yield* latestVersion(bucket.id, Buffer.from(args.key, 'utf8'))
    requireWritable(version, args.onlyIf, args.key)
  },
)
