// The tags of a version are replaced: its row ends and another takes its place in line, so that the past stays as it was.

import { requireDecidedOn } from '../../contract/decided-on.js'
import { appendChange } from './append-change.js'
import { endVersion } from './insert-version.js'
import { nextNumber } from './next-number.js'
import { findObject, type VersionName } from './open-version.js'
import { run, statement, transaction } from './steps.js'

/** New tags for a version. */
export interface TagVersion extends VersionName {
  /** JSON, as in `version`; null: none. */
  readonly tags: string | null
  /** See `requireDecidedOn`. */
  readonly decided?: number | undefined
  /** Ms since 1970. */
  readonly now: number
}

const replace = statement<{ id: number; number: number; tags: string | null; isLatest: number }>(`
  INSERT INTO version (bucket_id, key, position, is_null, is_marker, is_latest, born, body_id, size, etag, modified, storage_class,
    owner_id, checksum_algorithm, checksum_type, checksum, headers, tags)
  SELECT bucket_id, key, position, is_null, is_marker, :isLatest, :number, body_id, size, etag, modified, storage_class,
    owner_id, checksum_algorithm, checksum_type, checksum, headers, :tags
  FROM version WHERE id = :id`)

/** Replaces the tags of a version; answers what `x-amz-version-id` says.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed, InvalidArgument */
export const tagVersion = transaction('tagVersion', function* (args: TagVersion) {
  const version = yield* findObject(args)
  requireDecidedOn(args.decided, version.id)
  const number = yield* nextNumber()
  yield* run(endVersion, { id: version.id, number })
  yield* run(replace, { id: version.id, number, tags: args.tags, isLatest: version.isLatest })
  yield* appendChange({
    number,
    time: args.now,
    kind: 'tag',
    bucketId: version.bucketId,
    key: Buffer.from(args.key, 'utf8'),
    position: version.position,
    bornBody: version.bodyId,
    goneBody: version.bodyId,
  })
  return version.versionId
})
