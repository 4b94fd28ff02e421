// PutObjectTagging, GetObjectTagging and DeleteObjectTagging through the SDK.

import { deepEqual, equal } from 'node:assert/strict'
import {
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectTaggingCommand,
  type Tag,
} from '@aws-sdk/client-s3'
import { HandClock, objectServer, refused } from './objects.js'

async function tagging(clock?: HandClock) {
  const fresh = await objectServer(clock === undefined ? {} : { clock })
  const { s3, bucket: Bucket } = fresh
  return {
    ...fresh,
    tag: (TagSet: Tag[], VersionId?: string, Key = 'k') =>
      s3.send(new PutObjectTaggingCommand({ Bucket, Key, VersionId, Tagging: { TagSet } })),
    tags: async (VersionId?: string, Key = 'k') =>
      (await s3.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }))).TagSet?.map(
        (tag) => `${tag.Key}=${tag.Value}`,
      ),
    untag: (VersionId?: string) => s3.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'k', VersionId })),
    head: () => s3.send(new HeadObjectCommand({ Bucket, Key: 'k' })),
  }
}

const pair = (Key: string, Value: string): Tag => ({ Key, Value })

describe('tags of objects', () => {
  it('are put, replaced and removed', async () => {
    const { put, tag, tags, untag, head } = await tagging()
    await put('k')
    deepEqual(await tags(), [])
    await tag([pair('b', '1'), pair('a', 'ü+@ /')])
    deepEqual([await tags(), (await head()).TagCount], [['b=1', 'a=ü+@ /'], 2])
    await tag([pair('c', '')])
    deepEqual(await tags(), ['c='])
    equal((await untag()).$metadata.httpStatusCode, 204)
    deepEqual([await tags(), (await head()).TagCount], [[], undefined])
  })

  it('leave the object as it was, its time and place too', async () => {
    const clock = new HandClock()
    const { put, tag, head, text, line, version } = await tagging(clock)
    await version('Enabled')
    const first = await put('k', 'first', { Metadata: { a: '1' } })
    const second = await put('k', 'second')
    const before = await head()
    clock.ms += 60_000
    equal((await tag([pair('a', '1')], first.VersionId)).VersionId, first.VersionId)
    equal((await tag([pair('b', '2')])).VersionId, second.VersionId)
    const after = await head()
    deepEqual([after.LastModified, after.ETag, after.VersionId], [before.LastModified, before.ETag, before.VersionId])
    deepEqual(await line('k'), [`${second.VersionId}*`, first.VersionId])
    deepEqual([await text('k'), await text('k', first.VersionId)], ['second', 'first'])
  })

  it('belong to a version', async () => {
    const { put, tag, tags, untag, version } = await tagging()
    await put('k')
    await version('Enabled')
    const { VersionId } = await put('k')
    await tag([pair('old', '1')], 'null')
    await tag([pair('new', '2')])
    deepEqual([await tags('null'), await tags(VersionId), await tags()], [['old=1'], ['new=2'], ['new=2']])
    await untag('null')
    deepEqual([await tags('null'), await tags()], [[], ['new=2']])
  })

  it('are refused where S3 refuses them, and nothing changes', async () => {
    const { put, tag, tags } = await tagging()
    await put('k')
    await tag([pair('a', '1')])
    await refused(tag(Array.from({ length: 11 }, (_, i) => pair(`k${i}`, 'v'))), 'BadRequest', 400)
    await refused(tag([pair('k'.repeat(129), 'v')]), 'InvalidTag', 400)
    await refused(tag([pair('k', 'v'.repeat(257))]), 'InvalidTag', 400)
    await refused(tag([pair('a', '1'), pair('a', '2')]), 'InvalidTag', 400)
    await refused(tag([pair('aws:x', '1')]), 'InvalidTag', 400)
    deepEqual(await tags(), ['a=1'])
  })

  it('have no place on what is not there, or on a delete marker', async () => {
    const { s3, bucket, put, tag, tags, version } = await tagging()
    await refused(tag([], undefined, 'nothing'), 'NoSuchKey', 404)
    await refused(tags(undefined, 'nothing'), 'NoSuchKey', 404)
    await version('Enabled')
    await put('k')
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k' }))
    await refused(tag([pair('a', '1')]), 'NoSuchKey', 404)
    await refused(tag([pair('a', '1')], VersionId), 'MethodNotAllowed', 405)
    await refused(tags(VersionId), 'MethodNotAllowed', 405)
    await refused(tags('nonsense'), 'InvalidArgument', 400)
  })
})
