// ListObjectVersions: every version and delete marker, by key and then newest first.

import type { ChecksumAlgorithm, ChecksumType, DeleteMarkerEntry, ObjectVersion } from '@aws-sdk/client-s3'
import { encoderFor, invalidArgument, listedTime, pageSize, requireKnownAttributes } from '../contract/listing.js'
import type { Operation } from '../contract/operation.js'
import { versionsPage, type ListedVersion } from '../store/catalog/list-versions.js'
import { positionOf, versionIdOf } from '../store/catalog/version-id.js'
import type { Store } from '../store/store.js'
import { ownersOf } from './listed-object.js'

/** A page of a bucket's versions.
 *  @throws NoSuchBucket, InvalidArgument
 *  Source: AWS API reference, ListObjectVersions */
export const listObjectVersions =
  (store: Store): Operation<'ListObjectVersions'> =>
  async (input) => {
    const encode = encoderFor(input.EncodingType)
    const count = pageSize('max-keys', input.MaxKeys)
    requireKnownAttributes(input.OptionalObjectAttributes)
    const { Prefix: prefix = '', Delimiter: delimiter = '', KeyMarker: keyMarker = '' } = input
    const { page, owners } = await store.catalog.read(versionsPage, {
      bucket: input.Bucket ?? '',
      prefix,
      delimiter,
      after: keyMarker,
      afterVersion: afterVersionOf(input.VersionIdMarker, keyMarker),
      count,
    })
    const ownersById = ownersOf(owners)
    const versions: ObjectVersion[] = []
    const markers: DeleteMarkerEntry[] = []
    for (const row of page.rows) {
      const [key, position, isNull, isMarker, isLatest, size, etag, modifiedMs, storageClass, ownerId] = row
      const common = {
        Key: encode(key),
        VersionId: isNull === 1 ? 'null' : versionIdOf(position),
        IsLatest: isLatest === 1,
        LastModified: listedTime(modifiedMs),
        Owner: ownersById.get(ownerId),
      }
      if (isMarker === 1) {
        markers.push(common)
        continue
      }
      versions.push({
        ...common,
        ETag: `"${etag}"`,
        Size: size,
        // A stored class is one that PutObject accepted, from S3's list.
        StorageClass: storageClass as NonNullable<ObjectVersion['StorageClass']>,
        ...checksumOf(row),
      })
    }
    return {
      Name: input.Bucket,
      Prefix: encode(prefix),
      KeyMarker: encode(keyMarker),
      VersionIdMarker: input.VersionIdMarker ?? '',
      ...(page.isTruncated && nextMarkers(page.last, encode)),
      MaxKeys: count,
      ...(delimiter !== '' && { Delimiter: encode(delimiter) }),
      IsTruncated: page.isTruncated,
      ...(input.EncodingType !== undefined && { EncodingType: input.EncodingType }),
      Versions: versions,
      DeleteMarkers: markers,
      CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    }
  }

/** @throws InvalidArgument when there is no key for it, or it is no version's id */
function afterVersionOf(versionId: string | undefined, keyMarker: string): number | 'null' | undefined {
  if (versionId === undefined) return undefined
  if (versionId === '') {
    throw invalidArgument('version-id-marker', '', 'A version-id marker cannot be empty.')
  }
  if (keyMarker === '') {
    throw invalidArgument(
      'version-id-marker',
      versionId,
      'A version-id marker cannot be specified without a key marker.',
    )
  }
  if (versionId === 'null') return 'null'
  const position = positionOf(versionId)
  if (position === undefined) throw invalidArgument('version-id-marker', versionId, 'Invalid version id specified')
  return position
}

/** A null version is told by its position too: it can still be gone on after when it has been deleted meanwhile. */
function nextMarkers(last: ListedVersion | string | undefined, encode: (text: string) => string) {
  if (last === undefined) return {}
  if (typeof last === 'string') return { NextKeyMarker: encode(last) }
  return { NextKeyMarker: encode(last[0]), NextVersionIdMarker: versionIdOf(last[1]) }
}

function checksumOf(row: ListedVersion): Pick<ObjectVersion, 'ChecksumAlgorithm' | 'ChecksumType'> {
  const [algorithm, type] = [row[10], row[11]]
  if (algorithm === null || type === null) return {}
  // Stored algorithms and types are of S3's lists.
  return { ChecksumAlgorithm: [algorithm as ChecksumAlgorithm], ChecksumType: type as ChecksumType }
}
