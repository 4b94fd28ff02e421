// PutObject through the SDK.

import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { checksumAlgorithms } from '../../src/contract/claims.js'
import { digestOf } from '../../src/store/blobs/digests.js'
import { freshServer } from '../fresh-server.js'
import { RawConnection, signedHead } from '../raw-request.js'
import { objectServer, patterned, refused, sizes } from './objects.js'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

describe('PutObject', () => {
  it('stores bodies of every size, that come back whole', async () => {
    const { s3, bucket, put } = await objectServer()
    for (const size of sizes) {
      const bytes = patterned(size)
      const answer = await put('k', bytes)
      equal(answer.ETag, `"${createHash('md5').update(bytes).digest('hex')}"`)
      const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' }))
      equal(ContentLength, size)
      equal(Buffer.compare(Buffer.from((await Body?.transformToByteArray()) ?? []), bytes), 0)
    }
  })

  it('replaces what was there', async () => {
    const { put, text } = await objectServer()
    await put('k', 'first')
    await put('k', 'second')
    equal(await text('k'), 'second')
  })

  const keys = [
    'a b+c%d',
    '/',
    '//',
    'a//b',
    '.',
    '..',
    '../x',
    'é😀',
    'a\r\nb',
    '&<>"\'',
    '?versionId=1',
    '#',
    'é'.repeat(512),
  ]
  it('keeps keys as they are', async () => {
    const { put, text } = await objectServer()
    for (const key of keys) await put(key, `of ${key}`)
    for (const key of keys) equal(await text(key), `of ${key}`)
  })

  it('refuses a key of more than 1,024 bytes', async () => {
    const { put } = await objectServer()
    await rejects(put('é'.repeat(513)), { name: 'KeyTooLongError' })
  })

  it('refuses a bucket that is not there before it asks for the body', async () => {
    const { endpoint } = await freshServer()
    const connection = await RawConnection.open(endpoint)
    const headers = {
      expect: '100-continue',
      'content-length': '5000000000',
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    }
    await connection.send(signedHead(endpoint, { method: 'PUT', target: '/no-such-bucket/k', headers }))
    const answer = await connection.answer()
    equal(answer.status, 404)
    match(answer.body.toString(), /<Code>NoSuchBucket</)
    connection.destroy()
  })

  it('refuses by its conditions before it asks for the body', async () => {
    const { endpoint, bucket, put } = await objectServer()
    await put('k')
    const connection = await RawConnection.open(endpoint)
    const headers = {
      expect: '100-continue',
      'content-length': '5000000000',
      'if-none-match': '*',
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    }
    await connection.send(signedHead(endpoint, { method: 'PUT', target: `/${bucket}/k`, headers }))
    const answer = await connection.answer()
    equal(answer.status, 412)
    match(answer.body.toString(), /<Condition>If-None-Match</)
    connection.destroy()
  })

  it('keeps all the headers that describe an object, and tells them again', async () => {
    const { s3, bucket, put } = await objectServer()
    const headers = {
      CacheControl: 'max-age=60',
      ContentDisposition: 'attachment; filename="f.txt"',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de, en',
      ContentType: 'text/plain; charset=utf-8',
    }
    await put('k', 'x', { ...headers, Expires: new Date(0), Metadata: { One: '1', two: 'Zwei' } })
    const { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, ExpiresString, Metadata } =
      await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k' }))
    deepEqual({ CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType }, headers)
    equal(ExpiresString, 'Thu, 01 Jan 1970 00:00:00 GMT')
    deepEqual(Metadata, { one: '1', two: 'Zwei' })
  })

  it('forgets the headers of what it replaces', async () => {
    const { s3, bucket, put } = await objectServer()
    await put('k', 'x', { ContentType: 'text/plain', Metadata: { a: '1' }, Tagging: 'a=b' })
    await put('k', 'x')
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k' }))
    deepEqual([head.Metadata, head.TagCount], [{}, undefined])
  })

  it('calls content without a type binary/octet-stream', async () => {
    const { s3, endpoint, bucket } = await objectServer()
    const connection = await RawConnection.open(endpoint)
    const body = Buffer.from('x')
    const headers = { 'content-length': '1', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    await connection.send(signedHead(endpoint, { method: 'PUT', target: `/${bucket}/k`, headers }))
    await connection.send(body)
    equal((await connection.answer()).status, 200)
    connection.destroy()
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k' }))
    equal(head.ContentType, 'binary/octet-stream')
  })

  it('refuses more than 2 KB of metadata', async () => {
    const { put } = await objectServer()
    await put('k', 'x', { Metadata: { a: 'v'.repeat(2047) } })
    await rejects(put('k', 'x', { Metadata: { a: 'v'.repeat(2048) } }), { name: 'MetadataTooLarge' })
  })

  it('gives back metadata beyond ASCII as RFC 2047 words', async () => {
    const { s3, bucket, put } = await objectServer()
    const word = `=?UTF-8?B?${Buffer.from('äöü €').toString('base64')}?=`
    await put('k', 'x', { Metadata: { a: word, b: '=?UTF-8?Q?=C3=A4?=' } })
    const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k' }))
    deepEqual(Metadata, { a: word, b: '=?UTF-8?B?w6Q=?=' })
  })

  it('keeps the tags it comes with', async () => {
    const { s3, bucket, put } = await objectServer()
    await put('k', 'x', { Tagging: 'b=2&a=1%20x' })
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: 'k' }))
    deepEqual(TagSet, [
      { Key: 'b', Value: '2' },
      { Key: 'a', Value: '1 x' },
    ])
    equal((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k' }))).TagCount, 2)
    await rejects(put('k', 'x', { Tagging: 'a=1&a=2' }), { name: 'InvalidTag' })
  })

  it('keeps a checksum of any algorithm that is sent, and answers it', async () => {
    const { s3, bucket, put } = await objectServer()
    const bytes = patterned(100_000)
    for (const algorithm of checksumAlgorithms) {
      const member = `Checksum${algorithm}` as const
      const value = base64(digestOf(algorithm, bytes))
      const answer = await put('k', bytes, { [member]: value })
      deepEqual([answer[member], answer.ChecksumType], [value, 'FULL_OBJECT'])
      const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k', ChecksumMode: 'ENABLED' }))
      deepEqual([head[member], head.ChecksumType], [value, 'FULL_OBJECT'])
      equal((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k' })))[member], undefined)
    }
  })

  it('computes CRC64NVME when no checksum is sent', async () => {
    const { s3, endpoint, bucket } = await objectServer()
    const connection = await RawConnection.open(endpoint)
    const headers = { 'content-length': '1', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    await connection.send(signedHead(endpoint, { method: 'PUT', target: `/${bucket}/k`, headers }))
    await connection.send('x')
    const answer = await connection.answer()
    const value = base64(digestOf('CRC64NVME', Buffer.from('x')))
    deepEqual(
      [answer.headers['x-amz-checksum-crc64nvme'], answer.headers['x-amz-checksum-type']],
      [value, 'FULL_OBJECT'],
    )
    connection.destroy()
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k', ChecksumMode: 'ENABLED' }))
    equal(head.ChecksumCRC64NVME, value)
  })

  it('names nothing when a checksum is wrong', async () => {
    const { put, text } = await objectServer()
    await put('k', 'old')
    for (const size of [3, 100_000]) {
      const wrong = base64(digestOf('SHA256', Buffer.from('other')))
      await rejects(put('k', patterned(size), { ChecksumSHA256: wrong }), { name: 'BadDigest' })
      await rejects(put('k', patterned(size), { ContentMD5: base64(digestOf('MD5', Buffer.from('other'))) }), {
        name: 'BadDigest',
      })
    }
    equal(await text('k'), 'old')
  })

  it('refuses to append', async () => {
    const { put } = await objectServer()
    await rejects(put('k', 'x', { WriteOffsetBytes: 0 }), { name: 'NotImplemented' })
  })

  describe('with conditions', () => {
    it('answers 412 when If-None-Match is * and the key exists', async () => {
      const { put, text } = await objectServer()
      await put('lock', 'mine', { IfNoneMatch: '*' })
      await refused(put('lock', 'yours', { IfNoneMatch: '*' }), 'PreconditionFailed', 412)
      equal(await text('lock'), 'mine')
    })

    it('replaces only what If-Match names', async () => {
      const { put, text } = await objectServer()
      const { ETag = '' } = await put('k', 'first')
      await rejects(put('k', 'x', { IfMatch: '"0123"' }), { name: 'PreconditionFailed' })
      await put('k', 'second', { IfMatch: ETag })
      await rejects(put('k', 'third', { IfMatch: ETag }), { name: 'PreconditionFailed' })
      await put('k', 'fourth', { IfMatch: '*' })
      equal(await text('k'), 'fourth')
    })

    it('answers 404 when If-Match finds nothing', async () => {
      const { put } = await objectServer()
      await refused(put('k', 'x', { IfMatch: '*' }), 'NoSuchKey', 404)
    })

    it('writes over what has none of the tags in If-None-Match', async () => {
      const { put, text } = await objectServer()
      const { ETag = '' } = await put('k', 'first', { IfNoneMatch: '"abc"' })
      await refused(put('k', 'x', { IfNoneMatch: `"abc", ${ETag}` }), 'PreconditionFailed', 412)
      await put('k', 'second', { IfNoneMatch: '"abc"' })
      equal(await text('k'), 'second')
    })

    it('answers 501 for an If-None-Match it does not know', async () => {
      const { put } = await objectServer()
      await refused(put('k', 'x', { IfNoneMatch: '"*"' }), 'NotImplemented', 501)
    })

    it('takes a delete marker for nothing', async () => {
      const { s3, bucket, put, version } = await objectServer()
      await version('Enabled')
      await put('k')
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k' }))
      await rejects(put('k', 'x', { IfMatch: '*' }), { name: 'NoSuchKey' })
      await put('k', 'x', { IfNoneMatch: '*' })
    })
  })

  describe('with versioning', () => {
    it('says a version id only while it is enabled', async () => {
      const { put, version, line } = await objectServer()
      equal((await put('k', '1')).VersionId, undefined)
      await version('Enabled')
      const second = (await put('k', '2')).VersionId ?? ''
      const third = (await put('k', '3')).VersionId ?? ''
      equal(new Set([second, third, 'null']).size, 3)
      deepEqual(await line('k'), ['null', `${third}*`, second])
      await version('Suspended')
      equal((await put('k', '4')).VersionId, undefined)
      deepEqual(await line('k'), ['null*', third, second])
    })

    it('keeps every version readable', async () => {
      const { put, version, text } = await objectServer()
      await put('k', 'null')
      await version('Enabled')
      const first = await put('k', 'first')
      const second = await put('k', 'second')
      deepEqual(
        [await text('k'), await text('k', 'null'), await text('k', first.VersionId), await text('k', second.VersionId)],
        ['second', 'null', 'first', 'second'],
      )
    })

    it('replaces the null version when suspended, and no other', async () => {
      const { put, version, text, line } = await objectServer()
      await version('Enabled')
      const { VersionId = '' } = await put('k', 'kept')
      await version('Suspended')
      await put('k', 'null 1')
      await put('k', 'null 2')
      deepEqual(await line('k'), ['null*', VersionId])
      await version('Enabled')
      const last = (await put('k', 'last')).VersionId ?? ''
      await version('Suspended')
      await put('k', 'null 3')
      deepEqual(await line('k'), ['null*', last, VersionId])
      deepEqual([await text('k', VersionId), await text('k', 'null')], ['kept', 'null 3'])
    })
  })

  it('survives a restart', async () => {
    const fresh = await freshServer()
    const { s3, bucket } = fresh
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'small', Body: 'small' }))
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'large', Body: patterned(300_000) }))
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const again = await fresh.restart()
    const { Body } = await again.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'large' }))
    equal(Buffer.compare(Buffer.from((await Body?.transformToByteArray()) ?? []), patterned(300_000)), 0)
  })
})
