// CompleteMultipartUpload through the SDK.

import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3'
import { digestOf } from '../../src/store/blobs/digests.js'
import { freshServer } from '../fresh-server.js'
import { bytesOf, partSizeBytesMin, someBytes, TestUpload } from './uploads.js'

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const etagOf = (parts: readonly Uint8Array[]) => {
  const md5s = parts.map((bytes) => createHash('md5').update(bytes).digest())
  return `"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-${parts.length}"`
}

/** An upload with a part of 5 MiB and a part of 3 bytes. */
async function uploadOfTwo(input: Parameters<typeof TestUpload.create>[3] = {}) {
  const fresh = await freshServer()
  const upload = await TestUpload.create(fresh.s3, fresh.bucket, 'k', input)
  const bytes = [someBytes(partSizeBytesMin), Buffer.from('end')]
  const parts: CompletedPart[] = []
  const algorithm = input?.ChecksumAlgorithm
  for (const [i, body] of bytes.entries()) {
    parts.push(await upload.put(i + 1, body, algorithm && { ChecksumAlgorithm: algorithm }))
  }
  return { ...fresh, upload, bytes, whole: Buffer.concat(bytes), parts }
}

describe('CompleteMultipartUpload', () => {
  it('makes one object of the parts, whose ETag is the MD5 of their MD5s', async () => {
    const { s3, bucket, upload, bytes, whole, parts } = await uploadOfTwo()
    const done = await upload.complete(parts)
    deepEqual([done.Bucket, done.Key, done.ETag], [bucket, 'k', etagOf(bytes)])
    match(done.Location ?? '', new RegExp(`${bucket}/k$`))
    deepEqual(await bytesOf(s3, bucket, 'k'), whole)
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k' }))
    deepEqual([head.ContentLength, head.ETag], [whole.length, etagOf(bytes)])
    equal((await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads, undefined)
  })

  it('leaves out parts that are not listed', async () => {
    const { s3, bucket, upload, parts } = await uploadOfTwo()
    await upload.complete(parts.slice(1))
    equal((await bytesOf(s3, bucket, 'k')).toString(), 'end')
  })

  it('computes the CRC64NVME of the whole from those of the parts when nothing was asked for', async () => {
    // The client sends a CRC32 with each part all the same, and lists it.
    const { s3, bucket, upload, whole, parts } = await uploadOfTwo()
    equal(typeof parts[0]?.ChecksumCRC32, 'string')
    const done = await upload.complete(parts)
    const expected = base64(digestOf('CRC64NVME', whole))
    deepEqual([done.ChecksumCRC64NVME, done.ChecksumType], [expected, 'FULL_OBJECT'])
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k', ChecksumMode: 'ENABLED' }))
    deepEqual([head.ChecksumCRC64NVME, head.ChecksumType], [expected, 'FULL_OBJECT'])
  })

  for (const algorithm of ['CRC32', 'CRC32C'] as const) {
    it(`combines a full object ${algorithm}`, async () => {
      const { upload, whole, parts } = await uploadOfTwo({ ChecksumAlgorithm: algorithm, ChecksumType: 'FULL_OBJECT' })
      const expected = base64(digestOf(algorithm, whole))
      await rejects(upload.complete(parts, { [`Checksum${algorithm}`]: 'AAAAAA==' }), { name: 'BadDigest' })
      const done = await upload.complete(parts, { [`Checksum${algorithm}`]: expected, ChecksumType: 'FULL_OBJECT' })
      deepEqual([done[`Checksum${algorithm}`], done.ChecksumType], [expected, 'FULL_OBJECT'])
    })
  }

  for (const algorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const) {
    it(`makes a composite ${algorithm} of those of the parts`, async () => {
      const { upload, bytes, parts } = await uploadOfTwo({ ChecksumAlgorithm: algorithm })
      const raw = Buffer.concat(bytes.map((part) => digestOf(algorithm, part)))
      const expected = `${base64(digestOf(algorithm, raw))}-2`
      const done = await upload.complete(parts, { [`Checksum${algorithm}`]: expected, ChecksumType: 'COMPOSITE' })
      deepEqual([done[`Checksum${algorithm}`], done.ChecksumType], [expected, 'COMPOSITE'])
    })
  }

  it('refuses a composite list without checksums, or with one of another part', async () => {
    const { upload, parts } = await uploadOfTwo({ ChecksumAlgorithm: 'SHA256' })
    const bare = parts.map(({ ETag, PartNumber }) => ({ ETag, PartNumber }))
    await rejects(upload.complete(bare), {
      name: 'InvalidRequest',
      message: /created using a sha256 checksum.*missing for part 1/,
    })
    const swapped = parts.map((part) => ({ ...part, ChecksumSHA256: parts[0]?.ChecksumSHA256 }))
    await rejects(upload.complete(swapped), { name: 'InvalidPart' })
    await upload.complete(parts)
  })

  it('refuses lists that are empty, out of order, or name parts that are not there', async () => {
    const { upload, parts } = await uploadOfTwo()
    await rejects(upload.complete([]), { name: 'MalformedXML' })
    await rejects(upload.complete(parts.toReversed()), { name: 'InvalidPartOrder' })
    await rejects(upload.complete([...parts, { ETag: parts[0]?.ETag, PartNumber: 9 }]), { name: 'InvalidPart' })
    await rejects(upload.complete([{ ETag: '"wrong"', PartNumber: 1 }]), { name: 'InvalidPart' })
    await upload.complete(parts)
  })

  it('refuses a short part that is not the last, and goes on with the upload', async () => {
    const { s3, bucket } = await freshServer()
    const upload = await TestUpload.create(s3, bucket, 'k')
    const parts = [await upload.put(1, Buffer.from('short')), await upload.put(2, Buffer.from('end'))]
    await rejects(upload.complete(parts), (error: Error & Record<string, unknown>) => {
      deepEqual([error.name, String(error['PartNumber'])], ['EntityTooSmall', '1'])
      deepEqual([String(error['ProposedSize']), String(error['MinSizeAllowed'])], ['5', '5242880'])
      return true
    })
    await upload.complete(parts.slice(1))
  })

  it('compares the size it is told', async () => {
    const { upload, whole, parts } = await uploadOfTwo()
    await rejects(upload.complete(parts, { MpuObjectSize: whole.length + 1 }), { name: 'InvalidRequest' })
    await upload.complete(parts, { MpuObjectSize: whole.length })
  })

  it('answers a repeated request as the first time, even when the object has been overwritten', async () => {
    const { s3, bucket, upload, parts } = await uploadOfTwo()
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const { $metadata: _, ...first } = await upload.complete(parts)
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'newer' }))
    const { $metadata: __, ...again } = await upload.complete(parts)
    deepEqual(again, first)
    equal((await bytesOf(s3, bucket, 'k')).toString(), 'newer')
    await rejects(upload.complete(parts.slice(0, 1)), { name: 'NoSuchUpload' })
    await rejects(upload.put(1, Buffer.from('late')), { name: 'NoSuchUpload' })
  })

  it('answers 412 when If-None-Match is * and the key exists, and goes on with the upload', async () => {
    const { s3, bucket, upload, whole, parts } = await uploadOfTwo()
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'mine' }))
    await rejects(upload.complete(parts, { IfNoneMatch: '*' }), { name: 'PreconditionFailed' })
    await rejects(upload.complete(parts, { IfMatch: '"other"' }), { name: 'PreconditionFailed' })
    await upload.complete(parts, { IfMatch: ETag })
    deepEqual(await bytesOf(s3, bucket, 'k'), whole)
  })

  it('lets exactly one of two uploads that race with If-None-Match win', async () => {
    const { s3, bucket } = await freshServer()
    const uploads = await Promise.all([1, 2, 3].map(() => TestUpload.create(s3, bucket, 'k')))
    const parts = await Promise.all(uploads.map((upload, i) => upload.put(1, Buffer.from(`body ${i}`))))
    const ends = await Promise.all(
      uploads.map((upload, i) =>
        upload.complete([parts[i] ?? {}], { IfNoneMatch: '*' }).then(
          () => 'won',
          (error: Error) => error.name,
        ),
      ),
    )
    deepEqual(ends.toSorted(), ['PreconditionFailed', 'PreconditionFailed', 'won'])
    equal((await bytesOf(s3, bucket, 'k')).toString(), `body ${ends.indexOf('won')}`)
  })

  it('gives all of the same requests at once the same answer', async () => {
    const { upload, parts } = await uploadOfTwo()
    const answers = await Promise.all([1, 2, 3, 4].map(() => upload.complete(parts)))
    equal(new Set(answers.map(({ ETag, VersionId }) => `${ETag} ${VersionId}`)).size, 1)
  })

  it('and AbortMultipartUpload at once: one of them ends the upload', async () => {
    const { s3, bucket, upload, whole, parts } = await uploadOfTwo()
    const name = (error: Error) => error.name
    const [completed, aborted] = await Promise.all([
      upload.complete(parts).then(() => 'done', name),
      s3.send(new AbortMultipartUploadCommand(upload.name)).then(() => 'done', name),
    ])
    deepEqual([completed, aborted].toSorted(), ['NoSuchUpload', 'done'])
    if (completed === 'done') deepEqual(await bytesOf(s3, bucket, 'k'), whole)
    else await rejects(bytesOf(s3, bucket, 'k'), { name: 'NoSuchKey' })
  })

  it('while a part is sent anew takes one of them, whole', async () => {
    const { s3, bucket, upload, whole, parts } = await uploadOfTwo()
    const [completed, sent] = await Promise.all([
      upload.complete(parts).then(
        () => 'done',
        (error: Error) => error.name,
      ),
      upload.put(2, Buffer.from('new end')).then(
        () => 'done',
        (error: Error) => error.name,
      ),
    ])
    if (completed === 'done') {
      equal(sent, 'NoSuchUpload')
      deepEqual(await bytesOf(s3, bucket, 'k'), whole)
    } else deepEqual([completed, sent], ['InvalidPart', 'done'])
  })

  it('keeps its answer across a restart', async () => {
    const before = await uploadOfTwo()
    const { upload, parts } = before
    const { ETag } = await upload.complete(parts)
    const { s3 } = await before.restart()
    const again = await s3.send(
      new CompleteMultipartUploadCommand({ ...upload.name, MultipartUpload: { Parts: parts } }),
    )
    equal(again.ETag, ETag)
  })
})
