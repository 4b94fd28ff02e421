// CreateMultipartUpload through the SDK.

import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { CreateMultipartUploadCommand, GetObjectTaggingCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'
import { TestUpload } from './uploads.js'

describe('CreateMultipartUpload', () => {
  it('answers bucket, key and an id of its own each time', async () => {
    const { s3, bucket } = await freshServer()
    const create = () => s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'a b/é' }))
    const [one, two] = [await create(), await create()]
    deepEqual([one.Bucket, one.Key], [bucket, 'a b/é'])
    match(one.UploadId ?? '', /^[\w-]{32}$/)
    equal(one.UploadId === two.UploadId, false)
  })

  it('keeps headers, metadata and tags for the object', async () => {
    const { s3, bucket } = await freshServer()
    const upload = await TestUpload.create(s3, bucket, 'k', {
      ContentType: 'text/plain',
      CacheControl: 'no-cache',
      ContentLanguage: 'de',
      Metadata: { colour: 'blue' },
      Tagging: 'a=1&b=2',
    })
    await upload.complete([await upload.put(1, Buffer.from('x'))])
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k' }))
    deepEqual(
      [head.ContentType, head.CacheControl, head.ContentLanguage, head.Metadata],
      ['text/plain', 'no-cache', 'de', { colour: 'blue' }],
    )
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: 'k' }))
    deepEqual(TagSet, [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ])
  })

  it('answers which checksum was asked for, and refuses pairs that do not go together', async () => {
    const { s3, bucket } = await freshServer()
    const create = (ChecksumAlgorithm: 'CRC32' | 'SHA256' | 'CRC64NVME', ChecksumType?: 'FULL_OBJECT' | 'COMPOSITE') =>
      s3.send(
        new CreateMultipartUploadCommand({
          Bucket: bucket,
          Key: 'k',
          ChecksumAlgorithm,
          ...(ChecksumType && { ChecksumType }),
        }),
      )
    const asked = await create('SHA256')
    deepEqual([asked.ChecksumAlgorithm, asked.ChecksumType], ['SHA256', 'COMPOSITE'])
    equal((await create('CRC32', 'FULL_OBJECT')).ChecksumType, 'FULL_OBJECT')
    await rejects(create('SHA256', 'FULL_OBJECT'), { name: 'InvalidRequest' })
    await rejects(create('CRC64NVME', 'COMPOSITE'), { name: 'InvalidRequest' })
  })

  it('refuses keys that are too long, and buckets that are not there', async () => {
    const { s3, bucket } = await freshServer()
    const create = (Bucket: string, Key: string) => s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    await rejects(create(bucket, 'k'.repeat(1025)), { name: 'KeyTooLongError' })
    await rejects(create('no-such-bucket-here', 'k'), { name: 'NoSuchBucket' })
  })
})
