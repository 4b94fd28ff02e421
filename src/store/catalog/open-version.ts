// Opens a version for reading: bucket, version and, where it is small, content, in one statement for the case that is asked for most.

import { S3Error } from '../../contract/errors.js'
import { keySizeBytesMax, requireKey } from '../../contract/names.js'
import { noSuchBucket, requireBucket, type Versioning } from './find-bucket.js'
import { findVersion } from './find-version.js'
import { one, query, statement, type Steps } from './steps.js'
import { shownVersionId, versionColumns, type Version } from './version.js'

/** A version to read. */
export interface VersionName {
  readonly bucket: string
  readonly key: string
  /** "null" or an id; the latest when left out. */
  readonly versionId?: string | undefined
}

/** An object's version (never a delete marker), found. Structured-clonable. */
export interface OpenVersion extends Version {
  readonly bucketId: number
  readonly bodyId: number
  /** What `x-amz-version-id` says; undefined in a bucket that never had versioning. */
  readonly versionId: string | undefined
  /** The content, when it is small and was asked for. */
  readonly small: { readonly bytes: Uint8Array; readonly crc: number } | undefined
}

interface LatestRow extends Version {
  readonly bucketId: number
  readonly versioning: Versioning
  readonly hasVersion: number
  readonly content: Uint8Array | null
  readonly crc: number | null
}

const latestOf = (content: string) =>
  statement<{ bucket: string; key: Uint8Array }, LatestRow>(`
  SELECT ${versionColumns('v')}, b.id AS "bucketId", b.versioning, v.id IS NOT NULL AS "hasVersion", ${content}
  FROM bucket b LEFT JOIN version v ON v.id = (
    SELECT id FROM version WHERE bucket_id = b.id AND key = :key AND gone IS NULL ORDER BY position DESC LIMIT 1)
  LEFT JOIN body y ON y.id = v.body_id
  WHERE b.name = :bucket`)

const latestWithContent = latestOf('y.content, y.crc')

const latestAlone = statement<{ bucket: string; key: Uint8Array }, LatestRow>(`
  SELECT ${versionColumns('v')}, b.id AS "bucketId", b.versioning, v.id IS NOT NULL AS "hasVersion", NULL AS content, NULL AS crc
  FROM bucket b LEFT JOIN version v ON v.id = (
    SELECT id FROM version WHERE bucket_id = b.id AND key = :key AND gone IS NULL ORDER BY position DESC LIMIT 1)
  WHERE b.name = :bucket`)

const contentOf = statement<{ bodyId: number }, { content: Uint8Array | null; crc: number | null }>(
  'SELECT content, crc FROM body WHERE id = :bodyId',
)

/** Finds a version.
 *  @throws NoSuchBucket; NoSuchKey and NoSuchVersion; NoSuchKey or MethodNotAllowed with x-amz-delete-marker for a delete marker;
 *    InvalidArgument for what is no version's id; KeyTooLongError */
export function* findObject(name: VersionName, withContent = false): Steps<OpenVersion> {
  const key = Buffer.from(name.key, 'utf8')
  if (key.length > keySizeBytesMax) requireKey(name.key)
  if (name.versionId !== undefined) return yield* findNamed(name, name.versionId, key, withContent)
  const row = yield* one(withContent ? latestWithContent : latestAlone, { bucket: name.bucket, key })
  if (row === undefined) throw noSuchBucket(name.bucket)
  if (row.hasVersion === 0) throw noSuchKey(name.key)
  return openVersionOf(name, { id: row.bucketId, versioning: row.versioning }, row, row.content, row.crc)
}

function* findNamed(name: VersionName, versionId: string, key: Uint8Array, withContent: boolean): Steps<OpenVersion> {
  const bucket = yield* requireBucket(name.bucket)
  const version = yield* findVersion(bucket.id, key, versionId)
  if (version === undefined) {
    throw new S3Error('NoSuchVersion', { members: { Key: name.key, VersionId: versionId } })
  }
  const body = withContent && version.bodyId !== null ? yield* one(contentOf, { bodyId: version.bodyId }) : undefined
  return openVersionOf(name, bucket, version, body?.content ?? null, body?.crc ?? null)
}

function openVersionOf(
  name: VersionName,
  bucket: { readonly id: number; readonly versioning: Versioning },
  version: Version,
  content: Uint8Array | null,
  crc: number | null,
): OpenVersion {
  const { bodyId } = version
  if (bodyId === null) throw isMarker(name, version)
  return {
    id: version.id,
    position: version.position,
    isNull: version.isNull,
    isMarker: version.isMarker,
    isLatest: version.isLatest,
    bucketId: bucket.id,
    bodyId,
    size: version.size,
    etag: version.etag,
    modifiedMs: version.modifiedMs,
    storageClass: version.storageClass,
    ownerId: version.ownerId,
    checksumAlgorithm: version.checksumAlgorithm,
    checksumType: version.checksumType,
    checksum: version.checksum,
    headers: version.headers,
    tags: version.tags,
    versionId: shownVersionId(bucket.versioning, version),
    small: content === null || crc === null ? undefined : { bytes: content, crc },
  }
}

const noSuchKey = (key: string, headers = {}): S3Error => new S3Error('NoSuchKey', { members: { Key: key }, headers })

/** "If the latest version is a delete marker, S3 behaves as if the object was deleted"; asked for by its id, it is 405.
 *  Source: S3 User Guide, "Working with delete markers" */
function isMarker(name: VersionName, version: Version): S3Error {
  const headers = {
    'x-amz-delete-marker': 'true',
    'x-amz-version-id': shownVersionId('Enabled', version) ?? 'null',
  }
  if (name.versionId === undefined) return noSuchKey(name.key, headers)
  return new S3Error('MethodNotAllowed', {
    members: { Method: 'GET', ResourceType: 'DeleteMarker' },
    headers: { ...headers, Allow: 'DELETE', 'Last-Modified': new Date(version.modifiedMs).toUTCString() },
  })
}

/** A version without its content.
 *  @throws as `findObject` */
export const objectVersion = query('objectVersion', (name: VersionName) => findObject(name))

/** A version with its content when that is small.
 *  @throws as `findObject` */
export const openVersion = query('openVersion', (name: VersionName) => findObject(name, true))
