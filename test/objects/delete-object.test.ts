// DeleteObject through the SDK.

import { deepEqual, equal } from 'node:assert/strict'
import { DeleteObjectCommand, type DeleteObjectCommandInput } from '@aws-sdk/client-s3'
import { versionIdOf } from '../../src/store/catalog/version-id.js'
import { HandClock, objectServer, refused } from './objects.js'

async function deleting(clock?: HandClock) {
  const fresh = await objectServer(clock === undefined ? {} : { clock })
  const remove = async (Key: string, input: Partial<DeleteObjectCommandInput> = {}) => {
    const answer = await fresh.s3.send(new DeleteObjectCommand({ Bucket: fresh.bucket, Key, ...input }))
    equal(answer.$metadata.httpStatusCode, 204)
    return { isMarker: answer.DeleteMarker, id: answer.VersionId }
  }
  return { ...fresh, remove }
}

const nothing = { isMarker: undefined, id: undefined }

describe('DeleteObject', () => {
  it('removes an object, and what is not there as well', async () => {
    const { put, text, line, remove } = await deleting()
    await put('k')
    deepEqual(await remove('k'), nothing)
    await refused(text('k'), 'NoSuchKey', 404)
    deepEqual(await line('k'), [])
    deepEqual(await remove('k'), nothing)
    deepEqual(await remove('k', { VersionId: versionIdOf(99) }), { isMarker: undefined, id: versionIdOf(99) })
  })

  it('refuses a bucket that is not there, a key that is too long, an id that is none', async () => {
    const { remove, version } = await deleting()
    await version('Enabled')
    await refused(remove('k', { Bucket: 'no-such-bucket' }), 'NoSuchBucket', 404)
    await refused(remove('k'.repeat(1025)), 'KeyTooLongError', 400)
    await refused(remove('k', { VersionId: 'nonsense' }), 'InvalidArgument', 400)
  })

  it('puts a marker where there is versioning, each time', async () => {
    const { put, text, line, remove, version } = await deleting()
    await version('Enabled')
    const { VersionId = '' } = await put('k', 'kept')
    const first = await remove('k')
    const second = await remove('k')
    deepEqual([first.isMarker, second.isMarker], [true, true])
    deepEqual(await line('k'), [`!${second.id}*`, `!${first.id}`, VersionId])
    await refused(text('k'), 'NoSuchKey', 404)
    equal(await text('k', VersionId), 'kept')
  })

  it('puts a marker for a key that never was', async () => {
    const { line, remove, version } = await deleting()
    await version('Enabled')
    const { id } = await remove('k')
    deepEqual(await line('k'), [`!${id}*`])
  })

  it('replaces the null version by a null marker when suspended', async () => {
    const { put, line, remove, version, text } = await deleting()
    await put('k', 'null')
    await version('Enabled')
    const { VersionId = '' } = await put('k', 'kept')
    await version('Suspended')
    deepEqual(await remove('k'), { isMarker: true, id: 'null' })
    deepEqual(await line('k'), ['!null*', VersionId])
    deepEqual(await remove('k'), { isMarker: true, id: 'null' })
    deepEqual(await line('k'), ['!null*', VersionId])
    await put('k', 'again')
    deepEqual([await line('k'), await text('k')], [['null*', VersionId], 'again'])
  })

  it('removes one version for good; the one before it is the latest then', async () => {
    const { put, line, remove, version, text } = await deleting()
    await version('Enabled')
    const [first = '', second = '', third = ''] = [
      (await put('k', '1')).VersionId,
      (await put('k', '2')).VersionId,
      (await put('k', '3')).VersionId,
    ]
    deepEqual(await remove('k', { VersionId: second }), { isMarker: undefined, id: second })
    deepEqual(await line('k'), [`${third}*`, first])
    await remove('k', { VersionId: third })
    deepEqual([await line('k'), await text('k')], [[`${first}*`], '1'])
    await refused(text('k', third), 'NoSuchVersion', 404)
    await remove('k', { VersionId: first })
    deepEqual(await line('k'), [])
  })

  it('brings an object back when its marker is removed', async () => {
    const { put, remove, version, text, line } = await deleting()
    await version('Enabled')
    const { VersionId = '' } = await put('k', 'back')
    const marker = await remove('k')
    deepEqual(await remove('k', { VersionId: marker.id }), { isMarker: true, id: marker.id })
    deepEqual([await text('k'), await line('k')], ['back', [`${VersionId}*`]])
  })

  it('removes the null version by its name', async () => {
    const { put, line, remove, version } = await deleting()
    await put('k')
    await version('Enabled')
    const { VersionId = '' } = await put('k')
    deepEqual(await remove('k', { VersionId: 'null' }), { isMarker: undefined, id: 'null' })
    deepEqual(await line('k'), [`${VersionId}*`])
  })

  describe('with conditions', () => {
    it('removes only what matches', async () => {
      const clock = new HandClock()
      const { put, remove, text } = await deleting(clock)
      const { ETag = '' } = await put('k', 'four')
      await refused(remove('k', { IfMatch: '"x"' }), 'PreconditionFailed', 412)
      await refused(remove('k', { IfMatchSize: 3 }), 'PreconditionFailed', 412)
      await refused(remove('k', { IfMatchLastModifiedTime: new Date(clock.ms - 1000) }), 'PreconditionFailed', 412)
      await refused(remove('k', { IfMatch: ETag, IfMatchSize: 3 }), 'PreconditionFailed', 412)
      equal(await text('k'), 'four')
      await remove('k', { IfMatch: ETag, IfMatchSize: 4, IfMatchLastModifiedTime: new Date(clock.ms) })
      await refused(text('k'), 'NoSuchKey')
    })

    it('finds nothing to match where no object is, and has no more to say of its size or time', async () => {
      const { put, remove, version, line } = await deleting()
      for (const IfMatch of ['*', '"x"']) await refused(remove('k', { IfMatch }), 'NoSuchKey', 404)
      await remove('k', { IfMatchSize: 3, IfMatchLastModifiedTime: new Date(0) })
      await version('Enabled')
      const { VersionId = '', ETag } = await put('k')
      const { id } = await remove('k', { IfMatch: ETag })
      for (const IfMatch of ['*', ETag]) await refused(remove('k', { IfMatch }), 'NoSuchKey', 404)
      deepEqual(await line('k'), [`!${id}*`, VersionId])
    })

    it('looks at the version that is named', async () => {
      const { put, remove, version, line } = await deleting()
      await version('Enabled')
      const first = await put('k', '1')
      const second = await put('k', '2')
      const named = { VersionId: first.VersionId }
      await refused(remove('k', { ...named, IfMatch: second.ETag }), 'PreconditionFailed', 412)
      await remove('k', { ...named, IfMatch: first.ETag })
      deepEqual(await line('k'), [`${second.VersionId}*`])
    })
  })
})
