// UploadPartCopy through the SDK.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
  type CompletedPart,
  type UploadPartCopyCommandInput,
} from '@aws-sdk/client-s3'
import { digestOf } from '../../src/store/blobs/digests.js'
import { freshServer, type FreshServer } from '../fresh-server.js'
import { bytesOf, partSizeBytesMin, someBytes, TestUpload } from './uploads.js'

const md5 = (bytes: Uint8Array) => `"${createHash('md5').update(bytes).digest('hex')}"`

function copier({ s3, bucket }: FreshServer, upload: TestUpload) {
  return async (PartNumber: number, source: string, input: Partial<UploadPartCopyCommandInput> = {}) => {
    const CopySource = `${bucket}/${source}`
    const answer = await s3.send(new UploadPartCopyCommand({ ...upload.name, PartNumber, CopySource, ...input }))
    return { ...answer, part: { ...answer.CopyPartResult, PartNumber } as CompletedPart } // both carry ETag and checksums
  }
}

async function blobFiles(directory: string): Promise<number> {
  const entries = await readdir(join(directory, 'blobs'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).length
}

async function withSource(bytes: Uint8Array) {
  const fresh = await freshServer()
  await fresh.s3.send(new PutObjectCommand({ Bucket: fresh.bucket, Key: 'source', Body: bytes }))
  const upload = await TestUpload.create(fresh.s3, fresh.bucket, 'k')
  return { ...fresh, upload, copy: copier(fresh, upload) }
}

/** An object uploaded in parts of these sizes. */
async function withCompositeSource(sizes: readonly number[]) {
  const fresh = await freshServer()
  const { s3, bucket } = fresh
  const source = await TestUpload.create(s3, bucket, 'source')
  const bodies = sizes.map((size) => someBytes(size))
  const parts: CompletedPart[] = []
  for (const [i, body] of bodies.entries()) parts.push(await source.put(i + 1, body))
  await source.complete(parts)
  const upload = await TestUpload.create(s3, bucket, 'k')
  return { ...fresh, upload, whole: Buffer.concat(bodies), bodies, copy: copier(fresh, upload) }
}

describe('UploadPartCopy', () => {
  for (const size of [0, 5, 100_000, partSizeBytesMin + 1]) {
    it(`copies a whole object of ${size} bytes without writing a byte`, async () => {
      const bytes = someBytes(size)
      const { s3, bucket, directory, upload, copy } = await withSource(bytes)
      const files = await blobFiles(directory)
      const { CopyPartResult, part } = await copy(1, 'source')
      equal(CopyPartResult?.ETag, md5(bytes))
      equal(await blobFiles(directory), files)
      await upload.complete([part])
      deepEqual(await bytesOf(s3, bucket, 'k'), bytes)
    })
  }

  it('copies a range by naming the same blobs, and tells its MD5 and checksum', async () => {
    const bytes = someBytes(17 * 1024 * 1024)
    const { s3, bucket, directory, upload, copy } = await withSource(bytes)
    const files = await blobFiles(directory)
    const [start, end] = [1_234_567, 16 * 1024 * 1024 + 99]
    const slice = bytes.subarray(start, end)
    const { CopyPartResult, part } = await copy(1, 'source', { CopySourceRange: `bytes=${start}-${end - 1}` })
    equal(CopyPartResult?.ETag, md5(slice))
    equal(CopyPartResult?.ChecksumCRC64NVME, Buffer.from(digestOf('CRC64NVME', slice)).toString('base64'))
    equal(await blobFiles(directory), files)
    const tail = await upload.put(2, Buffer.from('tail'))
    await upload.complete([part, tail])
    deepEqual(await bytesOf(s3, bucket, 'k'), Buffer.concat([slice, Buffer.from('tail')]))
  })

  it('copies small ranges', async () => {
    const bytes = someBytes(100_000)
    const { s3, bucket, upload, copy } = await withSource(bytes)
    const { part } = await copy(1, 'source', { CopySourceRange: 'bytes=70000-70009' })
    await upload.complete([part])
    deepEqual(await bytesOf(s3, bucket, 'k'), bytes.subarray(70_000, 70_010))
  })

  it('copies a whole part of an object, ranges over parts, and ranges that end in a small part', async () => {
    const sizes = [partSizeBytesMin, partSizeBytesMin + 5, 1000]
    const { s3, bucket, upload, whole, bodies, copy } = await withCompositeSource(sizes)
    const ranges: [start: number, end: number][] = [
      [partSizeBytesMin, 2 * partSizeBytesMin + 5],
      [100, partSizeBytesMin + 200],
      [50, whole.length],
    ]
    const parts: CompletedPart[] = []
    for (const [i, [start, end]] of ranges.entries()) {
      const answer = await copy(i + 1, 'source', { CopySourceRange: `bytes=${start}-${end - 1}` })
      equal(answer.CopyPartResult?.ETag, md5(whole.subarray(start, end)))
      parts.push(answer.part)
    }
    equal(parts[0]?.ETag, md5(bodies[1] ?? Buffer.alloc(0)))
    await upload.complete(parts)
    deepEqual(await bytesOf(s3, bucket, 'k'), Buffer.concat(ranges.map(([start, end]) => whole.subarray(start, end))))
  })

  it('keeps what it copied when the source is overwritten and deleted', async () => {
    const bytes = someBytes(200_000)
    const { s3, bucket, upload, copy } = await withSource(bytes)
    const { part } = await copy(1, 'source')
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'source', Body: 'other' }))
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'source' }))
    await upload.complete([part])
    deepEqual(await bytesOf(s3, bucket, 'k'), bytes)
  })

  it('copies a version, and says which', async () => {
    const { s3, bucket, upload, copy } = await withSource(Buffer.from('null'))
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const put = (Body: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'source', Body }))
    const { VersionId } = await put('older')
    await put('newer')
    const { part, CopySourceVersionId } = await copy(1, `source?versionId=${VersionId}`)
    equal(CopySourceVersionId, VersionId)
    equal((await copy(2, 'source?versionId=null')).CopySourceVersionId, 'null')
    await upload.complete([part])
    equal((await bytesOf(s3, bucket, 'k')).toString(), 'older')
    const marker = await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'source' }))
    const again = await TestUpload.create(s3, bucket, 'again')
    const copyAgain = copier({ s3, bucket } as FreshServer, again) // it uses no more than these two
    await rejects(copyAgain(1, `source?versionId=${marker.VersionId}`), { name: 'InvalidRequest' })
    await rejects(copyAgain(1, 'source'), { name: 'NoSuchKey' })
  })

  it('compares the conditions on its source', async () => {
    const { s3, bucket, copy } = await withSource(Buffer.from('source'))
    const { ETag, LastModified = new Date() } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'source' }))
    await copy(1, 'source', { CopySourceIfMatch: ETag })
    const failing: Partial<UploadPartCopyCommandInput>[] = [
      { CopySourceIfMatch: '"other"' },
      { CopySourceIfNoneMatch: ETag },
      { CopySourceIfModifiedSince: LastModified },
      { CopySourceIfUnmodifiedSince: new Date(LastModified.getTime() - 10_000) },
    ]
    for (const input of failing) await rejects(copy(1, 'source', input), { name: 'PreconditionFailed' })
  })

  it('refuses ranges of another form, or beyond the source', async () => {
    const { copy } = await withSource(Buffer.from('hello'))
    for (const CopySourceRange of [
      '0-2',
      'bytes=0',
      'bytes=0-',
      'bytes=-2',
      'bytes=a-b',
      'bytes=3-1',
      'bytes=0-1,3-4',
      'bytes=hello',
    ]) {
      await rejects(copy(1, 'source', { CopySourceRange }), { name: 'InvalidArgument' }, CopySourceRange)
    }
    for (const CopySourceRange of ['bytes=0-5', 'bytes=5-5', 'bytes=100-200']) {
      await rejects(copy(1, 'source', { CopySourceRange }), { name: 'InvalidRange' }, CopySourceRange)
    }
    await copy(1, 'source', { CopySourceRange: 'bytes=0-4' })
  })

  it('answers NoSuchUpload and NoSuchKey', async () => {
    const { copy } = await withSource(Buffer.from('hello'))
    await rejects(copy(1, 'source', { UploadId: 'nonsense' }), { name: 'NoSuchUpload' })
    await rejects(copy(1, 'nothing'), { name: 'NoSuchKey' })
    await rejects(copy(0, 'source'), { name: 'InvalidArgument' })
  })
})
