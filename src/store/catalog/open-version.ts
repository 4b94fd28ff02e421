// Opens a version for reading: bucket and version in one statement for the case that is asked for most.

import { S3Error } from '../../contract/errors.js'
import { keySizeBytesMax, requireKey } from '../../contract/names.js'
import { noSuchBucket, requireBucket, type Versioning } from './find-bucket.js'
import { findVersion } from './find-version.js'
import { one, query, statement, type Steps } from './steps.js'
import { shownVersionId, type Version } from './version.js'

/** A version to read. */
export interface VersionName {
  readonly bucket: string
  readonly key: string
  /** "null" or an id; the latest when left out. */
  readonly versionId?: string | undefined
}

/** An object's version (never a delete marker), found. Structured-clonable. */
export interface OpenVersion extends Omit<Version, 'isMarker' | 'isNull' | 'ownerId'> {
  readonly bucketId: number
  readonly bodyId: number
  /** What `x-amz-version-id` says; undefined in a bucket that never had versioning. */
  readonly versionId: string | undefined
}

/** Of a bucket; what is of the version is null when there is none. */
type LatestRow = { readonly bucketId: number; readonly versioning: Versioning } & (
  | Omit<Version, 'ownerId' | 'isMarker'>
  | { readonly id: null }
)

// A look-up takes as long as converting its columns: there are no more than are told.
const latest = statement<{ bucket: string; key: Uint8Array }, LatestRow>(`
  SELECT v.id, v.position, v.is_null AS "isNull", v.is_latest AS "isLatest", v.body_id AS "bodyId", v.size, v.etag,
    v.modified AS "modifiedMs", v.storage_class AS "storageClass", v.checksum_algorithm AS "checksumAlgorithm",
    v.checksum_type AS "checksumType", v.checksum, v.headers, v.tags, b.id AS "bucketId", b.versioning
  FROM bucket b LEFT JOIN version v ON v.id = (
    SELECT id FROM version WHERE bucket_id = b.id AND key = :key AND gone IS NULL ORDER BY position DESC LIMIT 1)
  WHERE b.name = :bucket`)

/** Finds a version.
 *  @throws NoSuchBucket; NoSuchKey and NoSuchVersion; NoSuchKey or MethodNotAllowed with x-amz-delete-marker for a delete marker;
 *    InvalidArgument for what is no version's id; KeyTooLongError */
export function* findObject(name: VersionName): Steps<OpenVersion> {
  const key = Buffer.from(name.key, 'utf8')
  if (key.length > keySizeBytesMax) requireKey(name.key)
  if (name.versionId !== undefined) return yield* findNamed(name, name.versionId, key)
  const row = yield* one(latest, { bucket: name.bucket, key })
  if (row === undefined) throw noSuchBucket(name.bucket)
  if (row.id === null) throw noSuchKey(name.key)
  return openVersionOf(name, { id: row.bucketId, versioning: row.versioning }, row)
}

function* findNamed(name: VersionName, versionId: string, key: Uint8Array): Steps<OpenVersion> {
  const bucket = yield* requireBucket(name.bucket)
  const version = yield* findVersion(bucket.id, key, versionId)
  if (version === undefined) {
    throw new S3Error('NoSuchVersion', { members: { Key: name.key, VersionId: versionId } })
  }
  return openVersionOf(name, bucket, version)
}

function openVersionOf(
  name: VersionName,
  bucket: { readonly id: number; readonly versioning: Versioning },
  version: Omit<Version, 'ownerId' | 'isMarker'>,
): OpenVersion {
  const { bodyId } = version
  if (bodyId === null) throw isMarker(name, version)
  return {
    id: version.id,
    position: version.position,
    isLatest: version.isLatest,
    bucketId: bucket.id,
    bodyId,
    size: version.size,
    etag: version.etag,
    modifiedMs: version.modifiedMs,
    storageClass: version.storageClass,
    checksumAlgorithm: version.checksumAlgorithm,
    checksumType: version.checksumType,
    checksum: version.checksum,
    headers: version.headers,
    tags: version.tags,
    versionId: shownVersionId(bucket.versioning, version),
  }
}

const noSuchKey = (key: string, headers = {}): S3Error => new S3Error('NoSuchKey', { members: { Key: key }, headers })

/** "If the latest version is a delete marker, S3 behaves as if the object was deleted"; asked for by its id, it is 405.
 *  Source: S3 User Guide, "Working with delete markers" */
function isMarker(name: VersionName, version: Pick<Version, 'isNull' | 'position' | 'modifiedMs'>): S3Error {
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

/** A version, as a read.
 *  @throws as `findObject` */
export const objectVersion = query('objectVersion', findObject)
