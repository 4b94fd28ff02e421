// CompleteMultipartUpload: parts become an object.

import type { CompletedPart } from '@aws-sdk/client-s3'
import { checksumMember, checksumsIn } from '../contract/checksum-members.js'
import { S3Error } from '../contract/errors.js'
import { partNumberMax, requirePartList, type ListedPart } from '../contract/multipart.js'
import type { Clock, Operation } from '../contract/operation.js'
import { writeConditionsOf } from '../contract/preconditions.js'
import { completeUpload } from '../store/catalog/complete-upload.js'
import type { Store } from '../store/store.js'

/** Makes the listed parts the latest version of a key; the same request again gets the same answer.
 *  @throws NoSuchBucket, NoSuchUpload, MalformedXML, InvalidPart, InvalidPartOrder, EntityTooSmall, BadDigest, InvalidRequest, PreconditionFailed:
 *  the upload goes on then
 *  Source: AWS API reference, CompleteMultipartUpload */
export const completeMultipartUpload =
  (store: Store, clock: Clock): Operation<'CompleteMultipartUpload'> =>
  async (input) => {
    const { Bucket: bucket = '', Key: key = '', UploadId: uploadId = '' } = input
    const parts = listOf(input.MultipartUpload?.Parts ?? [])
    requirePartList(uploadId, parts)
    const completed = await store.catalog.commit(completeUpload, {
      bucket,
      key,
      uploadId,
      parts,
      claims: { checksums: checksumsIn(input), type: input.ChecksumType, size: input.MpuObjectSize },
      onlyIf: writeConditionsOf(input),
      now: clock.now(),
    })
    const { algorithm, type, value } = completed.checksum
    return {
      Location: `/${bucket}/${encodeURIComponent(key).replaceAll('%2F', '/')}`,
      Bucket: bucket,
      Key: key,
      ETag: `"${completed.etag}"`,
      ...checksumMember(algorithm, value),
      ChecksumType: type,
      ...(completed.versionId !== undefined && { VersionId: completed.versionId }),
    }
  }

/** @throws MalformedXML for an entry without number or ETag, or too many */
function listOf(parts: readonly CompletedPart[]): ListedPart[] {
  if (parts.length > partNumberMax) throw new S3Error('MalformedXML')
  return parts.map((part) => {
    const { PartNumber: number, ETag: etag } = part
    if (number === undefined || etag === undefined) throw new S3Error('MalformedXML')
    return { number, etag: bare(etag), checksums: checksumsIn(part) }
  })
}

/** Clients write the ETag of a part with quotes or without. */
const bare = (etag: string): string => (/^".*"$/.test(etag) ? etag.slice(1, -1) : etag)
