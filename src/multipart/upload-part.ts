// UploadPart: bytes become one part of an upload.

import { checksumMember, rawChecksum } from '../contract/checksum-members.js'
import { checksumAlgorithms, type ChecksumAlgorithm, type Claims } from '../contract/claims.js'
import { requirePartChecksum, requirePartNumber } from '../contract/multipart.js'
import { requireBodySize } from '../contract/request.js'
import type { Clock, Operation } from '../contract/operation.js'
import { checksumOf, uploadNamed } from '../store/catalog/find-upload.js'
import { requirePartRoom } from '../store/catalog/meter.js'
import { putPart } from '../store/catalog/put-part.js'
import type { Store } from '../store/store.js'

/** Stores `call.body` (0 bytes to 5 GiB) as part 1 to 10,000 of an upload; the last one sent under a number counts.
 *  @throws NoSuchBucket and NoSuchUpload before the body is read, or after it when the upload ended meanwhile; InvalidArgument, QuotaExceeded, InvalidRequest
 *  for a checksum that is not the upload's, EntityTooLarge, BadDigest and what else `Store.writeBody` throws: nothing is stored then
 *  Source: AWS API reference, UploadPart */
export const uploadPart =
  (store: Store, clock: Clock): Operation<'UploadPart'> =>
  async (input, call) => {
    const number = requirePartNumber(input.PartNumber)
    if (call.claims.size !== undefined) requireBodySize(call.claims.size)
    const name = { bucket: input.Bucket ?? '', key: input.Key ?? '', uploadId: input.UploadId ?? '' }
    const upload = await store.catalog.read(uploadNamed, name)
    if (upload.isMetered === 1)
      await store.catalog.read(requirePartRoom, { upload, number, size: call.claims.size ?? 0 })
    const sent = algorithmsSent(call.claims)
    requirePartChecksum(checksumOf(upload), sent)
    const draft = await store.writeBody(call.body, call.claims, [upload.checksumAlgorithm])
    try {
      const checksumAlgorithm = upload.checksumAlgorithm
      const checksum = rawChecksum(draft.checksums, checksumAlgorithm)
      await store.catalog.commit(putPart, {
        ...name,
        number,
        draft,
        md5: draft.md5,
        checksumAlgorithm,
        checksum,
        now: clock.now(),
      })
      const told = sent[0] ?? checksumAlgorithm
      return { ETag: `"${Buffer.from(draft.md5).toString('hex')}"`, ...checksumMember(told, draft.checksums[told]) }
    } catch (error) {
      await store.discard(draft)
      throw error
    }
  }

/** Algorithms of which the caller sends a checksum, in a header or a trailer. */
function algorithmsSent(claims: Claims): readonly ChecksumAlgorithm[] {
  const sent = checksumAlgorithms.filter((algorithm) => claims.checksums[algorithm] !== undefined)
  if (claims.algorithm !== undefined && !sent.includes(claims.algorithm)) sent.push(claims.algorithm)
  return sent
}
