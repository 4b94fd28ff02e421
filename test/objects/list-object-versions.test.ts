// ListObjectVersions through the SDK.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type ListObjectVersionsCommandInput,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

async function versionedBucket() {
  const { s3, bucket } = await freshServer()
  const setVersioning = (Status: 'Enabled' | 'Suspended') =>
    s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }))
  return {
    setVersioning,
    put: async (Key: string, Body = '-') =>
      (await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))).VersionId ?? 'null',
    remove: async (Key: string, VersionId?: string) =>
      (await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }))).VersionId,
    list: (input: Omit<ListObjectVersionsCommandInput, 'Bucket'> = {}) =>
      s3.send(new ListObjectVersionsCommand({ Bucket: bucket, ...input })),
  }
}

describe('ListObjectVersions', () => {
  it('lists objects of a bucket without versioning as null versions', async () => {
    const { put, list } = await versionedBucket()
    await put('k')
    await put('k', 'again')
    const page = await list()
    deepEqual(
      page.Versions?.map((v) => [v.Key, v.VersionId, v.IsLatest, v.Size]),
      [['k', 'null', true, 5]],
    )
  })

  it('lists keys in order and their versions newest first, delete markers apart', async () => {
    const { setVersioning, put, remove, list } = await versionedBucket()
    const old = await put('a')
    await setVersioning('Enabled')
    const b1 = await put('b', '1')
    const a2 = await put('a', '22')
    const marker = await remove('b')
    const b2 = await put('b', '333')
    const page = await list()
    deepEqual(
      page.Versions?.map((v) => [v.Key, v.VersionId, v.IsLatest, v.Size]),
      [
        ['a', a2, true, 2],
        ['a', old, false, 1],
        ['b', b2, true, 3],
        ['b', b1, false, 1],
      ],
    )
    deepEqual(
      page.DeleteMarkers?.map((m) => [m.Key, m.VersionId, m.IsLatest]),
      [['b', marker, false]],
    )
    equal(page.Versions?.[0]?.Owner?.ID, page.DeleteMarkers?.[0]?.Owner?.ID)
  })

  it('goes on within a key by version, over null versions and markers, whatever the size of pages', async () => {
    const { setVersioning, put, remove, list } = await versionedBucket()
    await put('a')
    await setVersioning('Enabled')
    for (const key of ['a', 'b', 'a', 'c', 'a']) await put(key)
    await remove('a')
    await setVersioning('Suspended')
    await put('c', 'null')
    const idsOf = (page: Awaited<ReturnType<typeof list>>) =>
      [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map((v) => `${v.Key} ${v.VersionId}`)
    const whole = new Set(idsOf(await list()))
    equal(whole.size, 8)
    for (const MaxKeys of [1, 2, 3]) {
      const found: string[] = []
      let markers: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {}
      while (markers !== undefined) {
        const page: Awaited<ReturnType<typeof list>> = await list({ MaxKeys, ...markers })
        found.push(...idsOf(page))
        const { NextKeyMarker, NextVersionIdMarker } = page
        markers =
          NextKeyMarker === undefined
            ? undefined
            : { KeyMarker: NextKeyMarker, ...(NextVersionIdMarker && { VersionIdMarker: NextVersionIdMarker }) }
      }
      equal(found.length, 8)
      deepEqual(new Set(found), whole)
    }
  })

  it('goes on after the null version by its name', async () => {
    const { setVersioning, put, list } = await versionedBucket()
    await put('a')
    await setVersioning('Enabled')
    await put('a')
    await put('b')
    const page = await list({ KeyMarker: 'a', VersionIdMarker: 'null' })
    deepEqual(
      page.Versions?.map((v) => v.Key),
      ['b'],
    )
    equal(page.VersionIdMarker, 'null')
  })

  it('empties a bucket page by page, deleting what it has just listed', async () => {
    const { setVersioning, put, remove, list } = await versionedBucket()
    await put('k')
    await setVersioning('Enabled')
    for (let i = 0; i < 4; i += 1) await put('k')
    await remove('k')
    let markers: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {}
    let removed = 0
    while (markers !== undefined) {
      const page: Awaited<ReturnType<typeof list>> = await list({ MaxKeys: 2, ...markers })
      for (const { VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
        await remove('k', VersionId)
        removed += 1
      }
      const { NextKeyMarker, NextVersionIdMarker } = page
      markers =
        NextKeyMarker === undefined
          ? undefined
          : { KeyMarker: NextKeyMarker, ...(NextVersionIdMarker && { VersionIdMarker: NextVersionIdMarker }) }
    }
    equal(removed, 6)
    const left = await list()
    deepEqual([left.Versions, left.DeleteMarkers], [undefined, undefined])
  })

  it('rolls up keys that have only delete markers too', async () => {
    const { setVersioning, put, remove, list } = await versionedBucket()
    await setVersioning('Enabled')
    await put('a/1')
    await put('a/1')
    await remove('b/1')
    await put('c')
    const page = await list({ Delimiter: '/' })
    deepEqual(
      page.CommonPrefixes?.map(({ Prefix }) => Prefix),
      ['a/', 'b/'],
    )
    deepEqual(
      page.Versions?.map((v) => v.Key),
      ['c'],
    )
    const first = await list({ Delimiter: '/', MaxKeys: 1 })
    deepEqual([first.IsTruncated, first.NextKeyMarker, first.NextVersionIdMarker], [true, 'a/', undefined])
    const second = await list({ Delimiter: '/', KeyMarker: 'a/' })
    deepEqual(
      second.CommonPrefixes?.map(({ Prefix }) => Prefix),
      ['b/'],
    )
  })

  it('refuses a version marker that is empty, without a key, or no VersionId', async () => {
    const { list } = await versionedBucket()
    await rejects(list({ VersionIdMarker: 'null' }), { name: 'InvalidArgument' })
    await rejects(list({ KeyMarker: 'a', VersionIdMarker: '' }), { name: 'InvalidArgument' })
    await rejects(list({ KeyMarker: 'a', VersionIdMarker: 'nonsense' }), { name: 'InvalidArgument' })
  })
})
