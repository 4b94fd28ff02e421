// ListParts: what an upload has so far.

import type { Part, StorageClass } from '@aws-sdk/client-s3'
import { checksumMember } from '../contract/checksum-members.js'
import { invalidArgument, listedTime, pageSize } from '../contract/listing.js'
import type { Operation } from '../contract/operation.js'
import { initiatorOf, ownerOf } from './initiator.js'
import { partsPage, type PartRow } from '../store/catalog/list-parts.js'
import type { Store } from '../store/store.js'

/** A page of an upload's parts by number.
 *  @throws NoSuchBucket, NoSuchUpload, InvalidArgument
 *  Source: AWS API reference, ListParts */
export const listParts =
  (store: Store): Operation<'ListParts'> =>
  async (input) => {
    const count = pageSize('max-parts', input.MaxParts)
    const after = partNumberOf(input.PartNumberMarker)
    const {
      upload,
      parts,
      isTruncated,
      owner: shown,
    } = await store.catalog.read(partsPage, {
      bucket: input.Bucket ?? '',
      key: input.Key ?? '',
      uploadId: input.UploadId ?? '',
      after,
      count,
    })
    const owner = ownerOf(shown)
    return {
      Bucket: input.Bucket,
      Key: input.Key,
      UploadId: input.UploadId,
      Initiator: initiatorOf(upload.initiator) ?? owner,
      Owner: owner,
      // A stored class is one that CreateMultipartUpload accepted, from S3's list.
      StorageClass: upload.storageClass as StorageClass,
      PartNumberMarker: String(after),
      NextPartNumberMarker: String(parts.at(-1)?.number ?? 0),
      MaxParts: count,
      IsTruncated: isTruncated,
      ChecksumAlgorithm: upload.checksumAlgorithm,
      ChecksumType: upload.checksumType,
      Parts: parts.map(partOf),
    }
  }

const partOf = (part: PartRow): Part => ({
  PartNumber: part.number,
  LastModified: listedTime(part.modifiedMs),
  ETag: `"${Buffer.from(part.md5).toString('hex')}"`,
  Size: part.size,
  ...checksumMember(part.checksumAlgorithm, part.checksum),
})

/** @throws InvalidArgument for what is no whole number from 0 to 2^31 - 1 */
function partNumberOf(marker: string | undefined): number {
  if (marker === undefined || marker === '') return 0
  const number = /^\d{1,10}$/.test(marker) ? Number(marker) : Number.NaN
  if (number <= 2_147_483_647) return number
  throw invalidArgument(
    'part-number-marker',
    marker,
    'Argument part-number-marker must be an integer between 0 and 2147483647',
  )
}
