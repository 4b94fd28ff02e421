// A version's row, as statements answer it, and what it is called.

import type { Checksum, ChecksumAlgorithm, ChecksumType } from '../../contract/claims.js'
import type { Versioning } from './find-bucket.js'
import { versionIdOf } from './version-id.js'

/** A version of a key, or a delete marker. Flags are 0 or 1. Structured-clonable. */
export interface Version {
  /** Of the row; a change of its tags makes another. */
  readonly id: number
  readonly position: number
  readonly isNull: number
  readonly isMarker: number
  readonly isLatest: number
  /** null for a marker. */
  readonly bodyId: number | null
  /** Bytes. */
  readonly size: number
  /** Bare; '' for a marker. */
  readonly etag: string
  /** Ms since 1970. */
  readonly modifiedMs: number
  readonly storageClass: string
  readonly ownerId: string
  readonly checksumAlgorithm: ChecksumAlgorithm | null
  readonly checksumType: ChecksumType | null
  /** Base64, as in the header. */
  readonly checksum: string | null
  /** JSON: contract/stored-headers. */
  readonly headers: string | null
  /** JSON: contract/tags. */
  readonly tags: string | null
}

/** The columns of `version`, under the names `Version` has for them.
 *  @param table its name in the statement */
export const versionColumns = (table: string): string => `
  ${table}.id, ${table}.position, ${table}.is_null AS "isNull", ${table}.is_marker AS "isMarker",
  ${table}.is_latest AS "isLatest", ${table}.body_id AS "bodyId", ${table}.size, ${table}.etag,
  ${table}.modified AS "modifiedMs", ${table}.storage_class AS "storageClass", ${table}.owner_id AS "ownerId",
  ${table}.checksum_algorithm AS "checksumAlgorithm", ${table}.checksum_type AS "checksumType", ${table}.checksum,
  ${table}.headers, ${table}.tags`

/** What `x-amz-version-id` says of a version; undefined in a bucket that never had versioning. */
export function shownVersionId(
  versioning: Versioning,
  version: { readonly isNull: number; readonly position: number },
): string | undefined {
  if (versioning === 'Off') return undefined
  return version.isNull === 1 ? 'null' : versionIdOf(version.position)
}

/** The checksum kept with a version. */
export function versionChecksum(
  version: Pick<Version, 'checksumAlgorithm' | 'checksumType' | 'checksum'>,
): Checksum | undefined {
  const { checksumAlgorithm: algorithm, checksumType: type, checksum: value } = version
  return algorithm === null || type === null || value === null ? undefined : { algorithm, type, value }
}
