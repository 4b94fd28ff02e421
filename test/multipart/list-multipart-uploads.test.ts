// ListMultipartUploads through the SDK.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'
import { TestUpload } from './uploads.js'

async function bucketWith(keys: readonly string[]) {
  const { s3, bucket } = await freshServer()
  const ids: string[] = []
  for (const key of keys) ids.push((await TestUpload.create(s3, bucket, key)).name.UploadId)
  return {
    ids,
    list: (input: Partial<ListMultipartUploadsCommandInput> = {}) =>
      s3.send(new ListMultipartUploadsCommand({ Bucket: bucket, ...input })),
    abort: (Key: string, UploadId: string) =>
      s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })),
  }
}

describe('ListMultipartUploads', () => {
  it('tells uploads by key and of each what S3 tells', async () => {
    const { ids, list } = await bucketWith(['b', 'a', '\u{10000}', '\uFFFD'])
    const page = await list()
    deepEqual(
      page.Uploads?.map(({ Key, UploadId }) => [Key, UploadId]),
      [
        ['a', ids[1]],
        ['b', ids[0]],
        ['\uFFFD', ids[3]],
        ['\u{10000}', ids[2]],
      ],
    )
    const [upload] = page.Uploads ?? []
    deepEqual([upload?.StorageClass, upload?.Owner?.ID === upload?.Initiator?.ID], ['STANDARD', true])
    deepEqual([page.MaxUploads, page.IsTruncated, page.KeyMarker, page.UploadIdMarker], [1000, false, '', ''])
  })

  it('goes on after an upload, also one that has been aborted since', async () => {
    const { list, abort } = await bucketWith(['a', 'a', 'a', 'b', 'c/1', 'c/2'])
    const whole = (await list()).Uploads?.map(({ UploadId }) => UploadId)
    const found: (string | undefined)[] = []
    let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {}
    while (markers !== undefined) {
      const page: Awaited<ReturnType<typeof list>> = await list({ MaxUploads: 2, ...markers })
      for (const { Key = '', UploadId = '' } of page.Uploads ?? []) {
        found.push(UploadId)
        await abort(Key, UploadId)
      }
      markers =
        page.IsTruncated === true
          ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
          : undefined
    }
    deepEqual(found, whole)
  })

  it('rolls keys up by delimiter and keeps to a prefix', async () => {
    const { list } = await bucketWith(['a', 'c/1', 'c/2', 'd'])
    const page = await list({ Delimiter: '/' })
    deepEqual(
      page.CommonPrefixes?.map(({ Prefix }) => Prefix),
      ['c/'],
    )
    deepEqual(
      page.Uploads?.map(({ Key }) => Key),
      ['a', 'd'],
    )
    deepEqual(
      (await list({ Prefix: 'c/' })).Uploads?.map(({ Key }) => Key),
      ['c/1', 'c/2'],
    )
    const first = await list({ Delimiter: '/', MaxUploads: 2 })
    deepEqual([first.IsTruncated, first.NextKeyMarker], [true, 'c/'])
    deepEqual(
      (await list({ Delimiter: '/', KeyMarker: 'c/' })).Uploads?.map(({ Key }) => Key),
      ['d'],
    )
  })

  it('starts after a key and all its uploads when no upload is named', async () => {
    const { list } = await bucketWith(['a', 'a', 'b'])
    deepEqual(
      (await list({ KeyMarker: 'a' })).Uploads?.map(({ Key }) => Key),
      ['b'],
    )
  })

  it('encodes keys and markers when asked', async () => {
    const { list } = await bucketWith(['a b'])
    const page = await list({ EncodingType: 'url', KeyMarker: 'b +' })
    deepEqual([page.KeyMarker, page.Uploads, page.EncodingType], ['b%20%2B', undefined, 'url'])
    equal((await list({ EncodingType: 'url' })).Uploads?.[0]?.Key, 'a%20b')
  })

  it('refuses an upload marker that is none, and negative sizes', async () => {
    const { list } = await bucketWith([])
    await rejects(list({ KeyMarker: 'a', UploadIdMarker: 'nonsense' }), { name: 'InvalidArgument' })
    await rejects(list({ MaxUploads: -1 }), { name: 'InvalidArgument' })
  })
})
