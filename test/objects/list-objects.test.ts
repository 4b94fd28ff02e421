// ListObjects (version 1) through the SDK.

import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { ListObjectsCommand, PutObjectCommand, type ListObjectsCommandInput } from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

async function bucketWith(keys: readonly string[]) {
  const { s3, bucket } = await freshServer()
  await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: '-' }))))
  return async (input: Omit<ListObjectsCommandInput, 'Bucket'> = {}) => {
    const page = await s3.send(new ListObjectsCommand({ Bucket: bucket, ...input }))
    return {
      ...page,
      keys: page.Contents?.map(({ Key }) => Key) ?? [],
      prefixes: page.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? [],
    }
  }
}

describe('ListObjects', () => {
  it('tells each owner', async () => {
    const list = await bucketWith(['a'])
    const page = await list()
    match(page.Contents?.[0]?.Owner?.ID ?? '', /^[0-9a-f]{64}$/)
    deepEqual([page.Marker, page.Prefix, page.MaxKeys, page.IsTruncated], ['', '', 1000, false])
  })

  it('tells NextMarker only with a delimiter; without one the last key is the marker', async () => {
    const list = await bucketWith(['a', 'b', 'c'])
    const page = await list({ MaxKeys: 2 })
    deepEqual([page.keys, page.IsTruncated, page.NextMarker], [['a', 'b'], true, undefined])
    deepEqual((await list({ Marker: 'b' })).keys, ['c'])
    equal((await list({ MaxKeys: 2, Delimiter: '/' })).NextMarker, 'b')
  })

  it('pages through keys and common prefixes', async () => {
    const list = await bucketWith(['asdf', 'boo/bar', 'boo/baz/xyzzy', 'cquux/bla', 'cquux/thud'])
    const pages: [marker: string, keys: string[], prefixes: string[], next: string | undefined][] = [
      ['', ['asdf'], [], 'asdf'],
      ['asdf', [], ['boo/'], 'boo/'],
      ['boo/', [], ['cquux/'], undefined],
    ]
    for (const [Marker, keys, prefixes, next] of pages) {
      const page = await list({ Delimiter: '/', MaxKeys: 1, Marker })
      deepEqual([page.keys, page.prefixes, page.NextMarker], [keys, prefixes, next])
    }
  })

  it('goes on after all of a common prefix the marker is in', async () => {
    const list = await bucketWith(['b/1', 'b/2', 'c'])
    const page = await list({ Delimiter: '/', Marker: 'b/1' })
    deepEqual([page.keys, page.prefixes], [['c'], []])
  })

  it('takes markers that are no keys, and lists nothing after the last key', async () => {
    const list = await bucketWith(['bar', 'foo'])
    deepEqual((await list({ Marker: 'blah' })).keys, ['foo'])
    deepEqual((await list({ Marker: '\n' })).keys, ['bar', 'foo'])
    deepEqual((await list({ Marker: 'zzz' })).keys, [])
  })

  it('leaves an empty delimiter out of its answer', async () => {
    const list = await bucketWith(['a/b'])
    const page = await list({ Delimiter: '' })
    deepEqual([page.keys, page.Delimiter], [['a/b'], undefined])
  })

  it('encodes markers when asked', async () => {
    const list = await bucketWith(['a +1', 'a +2', 'b'])
    const page = await list({ EncodingType: 'url', Marker: 'a +', MaxKeys: 1, Delimiter: '=' })
    deepEqual([page.keys, page.Marker, page.NextMarker, page.Delimiter], [['a%20%2B1'], 'a%20%2B', 'a%20%2B1', '%3D'])
  })

  it('refuses a negative max-keys', async () => {
    const list = await bucketWith([])
    await rejects(list({ MaxKeys: -1 }), { name: 'InvalidArgument' })
  })
})
