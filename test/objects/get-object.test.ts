// GetObject and HeadObject through the SDK, and by hand where the SDK has no word for it.

import { deepEqual, equal, match } from 'node:assert/strict'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type GetObjectCommandInput,
  type HeadObjectCommandInput,
} from '@aws-sdk/client-s3'
import { versionIdOf } from '../../src/store/catalog/version-id.js'
import { digestOf } from '../../src/store/blobs/digests.js'
import { TestUpload, partSizeBytesMin, someBytes } from '../multipart/uploads.js'
import { RawConnection, signedHead } from '../raw-request.js'
import { HandClock, objectServer, patterned, refused } from './objects.js'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** What the SDK calls a refusal that has no body to name it. */
const nameless = 'Unknown'

/** A server with an object "k", and both ways to read it. */
async function served(body: string | Uint8Array = '0123456789', clock?: HandClock) {
  const fresh = await objectServer(clock === undefined ? {} : { clock })
  const { s3, bucket } = fresh
  const put = await fresh.put('k', body)
  const get = async (input: Partial<GetObjectCommandInput> = {}) => {
    const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'k', ...input }))
    return { ...answer, bytes: Buffer.from((await answer.Body?.transformToByteArray()) ?? []) }
  }
  const head = (input: Partial<HeadObjectCommandInput> = {}) =>
    s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k', ...input }))
  return { ...fresh, get, head, etag: put.ETag ?? '' }
}

async function raw(endpoint: URL, method: 'GET' | 'HEAD', target: string, headers: Record<string, string> = {}) {
  const connection = await RawConnection.open(endpoint)
  await connection.send(signedHead(endpoint, { method, target, headers }))
  const answer = await connection.answer({ isHead: method === 'HEAD' })
  connection.destroy()
  return answer
}

