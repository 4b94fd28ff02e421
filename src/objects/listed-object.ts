// An object as both ListObjects and ListObjectsV2 show it.

import type { _Object, ChecksumAlgorithm, ChecksumType, Owner } from '@aws-sdk/client-s3'
import { listedTime } from '../contract/listing.js'
import type { ShownOwners } from '../store/catalog/account-names.js'
import type { ListedObject } from '../store/catalog/list-objects.js'

/** Entries of a page, in order.
 *  @param encode from `encoderFor`
 *  @param owners as the listing answers them, when owners are to be shown */
export function listedObjects(
  rows: readonly ListedObject[],
  encode: (text: string) => string,
  owners: ShownOwners | undefined,
): _Object[] {
  const ownersById = owners && ownersOf(owners)
  const algorithms = new Map<string, ChecksumAlgorithm[]>()
  return rows.map(([key, size, etag, modifiedMs, storageClass, ownerId, checksumAlgorithm, checksumType]) => {
    const entry: _Object = {
      Key: encode(key),
      LastModified: listedTime(modifiedMs),
      ETag: `"${etag}"`,
      Size: size,
      // A stored class is one that PutObject accepted, from S3's list.
      StorageClass: storageClass as NonNullable<_Object['StorageClass']>,
    }
    if (checksumAlgorithm !== null && checksumType !== null) {
      let list = algorithms.get(checksumAlgorithm)
      // Stored algorithms and types are of S3's lists, as above.
      if (list === undefined) algorithms.set(checksumAlgorithm, (list = [checksumAlgorithm as ChecksumAlgorithm]))
      entry.ChecksumAlgorithm = list
      entry.ChecksumType = checksumType as ChecksumType
    }
    const owner = ownersById?.get(ownerId)
    if (owner !== undefined) entry.Owner = owner
    return entry
  })
}

/** S3's Owner by canonical user id of who wrote: one object for all entries. */
export const ownersOf = (owners: ShownOwners): ReadonlyMap<string, Owner> =>
  new Map([...owners].map(([id, owner]) => [id, { ID: owner.id, DisplayName: owner.name }]))
