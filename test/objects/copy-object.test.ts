// CopyObject through the SDK.

import { deepEqual, equal, match } from 'node:assert/strict'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  CreateBucketCommand,
  type CopyObjectCommandInput,
} from '@aws-sdk/client-s3'
import { digestOf } from '../../src/store/blobs/digests.js'
import { bytesOf, partSizeBytesMin, someBytes, TestUpload } from '../multipart/uploads.js'
import { filesBelow } from '../store/temporary-directory.js'
import { HandClock, objectServer, patterned, refused, textOf } from './objects.js'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

async function copying(clock?: HandClock) {
  const fresh = await objectServer(clock === undefined ? {} : { clock })
  const { s3, bucket } = fresh
  return {
    ...fresh,
    /** From `source` in the test's bucket, "k" when left out, to "copy". */
    copy: (input: Partial<CopyObjectCommandInput> = {}, source = 'k') =>
      s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'copy', CopySource: `${bucket}/${source}`, ...input })),
    head: (Key: string) => s3.send(new HeadObjectCommand({ Bucket: bucket, Key, ChecksumMode: 'ENABLED' })),
    tags: async (Key: string) =>
      (await s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key }))).TagSet?.map(
        (tag) => `${tag.Key}=${tag.Value}`,
      ),
  }
}

