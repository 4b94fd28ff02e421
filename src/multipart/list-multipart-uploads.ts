// ListMultipartUploads: which uploads are under way in a bucket.

import type { ChecksumAlgorithm, ChecksumType, StorageClass } from '@aws-sdk/client-s3'
import { encoderFor, invalidArgument, listedTime, pageSize } from '../contract/listing.js'
import { initiatedMsOf } from '../contract/multipart.js'
import type { Operation } from '../contract/operation.js'
import { initiatorOf, ownerOf } from './initiator.js'
import { uploadsPage, type UploadPlace } from '../store/catalog/list-uploads.js'
import type { Store } from '../store/store.js'

/** A page of a bucket's uploads: by key, then by when they were initiated.
 *  @throws NoSuchBucket, InvalidArgument
 *  Source: AWS API reference, ListMultipartUploads */
export const listMultipartUploads =
  (store: Store): Operation<'ListMultipartUploads'> =>
  async (input) => {
    const encode = encoderFor(input.EncodingType)
    const count = pageSize('max-uploads', input.MaxUploads)
    const { Prefix: prefix = '', Delimiter: delimiter = '', KeyMarker: keyMarker = '' } = input
    const { page, owners } = await store.catalog.read(uploadsPage, {
      bucket: input.Bucket ?? '',
      prefix,
      delimiter,
      after: keyMarker,
      // "If key-marker is not specified, the upload-id-marker parameter is ignored."
      afterUpload: keyMarker === '' ? undefined : placeOf(input.UploadIdMarker),
      count,
    })
    const last = typeof page.last === 'string' ? ([page.last, ''] as const) : page.last
    return {
      Bucket: input.Bucket,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: input.UploadIdMarker ?? '',
      ...(page.isTruncated && last !== undefined && { NextKeyMarker: encode(last[0]), NextUploadIdMarker: last[1] }),
      Prefix: encode(prefix),
      ...(delimiter !== '' && { Delimiter: encode(delimiter) }),
      MaxUploads: count,
      IsTruncated: page.isTruncated,
      ...(input.EncodingType !== undefined && { EncodingType: input.EncodingType }),
      Uploads: page.rows.map(([key, uploadId, initiatedMs, ownerId, storageClass, algorithm, type, initiator]) => {
        const owner = ownerOf(owners.get(ownerId))
        return {
          Key: encode(key),
          UploadId: uploadId,
          Initiator: initiatorOf(initiator) ?? owner,
          Owner: owner,
          // What is stored was accepted by CreateMultipartUpload, from S3's lists.
          StorageClass: storageClass as StorageClass,
          Initiated: listedTime(initiatedMs),
          ChecksumAlgorithm: algorithm as ChecksumAlgorithm,
          ChecksumType: type as ChecksumType,
        }
      }),
      CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    }
  }

/** An id tells its place by itself, so that an upload that has ended meanwhile can be gone on after.
 *  @throws InvalidArgument when it is no UploadId */
function placeOf(uploadId: string | undefined): UploadPlace | undefined {
  if (uploadId === undefined || uploadId === '') return undefined
  const initiatedMs = initiatedMsOf(uploadId)
  if (initiatedMs === undefined) throw invalidArgument('upload-id-marker', uploadId, 'Invalid uploadId marker')
  return { initiatedMs, uploadId }
}
