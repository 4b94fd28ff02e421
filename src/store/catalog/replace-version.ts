// One column of a version changes: its row ends and another takes its place in line, so that the past stays as it was.

import { appendChange, type ChangeKind } from './append-change.js'
import { endVersion } from './insert-version.js'
import { nextNumber } from './next-number.js'
import { run, statement, type Steps } from './steps.js'
import type { Version } from './version.js'

/** A living version, as far as its place in line goes. */
export interface ReplacedVersion extends Pick<Version, 'id' | 'position' | 'isLatest' | 'bodyId'> {
  readonly bucketId: number
  /** UTF-8. */
  readonly key: Uint8Array
}

const replacing = (column: 'tags' | 'acl') =>
  statement<{ id: number; number: number; value: string | null; isLatest: number }>(`
  INSERT INTO version (bucket_id, key, position, is_null, is_marker, is_latest, born, body_id, size, etag, modified, storage_class,
    owner_id, checksum_algorithm, checksum_type, checksum, headers, tags, acl)
  SELECT bucket_id, key, position, is_null, is_marker, :isLatest, :number, body_id, size, etag, modified, storage_class,
    owner_id, checksum_algorithm, checksum_type, checksum, headers, ${column === 'tags' ? ':value, acl' : 'tags, :value'}
  FROM version WHERE id = :id`)

const statements = { tags: replacing('tags'), acl: replacing('acl') }

/** Gives a version other tags or another list.
 *  @param value JSON, as in `version`; null: none
 *  @param now ms since 1970 */
export function* replaceVersion(
  version: ReplacedVersion,
  column: 'tags' | 'acl',
  value: string | null,
  now: number,
): Steps<void> {
  const number = yield* nextNumber()
  yield* run(endVersion, { id: version.id, number })
  yield* run(statements[column], { id: version.id, number, value, isLatest: version.isLatest })
  const kind: ChangeKind = column === 'tags' ? 'tag' : 'acl'
  const { bucketId, key, position, bodyId } = version
  yield* appendChange({ number, time: now, kind, bucketId, key, position, bornBody: bodyId, goneBody: bodyId })
}
