// PutObject: a body becomes the latest version of a key.
// What a version is, and who wins when two arrive at once, is the catalog's business.

import { askedList } from '../contract/acl.js'
import type { Checksum, ChecksumAlgorithm } from '../contract/claims.js'
import { checksumMember } from '../contract/checksum-members.js'
import type { Clock, Operation, Output } from '../contract/operation.js'
import { claimedAlgorithm } from '../contract/checksum-choice.js'
import { requireKey } from '../contract/names.js'
import { md5ETag, quotedETag } from '../contract/etag.js'
import { writeConditionsOf } from '../contract/preconditions.js'
import { headersJson } from '../contract/stored-headers.js'
import { tagsJson, tagsOfHeader } from '../contract/tags.js'
import { requireUnusedPresign } from '../store/catalog/presigned.js'
import { putVersion, requireWriteTarget } from '../store/catalog/put-version.js'
import { wantedList } from '../store/catalog/wanted-list.js'
import { type Draft, smallBodySizeBytesMax } from '../store/blobs/draft.js'
import type { Store } from '../store/store.js'

/** Stores `call.body` under a key.
 *  @throws KeyTooLongError, InvalidTag, MetadataTooLarge, and as `askedList` and `wantedList`, before a byte is read; NoSuchBucket, PreconditionFailed and
 *    NoSuchKey by If-Match and If-None-Match, AccessControlListNotSupported and AccessDenied by the list that is asked for, when it is named, and
 *    before it is read where that may spare it; what `Store.writeBody` throws
 *  Source: AWS API reference, PutObject */
export const putObject =
  (store: Store, clock: Clock): Operation<'PutObject'> =>
  async (input, call) => {
    const asked = askedList(input, 'object')
    const { Bucket: bucket = '', Key: key = '' } = input
    requireKey(key)
    const onlyIf = writeConditionsOf(input)
    const ownerId = call.caller.accountId
    const list = asked === undefined ? undefined : await store.catalog.read(wantedList, asked)
    const headers = headersJson(input)
    const tags = input.Tagging === undefined ? null : tagsJson(tagsOfHeader(input.Tagging))
    // A small body that is on its way already is read sooner than its bucket is looked up twice.
    const { size = Infinity } = call.claims
    if (call.asksFirst || size > smallBodySizeBytesMax)
      await store.catalog.read(requireWriteTarget, { bucket, key, onlyIf, ownerId, list, size: call.claims.size ?? 0 })

    const { presignUse } = call
    if (presignUse !== undefined) await store.catalog.read(requireUnusedPresign, presignUse)

    const draft = await store.writeBody(call.body, call.claims)
    try {
      const checksum = checksumOf(draft, claimedAlgorithm(call.claims))
      const etag = md5ETag(draft.md5)
      const version = await store.catalog.commit(putVersion, {
        bucket,
        key,
        onlyIf,
        ownerId,
        list,
        draft: { size: draft.size, content: draft.content },
        etag,
        checksum,
        storageClass: input.StorageClass ?? 'STANDARD',
        headers,
        tags,
        now: clock.now(),
        presignUse,
      })
      // One member after the other: V8 makes the shape of a literal with a spread in it anew each time. Measured: 2 us.
      const output: Output<'PutObject'> = checksumMember(checksum.algorithm, checksum.value)
      output.ChecksumType = checksum.type
      output.ETag = quotedETag(etag)
      output.VersionId = version.versionId
      return output
    } catch (error) {
      await store.discard(draft)
      throw error
    }
  }

function checksumOf({ checksums }: Draft, algorithm: ChecksumAlgorithm): Checksum {
  const value = checksums[algorithm]
  if (value === undefined) throw new Error(`${algorithm} was not computed`)
  return { algorithm, type: 'FULL_OBJECT', value }
}