describe('CopyObject', () => {
  it('copies bytes, headers, metadata, tags and checksum', async () => {
    const clock = new HandClock()
    const { put, copy, head, text, tags } = await copying(clock)
    const { ETag } = await put('k', 'content', {
      ContentType: 'text/plain',
      CacheControl: 'no-cache',
      Metadata: { a: '1' },
      Tagging: 'x=y',
      ChecksumAlgorithm: 'SHA256',
    })
    clock.ms += 5000
    const { CopyObjectResult } = await copy()
    const sum = base64(digestOf('SHA256', Buffer.from('content')))
    deepEqual(
      [CopyObjectResult?.ETag, CopyObjectResult?.ChecksumSHA256, CopyObjectResult?.ChecksumType],
      [ETag, sum, 'FULL_OBJECT'],
    )
    equal(CopyObjectResult?.LastModified?.getTime(), Math.floor(clock.ms / 1000) * 1000)
    const told = await head('copy')
    deepEqual(
      [told.ETag, told.ContentType, told.CacheControl, told.Metadata, told.ChecksumSHA256],
      [ETag, 'text/plain', 'no-cache', { a: '1' }, sum],
    )
    equal(told.LastModified?.getTime(), CopyObjectResult?.LastModified?.getTime())
    deepEqual([await text('copy'), await tags('copy')], ['content', ['x=y']])
  })

  it('moves no bytes, whatever the size', async () => {
    const { put, copy, s3, bucket, directory } = await copying()
    const bytes = patterned(17 * 1024 * 1024)
    await put('k', bytes)
    const before = await filesBelow(`${directory}/blobs`)
    await copy()
    deepEqual(await filesBelow(`${directory}/blobs`), before)
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k' }))
    equal(Buffer.compare(await bytesOf(s3, bucket, 'copy'), bytes), 0)
  })

  it('copies between buckets, and keys with odd characters', async () => {
    const { s3, put, copy } = await copying()
    await s3.send(new CreateBucketCommand({ Bucket: 'another' }))
    const key = 'a b+ä?versionId=/%'
    await put(key, 'odd')
    await copy({ Bucket: 'another', Key: key }, encodeURIComponent(key))
    equal(await textOf(s3, 'another', key), 'odd')
  })

  it('says what is missing', async () => {
    const { put, copy } = await copying()
    await put('k')
    await refused(copy({}, 'nothing'), 'NoSuchKey', 404)
    await refused(copy({ CopySource: 'no-such-bucket/k' }), 'NoSuchBucket', 404)
    await refused(copy({ Bucket: 'no-such-bucket' }), 'NoSuchBucket', 404)
    await refused(copy({ CopySource: 'nonsense' }), 'InvalidArgument', 400)
    await refused(copy({ Key: 'k'.repeat(1025) }), 'KeyTooLongError', 400)
  })

  it('replaces metadata and tags only when it is told to', async () => {
    const { put, copy, head, tags } = await copying()
    await put('k', 'x', { ContentType: 'text/plain', Metadata: { a: '1' }, Tagging: 'x=y' })
    await copy({ Metadata: { b: '2' }, ContentType: 'text/html', Tagging: 'z=1' })
    const kept = await head('copy')
    deepEqual([kept.Metadata, kept.ContentType, await tags('copy')], [{ a: '1' }, 'text/plain', ['x=y']])
    await copy({
      MetadataDirective: 'REPLACE',
      TaggingDirective: 'REPLACE',
      Metadata: { b: '2' },
      ContentType: 'text/html',
      Tagging: 'z=1',
    })
    const replaced = await head('copy')
    deepEqual([replaced.Metadata, replaced.ContentType, await tags('copy')], [{ b: '2' }, 'text/html', ['z=1']])
    await copy({ MetadataDirective: 'REPLACE', TaggingDirective: 'REPLACE' })
    deepEqual([(await head('copy')).Metadata, await tags('copy')], [{}, []])
    await refused(copy({ MetadataDirective: 'OTHER' as 'COPY' }), 'InvalidArgument', 400)
    await refused(copy({ TaggingDirective: 'OTHER' as 'COPY' }), 'InvalidArgument', 400)
  })

  it('refuses to copy an object to itself without a change', async () => {
    const { put, copy, head, bucket } = await copying()
    await put('k', 'x', { Metadata: { a: '1' } })
    await refused(copy({ Key: 'k' }), 'InvalidRequest', 400)
    await copy({ Key: 'k' }).catch((error: Error) => match(error.message, /^This copy request is illegal because/))
    await copy({ Key: 'k', MetadataDirective: 'REPLACE', Metadata: { b: '2' } })
    deepEqual((await head('k')).Metadata, { b: '2' })
    await copy({ Key: 'k', StorageClass: 'STANDARD', CopySource: `/${bucket}/k` })
    deepEqual((await head('k')).Metadata, { b: '2' })
  })

  it('obeys the conditions on its source, each of them with 412', async () => {
    const clock = new HandClock()
    const { put, copy } = await copying(clock)
    const { ETag = '' } = await put('k')
    const [before, after] = [new Date(clock.ms - 5000), new Date(clock.ms + 5000)]
    await copy({ CopySourceIfMatch: ETag, CopySourceIfUnmodifiedSince: before })
    await copy({ CopySourceIfNoneMatch: '"x"', CopySourceIfModifiedSince: after })
    for (const condition of [
      { CopySourceIfMatch: '"x"' },
      { CopySourceIfNoneMatch: ETag },
      { CopySourceIfNoneMatch: '*' },
      { CopySourceIfModifiedSince: after },
      { CopySourceIfUnmodifiedSince: before },
      { CopySourceIfNoneMatch: ETag, CopySourceIfModifiedSince: before },
    ]) {
      await refused(copy(condition), 'PreconditionFailed', 412)
    }
  })

  it('obeys the conditions on its destination', async () => {
    const { put, copy, text } = await copying()
    await put('k', 'new')
    await refused(copy({ IfMatch: '*' }), 'NoSuchKey', 404)
    await copy({ IfNoneMatch: '*' })
    await refused(copy({ IfNoneMatch: '*' }), 'PreconditionFailed', 412)
    await refused(copy({ IfNoneMatch: '"*"' }), 'NotImplemented', 501)
    const { ETag = '' } = await put('copy', 'old')
    await refused(copy({ IfMatch: '"x"' }), 'PreconditionFailed', 412)
    await copy({ IfMatch: ETag })
    equal(await text('copy'), 'new')
  })

  it('copies the version that is named, and tells both ids', async () => {
    const { put, copy, version, text } = await copying()
    await version('Enabled')
    const first = await put('k', 'first')
    const second = await put('k', 'second')
    const old = await copy({}, `k?versionId=${first.VersionId}`)
    deepEqual([old.CopySourceVersionId, await text('copy')], [first.VersionId, 'first'])
    const latest = await copy()
    deepEqual([latest.CopySourceVersionId, await text('copy')], [second.VersionId, 'second'])
    equal(await text('copy', old.VersionId), 'first')
  })

  it('brings an old version of an object back', async () => {
    const { put, copy, version, text } = await copying()
    await version('Enabled')
    const first = await put('k', 'first')
    await put('k', 'second')
    await copy({ Key: 'k' }, `k?versionId=${first.VersionId}`)
    equal(await text('k'), 'first')
  })

  it('refuses a delete marker', async () => {
    const { s3, bucket, put, copy, version } = await copying()
    await version('Enabled')
    await put('k')
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k' }))
    await refused(copy(), 'NoSuchKey', 404)
    await refused(copy({}, `k?versionId=${VersionId}`), 'InvalidRequest', 400)
  })

  it('computes a checksum that is asked for, and keeps it', async () => {
    const { put, copy, head } = await copying()
    for (const bytes of [Buffer.from('small'), patterned(300_000)]) {
      await put('k', bytes, { ChecksumAlgorithm: 'CRC32' })
      const { CopyObjectResult } = await copy({ ChecksumAlgorithm: 'SHA256' })
      const value = base64(digestOf('SHA256', bytes))
      deepEqual([CopyObjectResult?.ChecksumSHA256, CopyObjectResult?.ChecksumCRC32], [value, undefined])
      deepEqual([(await head('copy')).ChecksumSHA256, (await head('copy')).ChecksumCRC32], [value, undefined])
    }
  })

  it('copies what was uploaded in parts, in one step', async () => {
    const { s3, bucket, copy, head } = await copying()
    const upload = await TestUpload.create(s3, bucket, 'k')
    const bytes = [someBytes(partSizeBytesMin), someBytes(10)]
    const parts = [await upload.put(1, bytes[0] ?? Buffer.alloc(0)), await upload.put(2, bytes[1] ?? Buffer.alloc(0))]
    const { ETag } = await upload.complete(parts)
    const { CopyObjectResult } = await copy()
    deepEqual([CopyObjectResult?.ETag, (await head('copy')).ETag], [ETag, ETag])
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k' }))
    equal(Buffer.compare(await bytesOf(s3, bucket, 'copy'), Buffer.concat(bytes)), 0)
  })
})
