// A key's latest version becomes that of another key of the bucket, and leaves its own: one transaction, no bytes moved.

import { requireDecidedOn } from '../../contract/decided-on.js'
import { S3Error } from '../../contract/errors.js'
import { requireSource, requireWritable, unconditional, type ReadConditions } from '../../contract/preconditions.js'
import { deleteOne } from './delete-version.js'
import { requireBucket } from './find-bucket.js'
import { insertVersion } from './insert-version.js'
import { latestVersion } from './latest-version.js'
import { nextNumber } from './next-number.js'
import { findObject } from './open-version.js'
import type { WriteTarget } from './put-version.js'
import { one, run, statement, transaction, type Steps } from './steps.js'
import { versionChecksum } from './version.js'

/** Which key becomes which; `ownerId` is the owner of a delete marker that is left. */
export interface RenameVersion extends WriteTarget {
  readonly sourceKey: string
  readonly sourceOnlyIf: ReadConditions
  /** Conditions on the object at the destination beside those of a write. */
  readonly targetOnlyIf: ReadConditions
  /** Tells a repeated request from a new one. `digest`: SHA-256 of all that is asked with it. */
  readonly token?: { readonly text: string; readonly digest: Uint8Array } | undefined
  /** Of the source: see `requireDecidedOn`. */
  readonly decided?: number | undefined
  /** Ms since 1970. */
  readonly now: number
}

// A token is remembered where completed uploads are, under a name no UploadId has, and as long as those.
const remembered = statement<{ name: string }, { digest: Uint8Array }>(
  'SELECT part_list AS digest FROM completed_upload WHERE id = :name',
)

const remember = statement<{ name: string; bucketId: number; key: Uint8Array; digest: Uint8Array; number: number }>(`
  INSERT INTO completed_upload (id, bucket_id, key, position, part_list, answer, number)
  VALUES (:name, :bucketId, :key, :number, :digest, '{}', :number)`)

const accessOf = statement<{ id: number }, { ownerId: string; acl: string | null }>(
  'SELECT owner_id AS "ownerId", acl FROM version WHERE id = :id',
)

/** Renames an object: the new key gets what the old one had, time, owner and list too; the old one is deleted as DeleteObject would.
 *  A token that was used is answered as the first time: "the retry succeeds without performing any further actions".
 *  @throws NoSuchBucket, NoSuchKey, PreconditionFailed; IdempotencyParameterMismatch for a token of another request */
export const renameVersion = transaction('renameVersion', function* (args: RenameVersion) {
  const bucket = yield* requireBucket(args.bucket)
  const { token } = args
  const name = token && `rename ${bucket.id} ${token.text}`
  if (token !== undefined && name !== undefined && (yield* isRepeated(name, token.digest))) return
  const source = yield* findObject({ bucket: args.bucket, key: args.sourceKey })
  requireDecidedOn(args.decided, source.id)
  requireSource(args.sourceOnlyIf, source, 'x-amz-rename-source-')
  const key = Buffer.from(args.key, 'utf8')
  const latest = yield* latestVersion(bucket.id, key)
  requireWritable(latest, args.onlyIf, args.key)
  if (latest?.isMarker === 0) requireSource(args.targetOnlyIf, latest, '')
  if (args.key === args.sourceKey) return
  const number = yield* nextNumber()
  if (token !== undefined && name !== undefined) {
    yield* run(remember, { name, bucketId: bucket.id, key, digest: token.digest, number })
  }
  const access = yield* one(accessOf, { id: source.id })
  yield* insertVersion({
    ...source,
    ownerId: access?.ownerId ?? args.ownerId,
    acl: access?.acl ?? null,
    bucket,
    key,
    number,
    now: args.now,
    kind: 'rename',
    onlyIf: unconditional,
    checksum: versionChecksum(source),
    current: { latest },
  })
  yield* deleteOne(bucket, { key: args.sourceKey, onlyIf: {} }, args)
})

/** @throws IdempotencyParameterMismatch */
function* isRepeated(name: string, digest: Uint8Array): Steps<boolean> {
  const before = yield* one(remembered, { name })
  if (before === undefined) return false
  if (Buffer.compare(before.digest, digest) !== 0) throw new S3Error('IdempotencyParameterMismatch')
  return true
}
