// A draft becomes the latest version of a key.

import type { WantedList } from '../../contract/acl.js'
import type { Checksum } from '../../contract/claims.js'
import { requireWritable, unconditional, type WriteConditions } from '../../contract/preconditions.js'
import { requireBucket } from './find-bucket.js'
import { latestVersion } from './latest-version.js'
import { insertVersion } from './insert-version.js'
import { nameDraft, type NamedDraft } from './name-draft.js'
import { newObjectAccess } from './new-object-access.js'
import { query, transaction } from './steps.js'
import { writePlace } from './write-place.js'

/** A key, the conditions on which it may be written, and who writes it. */
export interface WriteTarget {
  readonly bucket: string
  readonly key: string
  readonly onlyIf: WriteConditions
  /** Canonical user id of who writes: the owner, where the bucket does not say otherwise. */
  readonly ownerId: string
  /** The list that is wanted for it; none when left out. */
  readonly list?: WantedList | undefined
}

/** A version whose bytes were sent. */
export interface PutVersion extends WriteTarget {
  readonly draft: NamedDraft
  /** Without quotes. */
  readonly etag: string
  readonly checksum: Checksum
  readonly storageClass: string
  readonly headers: string | null
  readonly tags: string | null
  /** Ms since 1970. */
  readonly now: number
}

/** Makes a draft the latest version of a key. Conditions are decided here, where nobody can come between.
 *  @throws NoSuchBucket, PreconditionFailed, NoSuchKey, NotImplemented, and as `newObjectAccess`: the draft is still the caller's then */
export const putVersion = transaction('putVersion', function* (args: PutVersion) {
  const key = Buffer.from(args.key, 'utf8')
  const { bucket, latest, number } = yield* writePlace(args.bucket, key)
  requireWritable(latest, args.onlyIf, args.key)
  const access = yield* newObjectAccess(bucket, args)
  const { bodyId } = yield* nameDraft(args.draft, number)
  return yield* insertVersion({
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
    ...access,
    checksum: args.checksum,
    headers: args.headers,
    tags: args.tags,
    current: { latest },
  })
})

/** Refuses a write that would be refused, before its bytes are read.
 *  @throws NoSuchBucket, PreconditionFailed, NoSuchKey, NotImplemented, and as `newObjectAccess` */
export const requireWriteTarget = query('requireWriteTarget', function* (args: WriteTarget) {
  const bucket = yield* requireBucket(args.bucket)
  yield* newObjectAccess(bucket, args)
  if (args.onlyIf.ifMatch === undefined && args.onlyIf.ifNoneMatch === undefined) return
  const version = yield* latestVersion(bucket.id, Buffer.from(args.key, 'utf8'))
  requireWritable(version, args.onlyIf, args.key)
})
