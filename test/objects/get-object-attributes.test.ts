// GetObjectAttributes through the SDK.

import { deepEqual, equal } from 'node:assert/strict'
import {
  DeleteObjectCommand,
  GetObjectAttributesCommand,
  type GetObjectAttributesCommandInput,
} from '@aws-sdk/client-s3'
import { digestOf } from '../../src/store/blobs/digests.js'
import { partSizeBytesMin, someBytes, TestUpload } from '../multipart/uploads.js'
import { objectServer, refused } from './objects.js'

const everything = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] as const

async function asking() {
  const fresh = await objectServer()
  const { s3, bucket } = fresh
  return {
    ...fresh,
    ask: (input: Partial<GetObjectAttributesCommandInput> = {}) =>
      s3.send(
        new GetObjectAttributesCommand({ Bucket: bucket, Key: 'k', ObjectAttributes: [...everything], ...input }),
      ),
  }
}

describe('GetObjectAttributes', () => {
  it('answers what is asked for, and nothing else', async () => {
    const { put, ask } = await asking()
    const { ETag = '' } = await put('k', 'foo', { ChecksumAlgorithm: 'SHA1' })
    const all = await ask()
    deepEqual(
      [all.ETag, all.StorageClass, all.ObjectSize, all.ObjectParts],
      [ETag.replaceAll('"', ''), 'STANDARD', 3, undefined],
    )
    deepEqual(all.Checksum, {
      ChecksumSHA1: Buffer.from(digestOf('SHA1', Buffer.from('foo'))).toString('base64'),
      ChecksumType: 'FULL_OBJECT',
    })
    equal(all.LastModified?.getMilliseconds(), 0)
    const one = await ask({ ObjectAttributes: ['ObjectSize'] })
    deepEqual([one.ETag, one.Checksum, one.StorageClass, one.ObjectSize], [undefined, undefined, undefined, 3])
  })

  it('refuses attributes that do not exist, and none', async () => {
    const { put, ask } = await asking()
    await put('k')
    await refused(ask({ ObjectAttributes: ['Nonsense' as 'ETag'] }), 'InvalidArgument', 400)
    await refused(ask({ ObjectAttributes: [] }), 'InvalidArgument', 400)
    await refused(ask({ PartNumberMarker: 'x' }), 'InvalidArgument', 400)
  })

  it('pages through the parts, each with its size and checksum', async () => {
    const { s3, bucket, ask } = await asking()
    const upload = await TestUpload.create(s3, bucket, 'k', { ChecksumAlgorithm: 'SHA256' })
    const bytes = [someBytes(partSizeBytesMin), someBytes(partSizeBytesMin), someBytes(7)]
    const parts = await Promise.all(
      bytes.map((body, i) => upload.put(i * 2 + 1, body, { ChecksumAlgorithm: 'SHA256' })),
    )
    await upload.complete(parts)
    const told = bytes.map((body, i) => ({
      PartNumber: i * 2 + 1,
      Size: body.length,
      ChecksumSHA256: Buffer.from(digestOf('SHA256', body)).toString('base64'),
    }))
    const all = await ask()
    equal(all.Checksum?.ChecksumType, 'COMPOSITE')
    deepEqual(
      [
        all.ObjectParts?.TotalPartsCount,
        all.ObjectParts?.IsTruncated,
        all.ObjectParts?.MaxParts,
        all.ObjectParts?.Parts,
      ],
      [3, false, 1000, told],
    )
    const page = await ask({ MaxParts: 1, PartNumberMarker: '1' })
    deepEqual(
      [page.ObjectParts?.Parts, page.ObjectParts?.IsTruncated, page.ObjectParts?.NextPartNumberMarker],
      [told.slice(1, 2), true, '3'],
    )
    equal(page.ObjectParts?.PartNumberMarker, '1')
    const last = await ask({ MaxParts: 1, PartNumberMarker: '3' })
    deepEqual([last.ObjectParts?.Parts, last.ObjectParts?.IsTruncated], [told.slice(2), false])
  })

  it('looks at the version that is named', async () => {
    const { s3, bucket, put, ask, version } = await asking()
    await version('Enabled')
    const first = await put('k', '1')
    await put('k', '22')
    const old = await ask({ VersionId: first.VersionId })
    deepEqual([old.ObjectSize, old.VersionId, (await ask()).ObjectSize], [1, first.VersionId, 2])
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k' }))
    await refused(ask(), 'NoSuchKey', 404)
    await refused(ask({ VersionId }), 'MethodNotAllowed', 405)
  })
})
