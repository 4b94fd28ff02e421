// RenameObject through the SDK.

import { deepEqual, equal } from 'node:assert/strict'
import { HeadObjectCommand, RenameObjectCommand, type RenameObjectCommandInput } from '@aws-sdk/client-s3'
import { filesBelow } from '../store/temporary-directory.js'
import { HandClock, objectServer, patterned, refused } from './objects.js'

async function renaming(clock?: HandClock) {
  const fresh = await objectServer(clock === undefined ? {} : { clock })
  const { s3, bucket: Bucket } = fresh
  return {
    ...fresh,
    /** From "old" to "new", when nothing else is said. */
    rename: (input: Partial<RenameObjectCommandInput> = {}) =>
      s3.send(new RenameObjectCommand({ Bucket, Key: 'new', RenameSource: 'old', ...input })),
    head: (Key: string) => s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' })),
  }
}

describe('RenameObject', () => {
  it('gives an object another key with all it has, its time too', async () => {
    const clock = new HandClock()
    const { put, rename, head, text } = await renaming(clock)
    await put('old', 'content', {
      ContentType: 'text/plain',
      Metadata: { a: '1' },
      Tagging: 'x=y',
      ChecksumAlgorithm: 'SHA256',
    })
    const { $metadata: _1, ...before } = await head('old')
    clock.ms += 60_000
    await rename()
    const { $metadata: _2, ...after } = await head('new')
    deepEqual(after, before)
    equal(await text('new'), 'content')
    await refused(text('old'), 'NoSuchKey', 404)
  })

  it('moves no bytes', async () => {
    const { put, rename, directory } = await renaming()
    await put('old', patterned(300_000))
    const before = await filesBelow(`${directory}/blobs`)
    await rename()
    deepEqual(await filesBelow(`${directory}/blobs`), before)
  })

  it('replaces what is there, unless it is told not to', async () => {
    const { put, rename, text } = await renaming()
    await put('old', '1')
    await put('new', '2')
    await refused(rename({ DestinationIfNoneMatch: '*' }), 'PreconditionFailed', 412)
    await refused(rename({ DestinationIfMatch: '"x"' }), 'PreconditionFailed', 412)
    deepEqual([await text('old'), await text('new')], ['1', '2'])
    await rename()
    equal(await text('new'), '1')
  })

  it('obeys the conditions on its source and on times', async () => {
    const clock = new HandClock()
    const { put, rename, text } = await renaming(clock)
    const { ETag = '' } = await put('old', '1')
    await put('new', '2')
    const [before, after] = [new Date(clock.ms - 5000), new Date(clock.ms + 5000)]
    for (const condition of [
      { SourceIfMatch: '"x"' },
      { SourceIfNoneMatch: ETag },
      { SourceIfNoneMatch: '*' },
      { SourceIfModifiedSince: after },
      { SourceIfUnmodifiedSince: before },
      { DestinationIfModifiedSince: after },
      { DestinationIfUnmodifiedSince: before },
    ]) {
      await refused(rename(condition), 'PreconditionFailed', 412)
    }
    await rename({ SourceIfMatch: ETag, SourceIfUnmodifiedSince: before, DestinationIfModifiedSince: before })
    equal(await text('new'), '1')
  })

  it('says when the source or the bucket is not there', async () => {
    const { rename } = await renaming()
    await refused(rename(), 'NoSuchKey', 404)
    await refused(rename({ Bucket: 'no-such-bucket' }), 'NoSuchBucket', 404)
  })

  it('takes keys with odd characters, and "/bucket/key"', async () => {
    const { put, rename, text, bucket } = await renaming()
    await put('a b/+ä', 'odd')
    await rename({ RenameSource: `/${bucket}/${encodeURIComponent('a b/+ä')}`, Key: '😀' })
    equal(await text('😀'), 'odd')
  })

  it('leaves a delete marker where there is versioning', async () => {
    const { put, rename, version, line, text } = await renaming()
    await version('Enabled')
    const { VersionId = '' } = await put('old', '1')
    await rename()
    const [marker = '', kept] = await line('old')
    deepEqual([marker.startsWith('!') && marker.endsWith('*'), kept], [true, VersionId])
    deepEqual([await text('new'), await text('old', VersionId)], ['1', '1'])
  })

  it('does nothing more when it is repeated with the same token', async () => {
    const { put, rename, text } = await renaming()
    await put('old', '1')
    await rename({ ClientToken: 'a-token' })
    await put('old', 'another')
    await rename({ ClientToken: 'a-token' })
    deepEqual([await text('new'), await text('old')], ['1', 'another'])
    await refused(rename({ ClientToken: 'a-token', Key: 'elsewhere' }), 'IdempotencyParameterMismatch', 400)
    await refused(rename({ ClientToken: 'with space' }), 'InvalidArgument', 400)
    await refused(rename({ ClientToken: 'x'.repeat(65) }), 'InvalidArgument', 400)
    await rename({ ClientToken: 'another-token' })
    equal(await text('new'), 'another')
  })

  it('forgets a token with which it was refused', async () => {
    const { put, rename, text } = await renaming()
    await refused(rename({ ClientToken: 'a-token' }), 'NoSuchKey', 404)
    await put('old', '1')
    await rename({ ClientToken: 'a-token' })
    equal(await text('new'), '1')
  })

  it('leaves an object alone that is renamed to what it is called', async () => {
    const { put, rename, text } = await renaming()
    await put('old', '1')
    await rename({ Key: 'old' })
    equal(await text('old'), '1')
  })
})