describe('GetObject and HeadObject', () => {
  it('tell what S3 tells of an object', async () => {
    const clock = new HandClock()
    const { get, head, etag } = await served('hello', clock)
    for (const answer of [await get(), await head()]) {
      deepEqual(
        [
          answer.ETag,
          answer.ContentLength,
          answer.AcceptRanges,
          answer.VersionId,
          answer.StorageClass,
          answer.TagCount,
        ],
        [etag, 5, 'bytes', undefined, undefined, undefined],
      )
      equal(answer.LastModified?.getTime(), Math.floor(clock.ms / 1000) * 1000)
      deepEqual([answer.ContentRange, answer.PartsCount, answer.DeleteMarker], [undefined, undefined, undefined])
    }
  })

  it('say which of bucket, key and version is missing', async () => {
    const { s3, get, head, bucket } = await served()
    await refused(get({ Bucket: 'no-such-bucket' }), 'NoSuchBucket', 404)
    await refused(get({ Key: 'nothing' }), 'NoSuchKey', 404)
    await refused(head({ Key: 'nothing' }), 'NotFound', 404)
    await refused(get({ VersionId: '0'.repeat(22) }), 'InvalidArgument', 400)
    await refused(get({ VersionId: 'nonsense' }), 'InvalidArgument', 400)
    await refused(get({ Key: 'k'.repeat(1025) }), 'KeyTooLongError', 400)
    await refused(get({ VersionId: versionIdOf(4_000_000) }), 'NoSuchVersion', 404)
    equal((await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'k', VersionId: 'null' }))).ContentLength, 10)
  })

  it('answer a HEAD without a body, errors too', async () => {
    const { endpoint, bucket } = await served()
    equal((await raw(endpoint, 'HEAD', `/${bucket}/k`)).headers['content-length'], '10')
    const missing = await raw(endpoint, 'HEAD', `/${bucket}/nothing`)
    deepEqual([missing.status, missing.body.length], [404, 0])
  })

  it('put response-… parameters in place of the stored headers', async () => {
    const { get } = await served()
    const answer = await get({
      ResponseCacheControl: 'no-store',
      ResponseContentDisposition: 'inline',
      ResponseContentEncoding: 'identity',
      ResponseContentLanguage: 'fr',
      ResponseContentType: 'text/html',
      ResponseExpires: new Date(0),
    })
    deepEqual(
      [
        answer.CacheControl,
        answer.ContentDisposition,
        answer.ContentEncoding,
        answer.ContentLanguage,
        answer.ContentType,
      ],
      ['no-store', 'inline', 'identity', 'fr', 'text/html'],
    )
    equal(answer.ExpiresString, 'Thu, 01 Jan 1970 00:00:00 GMT')
  })

  describe('with conditions', () => {
    it('answer 304 with ETag and Last-Modified, without a body', async () => {
      const { endpoint, bucket, etag } = await served()
      for (const method of ['GET', 'HEAD'] as const) {
        const answer = await raw(endpoint, method, `/${bucket}/k`, { 'if-none-match': `"x", ${etag}` })
        deepEqual([answer.status, answer.headers['etag'], answer.body.length], [304, etag, 0])
        match(answer.headers['last-modified'] ?? '', / GMT$/)
      }
    })

    it('answer 412 when If-Match or If-Unmodified-Since fail', async () => {
      const clock = new HandClock()
      const { get, head } = await served('x', clock)
      await refused(get({ IfMatch: '"x"' }), 'PreconditionFailed', 412)
      await refused(get({ IfUnmodifiedSince: new Date(clock.ms - 1000) }), 'PreconditionFailed', 412)
      await refused(head({ IfMatch: '"x"' }), nameless, 412)
    })

    it('prefer tags to dates', async () => {
      const clock = new HandClock()
      const { get, etag } = await served('x', clock)
      equal((await get({ IfMatch: etag, IfUnmodifiedSince: new Date(clock.ms - 60_000) })).ContentLength, 1)
      equal((await get({ IfNoneMatch: '"x"', IfModifiedSince: new Date(clock.ms + 60_000) })).ContentLength, 1)
      await refused(get({ IfNoneMatch: etag, IfModifiedSince: new Date(clock.ms - 60_000) }), nameless, 304)
      await refused(get({ IfModifiedSince: new Date(clock.ms) }), nameless, 304)
    })
  })

  describe('with ranges', () => {
    it('answer the bytes that are asked for', async () => {
      const { get, head } = await served()
      const cases = [
        ['bytes=2-5', '2345', 'bytes 2-5/10'],
        ['bytes=7-', '789', 'bytes 7-9/10'],
        ['bytes=-3', '789', 'bytes 7-9/10'],
        ['bytes=8-100', '89', 'bytes 8-9/10'],
        ['bytes=0-9', '0123456789', 'bytes 0-9/10'],
      ] as const
      for (const [Range, text, contentRange] of cases) {
        const answer = await get({ Range })
        deepEqual(
          [answer.bytes.toString(), answer.ContentRange, answer.ContentLength, answer.$metadata.httpStatusCode],
          [text, contentRange, text.length, 206],
        )
        const told = await head({ Range })
        deepEqual(
          [told.ContentRange, told.ContentLength, told.$metadata.httpStatusCode],
          [contentRange, text.length, 206],
        )
      }
    })

    it('answer the whole for several ranges and for what is none', async () => {
      const { get } = await served()
      for (const Range of ['bytes=0-1,4-5', 'bytes=5-2', 'lines=1-2', 'bytes=x']) {
        const answer = await get({ Range })
        deepEqual(
          [answer.bytes.toString(), answer.ContentRange, answer.$metadata.httpStatusCode],
          ['0123456789', undefined, 200],
        )
      }
    })

    it('answer 416 with the size when no byte is there', async () => {
      const { endpoint, bucket, put } = await served()
      await put('empty', '')
      for (const [key, range, size] of [
        ['k', 'bytes=10-', 10],
        ['k', 'bytes=-0', 10],
        ['empty', 'bytes=0-0', 0],
        ['empty', 'bytes=-1', 0],
      ] as const) {
        const answer = await raw(endpoint, 'GET', `/${bucket}/${key}`, { range })
        deepEqual([answer.status, answer.headers['content-range']], [416, `bytes */${size}`])
        const xml = answer.body.toString()
        match(xml, /<Code>InvalidRange<\/Code>/)
        match(xml, new RegExp(`<RangeRequested>${range}</RangeRequested><ActualObjectSize>${size}</ActualObjectSize>`))
      }
    })

    it('cross blocks and files', async () => {
      const bytes = patterned(17 * 1024 * 1024)
      const { get } = await served(bytes)
      for (const [start, end] of [
        [65_530, 65_545],
        [16 * 1024 * 1024 - 3, 16 * 1024 * 1024 + 4],
        [0, 200_000],
      ] as const) {
        const answer = await get({ Range: `bytes=${start}-${end}` })
        equal(Buffer.compare(answer.bytes, bytes.subarray(start, end + 1)), 0)
      }
    })

    it('tell a checksum only with all the bytes it is of', async () => {
      const { get } = await served()
      const isTold = async (Range?: string) =>
        (await get({ ...(Range !== undefined && { Range }), ChecksumMode: 'ENABLED' })).ChecksumCRC32 !== undefined
      deepEqual([await isTold(), await isTold('bytes=0-4'), await isTold('bytes=0-')], [true, false, true])
    })

    it('count only when If-Range matches', async () => {
      const { endpoint, bucket, etag, head } = await served()
      const lastModified = (await head()).LastModified?.toUTCString() ?? ''
      for (const [validator, status] of [
        [etag, 206],
        [lastModified, 206],
        ['"x"', 200],
        [`W/${etag}`, 200],
        ['Thu, 01 Jan 1970 00:00:00 GMT', 200],
      ] as const) {
        const answer = await raw(endpoint, 'GET', `/${bucket}/k`, { range: 'bytes=2-5', 'if-range': validator })
        deepEqual([answer.status, answer.body.toString()], [status, status === 206 ? '2345' : '0123456789'])
      }
    })
  })

  describe('with part numbers', () => {
    it('answer a part with its range, its checksum and how many there are', async () => {
      const { s3, bucket, get, head } = await served()
      const upload = await TestUpload.create(s3, bucket, 'k', { ChecksumAlgorithm: 'SHA256' })
      const bytes = [someBytes(partSizeBytesMin), someBytes(70_000)] as const
      const parts = [
        await upload.put(2, bytes[0], { ChecksumAlgorithm: 'SHA256' }),
        await upload.put(7, bytes[1], { ChecksumAlgorithm: 'SHA256' }),
      ]
      const { ETag } = await upload.complete(parts)
      const size = partSizeBytesMin + 70_000
      const answer = await get({ PartNumber: 7, ChecksumMode: 'ENABLED' })
      deepEqual(
        [answer.ContentRange, answer.PartsCount, answer.ETag, answer.$metadata.httpStatusCode],
        [`bytes ${partSizeBytesMin}-${size - 1}/${size}`, 2, ETag, 206],
      )
      deepEqual([answer.ChecksumSHA256, answer.ChecksumType], [base64(digestOf('SHA256', bytes[1])), 'COMPOSITE'])
      equal(Buffer.compare(answer.bytes, bytes[1]), 0)
      const told = await head({ PartNumber: 2, ChecksumMode: 'ENABLED' })
      deepEqual(
        [told.ContentLength, told.PartsCount, told.ChecksumSHA256],
        [partSizeBytesMin, 2, base64(digestOf('SHA256', bytes[0]))],
      )
      await refused(get({ PartNumber: 1 }), 'InvalidPartNumber', 416)
      await refused(get({ PartNumber: 8 }), 'InvalidPartNumber', 416)
      equal((await head()).PartsCount, undefined)
    })

    it('answer an empty last part with no bytes', async () => {
      const { s3, bucket, get } = await served()
      const upload = await TestUpload.create(s3, bucket, 'k')
      const parts = [await upload.put(1, someBytes(partSizeBytesMin)), await upload.put(2, new Uint8Array(0))]
      await upload.complete(parts)
      const answer = await get({ PartNumber: 2 })
      deepEqual([answer.bytes.length, answer.ContentLength, answer.PartsCount], [0, 0, 2])
    })

    it('take an object that was sent whole for one part', async () => {
      const { get, put } = await served()
      const answer = await get({ PartNumber: 1, ChecksumMode: 'ENABLED' })
      deepEqual(
        [answer.ContentRange, answer.PartsCount, answer.bytes.toString(), answer.$metadata.httpStatusCode],
        ['bytes 0-9/10', undefined, '0123456789', 206],
      )
      await refused(get({ PartNumber: 2 }), 'InvalidPartNumber', 416)
      await put('empty', '')
      equal((await get({ Key: 'empty', PartNumber: 1 })).bytes.length, 0)
    })

    it('are refused beside a range, and when they are none', async () => {
      const { get, endpoint, bucket } = await served()
      await refused(get({ PartNumber: 1, Range: 'bytes=0-1' }), 'InvalidRequest', 400)
      for (const number of ['0', '10001', 'x', '-1']) {
        const answer = await raw(endpoint, 'GET', `/${bucket}/k?partNumber=${number}`)
        equal(answer.status, 400)
        match(answer.body.toString(), /<Code>InvalidArgument</)
      }
    })
  })

  describe('of delete markers', () => {
    it('answer 404 for the key and 405 for the marker itself, and say so', async () => {
      const { s3, bucket, endpoint, version } = await served()
      await version('Enabled')
      const { VersionId = '' } = await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k' }))
      const latest = await raw(endpoint, 'GET', `/${bucket}/k`)
      match(latest.body.toString(), /<Code>NoSuchKey</)
      const named = await raw(endpoint, 'GET', `/${bucket}/k?versionId=${VersionId}`)
      match(named.body.toString(), /<Code>MethodNotAllowed</)
      for (const [answer, status] of [
        [latest, 404],
        [named, 405],
        [await raw(endpoint, 'HEAD', `/${bucket}/k`), 404],
        [await raw(endpoint, 'HEAD', `/${bucket}/k?versionId=${VersionId}`), 405],
      ] as const) {
        deepEqual(
          [answer.status, answer.headers['x-amz-delete-marker'], answer.headers['x-amz-version-id']],
          [status, 'true', VersionId],
        )
        equal(answer.headers['last-modified'] !== undefined, status === 405)
      }
    })
  })
})
