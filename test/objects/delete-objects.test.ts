// DeleteObjects through the SDK.

import { deepEqual, equal } from 'node:assert/strict'
import { DeleteObjectsCommand, ListObjectsV2Command, type Delete, type ObjectIdentifier } from '@aws-sdk/client-s3'
import { objectServer, refused } from './objects.js'

async function deleting() {
  const fresh = await objectServer()
  const remove = (Objects: ObjectIdentifier[], input: Partial<Delete> = {}) =>
    fresh.s3.send(new DeleteObjectsCommand({ Bucket: fresh.bucket, Delete: { Objects, ...input } }))
  return { ...fresh, remove }
}

describe('DeleteObjects', () => {
  it('removes a thousand keys, whether they are there or not', async () => {
    const { s3, bucket, put, remove } = await deleting()
    await Promise.all(['k0', 'k1', 'k999', 'other'].map((key) => put(key)))
    const answer = await remove(Array.from({ length: 1000 }, (_, i) => ({ Key: `k${i}` })))
    deepEqual([answer.Deleted?.length, answer.Errors], [1000, undefined])
    deepEqual(answer.Deleted?.[999], { Key: 'k999' })
    const left = await s3.send(new ListObjectsV2Command({ Bucket: bucket }))
    deepEqual(
      left.Contents?.map(({ Key }) => Key),
      ['other'],
    )
  })

  it('refuses none, and more than a thousand', async () => {
    const { remove } = await deleting()
    await refused(remove([]), 'MalformedXML', 400)
    await refused(remove(Array.from({ length: 1001 }, (_, i) => ({ Key: `k${i}` }))), 'MalformedXML', 400)
  })

  it('says nothing of what went well when it is to be quiet', async () => {
    const { put, remove } = await deleting()
    await put('k')
    const answer = await remove([{ Key: 'k' }, { Key: 'bad', VersionId: 'nonsense' }], { Quiet: true })
    equal(answer.Deleted, undefined)
    deepEqual(answer.Errors, [
      { Key: 'bad', VersionId: 'nonsense', Code: 'InvalidArgument', Message: 'Invalid version id specified' },
    ])
  })

  it('goes on after a key that is refused', async () => {
    const { put, text, remove } = await deleting()
    await put('a')
    const { ETag = '' } = await put('b')
    await put('c')
    const answer = await remove([
      { Key: 'a', ETag: '"x"' },
      { Key: 'b', ETag },
      { Key: 'c', Size: 2 },
      { Key: 'k'.repeat(1025) },
      { Key: 'missing', ETag: '"x"' },
    ])
    deepEqual(
      answer.Deleted?.map(({ Key }) => Key),
      ['b'],
    )
    deepEqual(
      answer.Errors?.map(({ Code }) => Code),
      ['PreconditionFailed', 'PreconditionFailed', 'KeyTooLongError', 'NoSuchKey'],
    )
    equal(await text('a'), 'a')
  })

  it('tells markers that were made from markers that were removed', async () => {
    const { put, version, remove, line } = await deleting()
    await version('Enabled')
    const { VersionId = '' } = await put('k')
    const [made] = (await remove([{ Key: 'k' }])).Deleted ?? []
    const marker = made?.DeleteMarkerVersionId
    deepEqual(made, { Key: 'k', DeleteMarker: true, DeleteMarkerVersionId: marker })
    deepEqual(await line('k'), [`!${marker}*`, VersionId])
    const answer = await remove([
      { Key: 'k', VersionId: marker },
      { Key: 'k', VersionId },
    ])
    deepEqual(answer.Deleted, [
      { Key: 'k', VersionId: marker, DeleteMarker: true, DeleteMarkerVersionId: marker },
      { Key: 'k', VersionId },
    ])
    deepEqual(await line('k'), [])
  })

  it('takes the same key twice', async () => {
    const { put, remove, version, line } = await deleting()
    await version('Enabled')
    await put('k')
    equal((await remove([{ Key: 'k' }, { Key: 'k' }])).Deleted?.length, 2)
    equal((await line('k')).length, 3)
  })

  it('removes keys that XML has to escape', async () => {
    const { put, remove, text } = await deleting()
    const keys = ['<&>"\'', 'a\r\nb', '😀', ' lead and trail ']
    for (const key of keys) await put(key)
    const answer = await remove(keys.map((Key) => ({ Key })))
    deepEqual(
      answer.Deleted?.map(({ Key }) => Key),
      keys,
    )
    for (const key of keys) await refused(text(key), 'NoSuchKey')
  })
})
