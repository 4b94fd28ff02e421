// The one place where a version becomes the latest of its key: who wins when two arrive at once, and what becomes of the one before.

import type { Checksum } from '../../contract/claims.js'
import { requireWritable, type WriteConditions } from '../../contract/preconditions.js'
import { appendChange, type ChangeKind } from './append-change.js'
import type { BucketRow } from './find-bucket.js'
import { latestVersion, type LineVersion, olderNullVersion } from './latest-version.js'
import { run, statement, type Steps } from './steps.js'
import { versionIdOf } from './version-id.js'

/** A version to be. */
export interface NewVersion {
  readonly bucket: Pick<BucketRow, 'id' | 'versioning'>
  /** UTF-8. */
  readonly key: Uint8Array
  /** Of the change, from `nextNumber`; it becomes the version's position too. */
  readonly number: number
  /** Ms since 1970. */
  readonly now: number
  /** When it was last modified, ms since 1970, where that is not now. */
  readonly modifiedMs?: number
  readonly kind: ChangeKind
  readonly onlyIf: WriteConditions
  /** null: a delete marker. */
  readonly bodyId: number | null
  /** Bytes. */
  readonly size: number
  /** Bare. */
  readonly etag: string
  readonly storageClass: string
  /** Canonical user id. */
  readonly ownerId: string
  readonly checksum: Checksum | undefined
  /** JSON, as in the table. */
  readonly headers: string | null
  /** JSON, as in the table. */
  readonly tags: string | null
  /** JSON, as in the table; null when left out. */
  readonly acl?: string | null
  /** What `latestVersion` answered, where this transaction has asked already. */
  readonly current?: { readonly latest: LineVersion | undefined }
}

/** What a version was given. */
export interface InsertedVersion {
  readonly position: number
  /** Undefined for a null version: S3 names none in its answer to a write while versioning is off or suspended. Source: API reference of
   *  PutObject, sample responses for suspended and enabled versioning; measured by versitygw, #2164. */
  readonly versionId: string | undefined
}

const endLatest = statement<{ id: number }>('UPDATE version SET is_latest = 0 WHERE id = :id')

/** A version ceases to be. */
export const endVersion = statement<{ id: number; number: number }>(
  'UPDATE version SET gone = :number, is_latest = 0 WHERE id = :id',
)

const insert = statement<{
  bucketId: number
  key: Uint8Array
  number: number
  isNull: number
  isMarker: number
  bodyId: number | null
  size: number
  etag: string
  modified: number
  storageClass: string
  ownerId: string
  checksumAlgorithm: string | null
  checksumType: string | null
  checksum: string | null
  headers: string | null
  tags: string | null
  acl: string | null
}>(`
  INSERT INTO version (bucket_id, key, position, is_null, is_marker, is_latest, born, body_id, size, etag, modified, storage_class,
    owner_id, checksum_algorithm, checksum_type, checksum, headers, tags, acl)
  VALUES (:bucketId, :key, :number, :isNull, :isMarker, 1, :number, :bodyId, :size, :etag, :modified, :storageClass,
    :ownerId, :checksumAlgorithm, :checksumType, :checksum, :headers, :tags, :acl)`)

/** Makes a version the latest of its key and tells the feed. In a bucket without versioning, or where it is suspended, the new version is
 *  called "null" and takes the place of the one called so before: "the null version ID … overwrites any existing null version".
 *  @throws NoSuchKey, PreconditionFailed as `requireWritable` */
export function* insertVersion(version: NewVersion): Steps<InsertedVersion> {
  const { bucket, key, number, bodyId, size, checksum } = version
  const latest = version.current === undefined ? yield* latestVersion(bucket.id, key) : version.current.latest
  const { onlyIf } = version
  if (onlyIf.ifMatch !== undefined || onlyIf.ifNoneMatch !== undefined) {
    requireWritable(latest, onlyIf, Buffer.from(key).toString('utf8'))
  }
  const isNull = bucket.versioning === 'Enabled' ? 0 : 1
  const ended = isNull === 1 ? yield* endNullVersion(bucket, key, number, latest) : undefined
  if (latest !== undefined && latest !== ended) yield* run(endLatest, { id: latest.id })
  yield* run(insert, {
    bucketId: bucket.id,
    key,
    number,
    isNull,
    isMarker: bodyId === null ? 1 : 0,
    bodyId,
    size,
    etag: version.etag,
    modified: version.modifiedMs ?? version.now,
    storageClass: version.storageClass,
    ownerId: version.ownerId,
    checksumAlgorithm: checksum?.algorithm ?? null,
    checksumType: checksum?.type ?? null,
    checksum: checksum?.value ?? null,
    headers: version.headers,
    tags: version.tags,
    acl: version.acl ?? null,
  })
  yield* appendChange({
    number,
    time: version.now,
    kind: version.kind,
    bucketId: bucket.id,
    key,
    position: number,
    bornBody: bodyId,
    goneBody: ended?.bodyId ?? null,
    objects: (bodyId === null ? 0 : 1) - (latest?.isMarker === 0 ? 1 : 0),
    versions: ended === undefined ? 1 : 0,
    bytes: size - (ended?.size ?? 0),
  })
  return { position: number, versionId: isNull === 1 ? undefined : versionIdOf(number) }
}

/** Ends the version called "null", if there is one, and answers what it was. */
function* endNullVersion(
  bucket: NewVersion['bucket'],
  key: Uint8Array,
  number: number,
  latest: LineVersion | undefined,
): Steps<LineVersion | undefined> {
  const found =
    latest?.isNull === 1 ? latest : bucket.versioning === 'Off' ? undefined : yield* olderNullVersion(bucket.id, key)
  if (found !== undefined) yield* run(endVersion, { id: found.id, number })
  return found
}
