// UploadPart through the SDK.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { AbortMultipartUploadCommand, ListPartsCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'
import { bytesOf, partSizeBytesMin, someBytes, TestUpload } from './uploads.js'

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')

describe('UploadPart', () => {
  it('answers the MD5 of the part as its ETag', async () => {
    const { s3, bucket } = await freshServer()
    const upload = await TestUpload.create(s3, bucket, 'k')
    for (const size of [0, 1, 20_000]) {
      const bytes = someBytes(size)
      equal((await upload.put(1, bytes)).ETag, `"${md5(bytes)}"`)
    }
  })

  it('takes the last part that was sent under a number', async () => {
    const { s3, bucket } = await freshServer()
    const upload = await TestUpload.create(s3, bucket, 'k')
    const first = await upload.put(3, Buffer.from('first'))
    const second = await upload.put(3, Buffer.from('second'))
    await rejects(upload.complete([first]), { name: 'InvalidPart' })
    await upload.complete([second])
    equal((await bytesOf(s3, bucket, 'k')).toString(), 'second')
  })

  it('takes parts in any order and at the same time', async () => {
    const { s3, bucket } = await freshServer()
    const upload = await TestUpload.create(s3, bucket, 'k')
    const bytes = [someBytes(partSizeBytesMin), someBytes(partSizeBytesMin + 1), someBytes(7)]
    const parts = await Promise.all([2, 0, 1].map((i) => upload.put(i * 10 + 1, bytes[i] ?? Buffer.alloc(0))))
    await upload.complete(parts.toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0)))
    deepEqual(await bytesOf(s3, bucket, 'k'), Buffer.concat(bytes))
  })

  for (const PartNumber of [0, 10_001, -1]) {
    it(`refuses number ${PartNumber}`, async () => {
      const { s3, bucket } = await freshServer()
      const upload = await TestUpload.create(s3, bucket, 'k')
      await rejects(upload.put(PartNumber, Buffer.from('x')), { name: 'InvalidArgument' })
    })
  }

  it('answers NoSuchUpload for an id that is not there, or another key or bucket', async () => {
    const { s3, bucket } = await freshServer()
    const upload = await TestUpload.create(s3, bucket, 'k')
    const put = (input: object) =>
      s3.send(new UploadPartCommand({ ...upload.name, PartNumber: 1, Body: 'x', ...input }))
    await rejects(put({ UploadId: 'nonsense' }), { name: 'NoSuchUpload' })
    await rejects(put({ Key: 'other' }), { name: 'NoSuchUpload' })
    await rejects(put({ Bucket: 'no-such-bucket-here' }), { name: 'NoSuchBucket' })
  })

  it('names nothing when the bytes are not what was said of them', async () => {
    const { s3, bucket } = await freshServer()
    const upload = await TestUpload.create(s3, bucket, 'k')
    const wrong = createHash('md5').update('other').digest('base64')
    await rejects(upload.put(1, Buffer.from('x'), { ContentMD5: wrong }), { name: 'BadDigest' })
    await rejects(
      upload.put(1, Buffer.from('x'), { ChecksumSHA256: createHash('sha256').digest('base64') }),
      (error: Error) => ['BadDigest', 'InvalidRequest'].includes(error.name),
    )
    equal((await s3.send(new ListPartsCommand(upload.name))).Parts, undefined)
  })

  it('refuses a checksum of another algorithm than the upload was created with', async () => {
    const { s3, bucket } = await freshServer()
    const upload = await TestUpload.create(s3, bucket, 'k', { ChecksumAlgorithm: 'SHA256' })
    await rejects(upload.put(1, Buffer.from('x'), { ChecksumAlgorithm: 'CRC32' }), {
      name: 'InvalidRequest',
      message: 'Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32',
    })
    const part = await upload.put(1, Buffer.from('x'), { ChecksumAlgorithm: 'SHA256' })
    equal(part.ChecksumSHA256, createHash('sha256').update('x').digest('base64'))
  })

  it('keeps parts across a restart', async () => {
    const fresh = await freshServer()
    const upload = await TestUpload.create(fresh.s3, fresh.bucket, 'k')
    const bytes = someBytes(partSizeBytesMin)
    const part = await upload.put(1, bytes)
    const { s3 } = await fresh.restart()
    await new TestUpload(s3, upload.name).complete([part])
    deepEqual(await bytesOf(s3, fresh.bucket, 'k'), bytes)
  })

  it('answers NoSuchUpload to a part that arrives while its upload is aborted, and leaves nothing behind', async () => {
    const { s3, bucket } = await freshServer()
    const upload = await TestUpload.create(s3, bucket, 'k')
    const parts = Array.from({ length: 8 }, (_, i) =>
      upload.put(i + 1, someBytes(100_000)).then(
        () => 'stored',
        (e: Error) => e.name,
      ),
    )
    const aborted = s3.send(new AbortMultipartUploadCommand(upload.name))
    const ends = await Promise.all(parts)
    await aborted
    for (const end of ends) equal(['stored', 'NoSuchUpload'].includes(end), true, end)
    await rejects(s3.send(new ListPartsCommand(upload.name)), { name: 'NoSuchUpload' })
  })
})
