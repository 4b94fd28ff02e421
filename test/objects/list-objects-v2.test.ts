// ListObjectsV2 through the SDK.

import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type ListObjectsV2CommandInput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'
import { byBytes } from '../store/catalog/listed-bucket.js'

async function put(s3: S3Client, bucket: string, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }))))
}

async function bucketWith(keys: readonly string[]) {
  const { s3, bucket } = await freshServer()
  await put(s3, bucket, keys)
  return (input: Omit<ListObjectsV2CommandInput, 'Bucket'> = {}) =>
    s3.send(new ListObjectsV2Command({ Bucket: bucket, ...input }))
}

const keysOf = (page: { Contents?: { Key?: string | undefined }[] | undefined }) => page.Contents?.map(({ Key }) => Key)
const prefixesOf = (page: { CommonPrefixes?: { Prefix?: string | undefined }[] | undefined }) =>
  page.CommonPrefixes?.map(({ Prefix }) => Prefix)

describe('ListObjectsV2', () => {
  it('answers an empty page for an empty bucket', async () => {
    const list = await bucketWith([])
    const page = await list()
    deepEqual(
      [page.KeyCount, page.MaxKeys, page.IsTruncated, page.Contents, page.Prefix],
      [0, 1000, false, undefined, ''],
    )
  })

  it('tells of each object what S3 tells', async () => {
    const { s3, bucket } = await freshServer()
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'hello', ChecksumAlgorithm: 'SHA256' }))
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket }))
    equal(page.Name, bucket)
    const [entry] = page.Contents ?? []
    deepEqual(
      { ...entry, LastModified: undefined },
      {
        Key: 'k',
        LastModified: undefined,
        ETag: '"5d41402abc4b2a76b9719d911017c592"',
        Size: 5,
        StorageClass: 'STANDARD',
        ChecksumAlgorithm: ['SHA256'],
        ChecksumType: 'FULL_OBJECT',
      },
    )
    equal(entry?.LastModified?.getMilliseconds(), 0)
  })

  it('tells owners only when they are asked for', async () => {
    const list = await bucketWith(['k'])
    equal((await list()).Contents?.[0]?.Owner, undefined)
    match((await list({ FetchOwner: true })).Contents?.[0]?.Owner?.ID ?? '', /^[0-9a-f]{64}$/)
  })

  it('orders keys as UTF-8 bytes, not as UTF-16', async () => {
    const keys = ['a', '\uFFFD', '\u{10000}', '\u{10FFFF}', '😀', 'é', 'Z', 'a/b', 'a b', '\uE000']
    const list = await bucketWith(keys)
    deepEqual(keysOf(await list()), keys.toSorted(byBytes))
  })

  it('goes on from its token until all keys were listed once', async () => {
    const keys = Array.from({ length: 23 }, (_, i) => `key-${i} + 😀 & <${i}>`)
    const list = await bucketWith(keys)
    const found: (string | undefined)[] = []
    let token: string | undefined
    do {
      const page = await list({ MaxKeys: 5, ...(token !== undefined && { ContinuationToken: token }) })
      found.push(...(keysOf(page) ?? []))
      equal(page.ContinuationToken, token)
      token = page.NextContinuationToken
      equal(page.IsTruncated, token !== undefined)
    } while (token !== undefined)
    deepEqual(found, keys.toSorted(byBytes))
  })

  it('rolls keys up by delimiter and counts common prefixes as keys', async () => {
    const list = await bucketWith(['a', 'b/1', 'b/2', 'c/x/1', 'd'])
    const page = await list({ Delimiter: '/' })
    deepEqual([keysOf(page), prefixesOf(page), page.KeyCount, page.Delimiter], [['a', 'd'], ['b/', 'c/'], 4, '/'])
    deepEqual(prefixesOf(await list({ Delimiter: '/', Prefix: 'c/' })), ['c/x/'])
    const first = await list({ Delimiter: '/', MaxKeys: 2 })
    deepEqual([keysOf(first), prefixesOf(first)], [['a'], ['b/']])
    const token = first.NextContinuationToken ?? ''
    const second = await list({ Delimiter: '/', MaxKeys: 2, ContinuationToken: token })
    deepEqual([keysOf(second), prefixesOf(second), second.IsTruncated], [['d'], ['c/'], false])
  })

  it('takes delimiters of several characters', async () => {
    const list = await bucketWith(['a--1', 'a--2', 'a-3', 'b→1', 'b→2'])
    deepEqual(prefixesOf(await list({ Delimiter: '--' })), ['a--'])
    deepEqual(prefixesOf(await list({ Delimiter: '→' })), ['b→'])
  })

  it('starts after a key, and after all of a common prefix the key is in', async () => {
    const list = await bucketWith(['a', 'b/1', 'b/2', 'c'])
    deepEqual(keysOf(await list({ StartAfter: 'b/1' })), ['b/2', 'c'])
    const page = await list({ StartAfter: 'b/1', Delimiter: '/' })
    deepEqual([keysOf(page), prefixesOf(page), page.StartAfter], [['c'], undefined, 'b/1'])
  })

  it('prefers the token to StartAfter', async () => {
    const list = await bucketWith(['a', 'b', 'c'])
    const { NextContinuationToken = '' } = await list({ MaxKeys: 2 })
    deepEqual(keysOf(await list({ ContinuationToken: NextContinuationToken, StartAfter: '0' })), ['c'])
  })

  it('answers no keys and no token for max-keys 0', async () => {
    const list = await bucketWith(['a'])
    const page = await list({ MaxKeys: 0 })
    deepEqual([page.KeyCount, page.IsTruncated, page.NextContinuationToken, page.MaxKeys], [0, false, undefined, 0])
  })

  it('answers at most 1,000 keys and says so', async () => {
    const list = await bucketWith(['a'])
    equal((await list({ MaxKeys: 5000 })).MaxKeys, 1000)
  })

  it('encodes keys, prefixes, delimiter and start when asked', async () => {
    const list = await bucketWith(['a b/c+d', 'é%/x'])
    const page = await list({ EncodingType: 'url', Delimiter: '+' })
    deepEqual([keysOf(page), prefixesOf(page), page.Delimiter], [['%C3%A9%25/x'], ['a%20b/c%2B'], '%2B'])
    const started = await list({ EncodingType: 'url', StartAfter: 'a b', Prefix: 'é%' })
    deepEqual([started.StartAfter, started.Prefix, started.EncodingType], ['a%20b', '%C3%A9%25', 'url'])
  })

  it('carries keys that XML cannot, encoded', async () => {
    const keys = ['\u0001', '\u000b/\u001f', 'line\nfeed\r']
    const list = await bucketWith(keys)
    const page = await list({ EncodingType: 'url' })
    deepEqual(
      keysOf(page)?.map((key) => decodeURIComponent(key ?? '')),
      keys,
    )
  })

  it('does not show what was deleted', async () => {
    const { s3, bucket } = await freshServer()
    await put(s3, bucket, ['a', 'b'])
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }))
    deepEqual(keysOf(await s3.send(new ListObjectsV2Command({ Bucket: bucket }))), ['b'])
  })

  it('accepts RestoreStatus', async () => {
    const list = await bucketWith(['a'])
    equal((await list({ OptionalObjectAttributes: ['RestoreStatus'] })).Contents?.[0]?.RestoreStatus, undefined)
  })

  it('refuses tokens that are not its own, negative sizes and unknown encodings', async () => {
    const list = await bucketWith([])
    for (const ContinuationToken of ['x', 'AQAAAAA', 'eyJrZXkiOiJhIn0=']) {
      await rejects(list({ ContinuationToken }), { name: 'InvalidArgument' })
    }
    await rejects(list({ MaxKeys: -1 }), { name: 'InvalidArgument' })
    await rejects(list({ EncodingType: 'hex' as 'url' }), { name: 'InvalidArgument' }) // a value the type forbids, on purpose
  })

  it('answers NoSuchBucket for a bucket that is not there', async () => {
    const { s3 } = await freshServer()
    await rejects(s3.send(new ListObjectsV2Command({ Bucket: 'no-such-bucket-here' })), { name: 'NoSuchBucket' })
  })
})
