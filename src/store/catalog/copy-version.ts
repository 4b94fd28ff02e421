// A version becomes the latest of another key (or of its own): a row on the same body, whatever its size.

import { S3Error } from '../../contract/errors.js'
import type { Checksum } from '../../contract/claims.js'
import { requireSource, requireWritable, unconditional, type ReadConditions } from '../../contract/preconditions.js'
import { requireBucket } from './find-bucket.js'
import { latestVersion } from './latest-version.js'
import { insertVersion } from './insert-version.js'
import { newObjectAccess } from './new-object-access.js'
import { nextNumber } from './next-number.js'
import { findObject, type VersionName } from './open-version.js'
import type { WriteTarget } from './put-version.js'
import { transaction } from './steps.js'

/** What is copied where, and what it is given anew. */
export interface CopyVersion extends WriteTarget {
  readonly source: VersionName
  readonly sourceOnlyIf: ReadConditions
  /** Row of the source as it was looked at: another one by now is refused, since it was not what was checked. */
  readonly sourceId: number
  readonly headers: string | null
  readonly tags: string | null
  readonly checksum: Checksum | undefined
  readonly storageClass: string
  /** Ms since 1970. */
  readonly now: number
}

/** Copies a version.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion, PreconditionFailed, NotImplemented; as `newObjectAccess`; ConditionalRequestConflict when the
 *    source is no longer the version that was looked at */
export const copyVersion = transaction('copyVersion', function* (args: CopyVersion) {
  const bucket = yield* requireBucket(args.bucket)
  const source = yield* findObject(args.source)
  if (source.id !== args.sourceId) throw new S3Error('ConditionalRequestConflict')
  requireSource(args.sourceOnlyIf, source, 'x-amz-copy-source-')
  const key = Buffer.from(args.key, 'utf8')
  const latest = yield* latestVersion(bucket.id, key)
  requireWritable(latest, args.onlyIf, args.key)
  const access = yield* newObjectAccess(bucket, args)
  return yield* insertVersion({
    bucket,
    key,
    number: yield* nextNumber(),
    now: args.now,
    kind: 'copy',
    onlyIf: unconditional,
    bodyId: source.bodyId,
    size: source.size,
    etag: source.etag,
    storageClass: args.storageClass,
    ...access,
    checksum: args.checksum,
    headers: args.headers,
    tags: args.tags,
    current: { latest },
  })
})
