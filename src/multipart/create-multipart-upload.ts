// CreateMultipartUpload: says what will be made of the parts to come.

import { randomBytes } from 'node:crypto'
import { askedList } from '../contract/acl.js'
import { uploadChecksum, uploadIdChanceBytes, writeUploadId } from '../contract/multipart.js'
import { requireKey } from '../contract/names.js'
import type { Clock, Operation } from '../contract/operation.js'
import { headersJson } from '../contract/stored-headers.js'
import { tagsJson, tagsOfHeader } from '../contract/tags.js'
import { createUpload } from '../store/catalog/create-upload.js'
import { wantedList } from '../store/catalog/wanted-list.js'
import { initiatorBy } from './initiator.js'
import type { Store } from '../store/store.js'

/** Begins an upload with the headers, tags, list and kind of checksum the object will have.
 *  @throws NoSuchBucket, KeyTooLongError, MetadataTooLarge, InvalidTag; InvalidRequest for a checksum type its algorithm does not have; as `askedList` and
 *    `wantedList`, and AccessControlListNotSupported and AccessDenied by the list that is asked for
 *  Source: AWS API reference, CreateMultipartUpload */
export const createMultipartUpload =
  (store: Store, clock: Clock): Operation<'CreateMultipartUpload'> =>
  async (input, call) => {
    const { Bucket: bucket = '', Key: key = '', Tagging: tagging } = input
    requireKey(key)
    const checksum = uploadChecksum(input.ChecksumAlgorithm, input.ChecksumType)
    const asked = askedList(input, 'object')
    const list = asked === undefined ? undefined : await store.catalog.read(wantedList, asked)
    const { caller } = call
    const now = clock.now()
    const uploadId = writeUploadId(now, randomBytes(uploadIdChanceBytes))
    await store.catalog.commit(createUpload, {
      bucket,
      key,
      uploadId,
      now,
      ownerId: caller.accountId,
      list,
      initiator: initiatorBy(caller),
      storageClass: input.StorageClass ?? 'STANDARD',
      checksum,
      headers: headersJson(input),
      tags: tagging === undefined ? null : tagsJson(tagsOfHeader(tagging)),
    })
    return {
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      // Where nothing was asked S3 says nothing, and computes CRC64NVME all the same.
      ...(checksum.isAsked && { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
    }
  }
