// The tags of a version are replaced.

import { requireDecidedOn } from '../../contract/decided-on.js'
import { findObject, type VersionName } from './open-version.js'
import { replaceVersion } from './replace-version.js'
import { transaction } from './steps.js'

/** New tags for a version. */
export interface TagVersion extends VersionName {
  /** JSON, as in `version`; null: none. */
  readonly tags: string | null
  /** See `requireDecidedOn`. */
  readonly decided?: number | undefined
  /** Ms since 1970. */
  readonly now: number
}

/** Replaces the tags of a version; answers what `x-amz-version-id` says.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed, InvalidArgument */
export const tagVersion = transaction('tagVersion', function* (args: TagVersion) {
  const version = yield* findObject(args)
  requireDecidedOn(args.decided, version.id)
  yield* replaceVersion({ ...version, key: Buffer.from(args.key, 'utf8') }, 'tags', args.tags, args.now)
  return version.versionId
})
