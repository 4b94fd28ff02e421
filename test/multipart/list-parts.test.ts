// ListParts through the SDK.

import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { ListPartsCommand, type ListPartsCommandInput } from '@aws-sdk/client-s3'
import { digestOf } from '../../src/store/blobs/digests.js'
import { freshServer } from '../fresh-server.js'
import { TestUpload } from './uploads.js'

async function uploadWith(numbers: readonly number[]) {
  const { s3, bucket } = await freshServer()
  const upload = await TestUpload.create(s3, bucket, 'k', { ChecksumAlgorithm: 'CRC32' })
  await Promise.all(
    numbers.map((number) => upload.put(number, Buffer.from(`part ${number}`), { ChecksumAlgorithm: 'CRC32' })),
  )
  return {
    upload,
    list: (input: Partial<ListPartsCommandInput> = {}) => s3.send(new ListPartsCommand({ ...upload.name, ...input })),
  }
}

describe('ListParts', () => {
  it('tells each part in order of its number, and of the upload what S3 tells', async () => {
    const { upload, list } = await uploadWith([7, 1, 10_000])
    const page = await list()
    deepEqual([page.Bucket, page.Key, page.UploadId], [upload.name.Bucket, 'k', upload.name.UploadId])
    deepEqual([page.StorageClass, page.ChecksumAlgorithm, page.ChecksumType], ['STANDARD', 'CRC32', 'COMPOSITE'])
    deepEqual([page.MaxParts, page.IsTruncated, page.PartNumberMarker], [1000, false, '0'])
    match(page.Owner?.ID ?? '', /^[0-9a-f]{64}$/)
    equal(page.Initiator?.ID, page.Owner?.ID)
    deepEqual(
      page.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
      [
        [1, 6],
        [7, 6],
        [10_000, 10],
      ],
    )
    const crc32 = Buffer.from(digestOf('CRC32', Buffer.from('part 7'))).toString('base64')
    equal(page.Parts?.[1]?.ChecksumCRC32, crc32)
    equal(page.Parts?.[1]?.ETag, `"${Buffer.from(digestOf('MD5', Buffer.from('part 7'))).toString('hex')}"`)
  })

  it('goes on after a number', async () => {
    const { list } = await uploadWith([1, 2, 3])
    const first = await list({ MaxParts: 2 })
    deepEqual([first.Parts?.length, first.IsTruncated, first.NextPartNumberMarker], [2, true, '2'])
    const second = await list({ MaxParts: 2, PartNumberMarker: first.NextPartNumberMarker })
    deepEqual([second.Parts?.map((part) => part.PartNumber), second.IsTruncated], [[3], false])
  })

  it('refuses sizes and markers that are no numbers', async () => {
    const { list } = await uploadWith([])
    await rejects(list({ MaxParts: -1 }), { name: 'InvalidArgument' })
    await rejects(list({ PartNumberMarker: 'two' }), { name: 'InvalidArgument' })
    await rejects(list({ PartNumberMarker: '-1' }), { name: 'InvalidArgument' })
    equal((await list()).Parts, undefined)
  })

  it('answers NoSuchUpload for another key', async () => {
    const { list } = await uploadWith([])
    await rejects(list({ Key: 'other' }), { name: 'NoSuchUpload' })
  })
})
