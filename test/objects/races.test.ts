// Writers, deleters and readers of one key at the same time: who wins, and what is seen.

import { deepEqual, equal } from 'node:assert/strict'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  RenameObjectCommand,
} from '@aws-sdk/client-s3'
import { usageOf } from '../../src/store/catalog/usage.js'
import { filesBelow } from '../store/temporary-directory.js'
import { objectServer, patterned } from './objects.js'
import { faultsOf } from '../store/faults-of.js'

const writers = Array.from({ length: 50 }, (_, i) => i)

/** How many of the requests were answered well; all others must have been refused with one of the codes. */
async function won(requests: readonly Promise<unknown>[], ...codes: readonly string[]): Promise<number> {
  const settled = await Promise.allSettled(requests)
  for (const one of settled) {
    if (one.status === 'rejected') equal(codes.includes((one.reason as Error).name), true, String(one.reason))
  }
  return settled.filter(({ status }) => status === 'fulfilled').length
}

describe('races', () => {
  it('let exactly one of 50 writers win with If-None-Match: *', async () => {
    const { put, text } = await objectServer()
    const winners: string[] = []
    const requests = writers.map(async (i) => {
      await put('lock', `writer ${i}`, { IfNoneMatch: '*' })
      winners.push(`writer ${i}`)
    })
    equal(await won(requests, 'PreconditionFailed'), 1)
    deepEqual(winners, [await text('lock')])
  })

  it('let exactly one of 20 writers of large bodies win, and leave nothing of the others', async () => {
    const { put, s3, bucket, server, directory } = await objectServer()
    const requests = writers.slice(0, 20).map((i) => put('lock', patterned(100_000 + i), { IfNoneMatch: '*' }))
    equal(await won(requests, 'PreconditionFailed'), 1)
    const { Body, ContentLength = 0 } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'lock' }))
    equal(Buffer.compare(Buffer.from((await Body?.transformToByteArray()) ?? []), patterned(ContentLength)), 0)
    await server.store.collector.collectNow()
    equal((await filesBelow(`${directory}/blobs`)).length, 1)
  })

  it('let a counter that is swapped by If-Match count every success once', async () => {
    const { put, s3, bucket, text } = await objectServer()
    await put('counter', '0')
    let successes = 0
    await Promise.all(
      writers.slice(0, 8).map(async () => {
        for (let i = 0; i < 5; i += 1) {
          const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'counter' }))
          const value = Number(await Body?.transformToString())
          const isMine = await won([put('counter', String(value + 1), { IfMatch: ETag })], 'PreconditionFailed')
          successes += isMine
        }
      }),
    )
    equal(Number(await text('counter')), successes)
  })

  it('let one of many deleters with If-Match and one of many renamers win', async () => {
    const { put, s3, bucket, version, line } = await objectServer()
    await version('Enabled')
    const { ETag } = await put('k')
    const deleters = writers
      .slice(0, 20)
      .map(() => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k', IfMatch: ETag })))
    equal(await won(deleters, 'NoSuchKey'), 1)
    equal((await line('k')).length, 2)
    await put('old')
    const renamers = writers
      .slice(0, 20)
      .map((i) => s3.send(new RenameObjectCommand({ Bucket: bucket, Key: `new${i}`, RenameSource: 'old' })))
    equal(await won(renamers, 'NoSuchKey'), 1)
  })

  it('show a reader always one whole version', async () => {
    const { put, s3, bucket } = await objectServer()
    const sizes = [10, 100_000, 20_000, 300_000]
    await put('k', patterned(10))
    const over = new AbortController()
    const reading = writers.slice(0, 4).map(async () => {
      while (!over.signal.aborted) {
        const { Body, ContentLength = -1 } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' }))
        const bytes = Buffer.from((await Body?.transformToByteArray()) ?? [])
        equal(bytes.length, ContentLength)
        equal(Buffer.compare(bytes, patterned(ContentLength)), 0)
      }
    })
    for (let i = 0; i < 40; i += 1) await put('k', patterned(sizes[i % sizes.length] ?? 0))
    over.abort()
    await Promise.all(reading)
  })

  it('let puts, deletes and copies of one key interleave in every state of versioning', async () => {
    const fresh = await objectServer()
    const { put, s3, bucket, version, server, directory } = fresh
    await put('source')
    for (const state of ['Off', 'Enabled', 'Suspended', 'Enabled'] as const) {
      if (state !== 'Off') await version(state)
      await Promise.all(
        writers.map((i) => {
          if (i % 3 === 0) return s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k' }))
          if (i % 3 === 1) return put('k', `${state} ${i}`)
          return s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'k', CopySource: `${bucket}/source` }))
        }),
      )
    }
    const usage = await server.store.catalog.read(usageOf, bucket)
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }))
    deepEqual(
      [usage.versions, usage.objects, usage.bytes],
      [
        Versions.length + DeleteMarkers.length,
        Versions.filter(({ IsLatest }) => IsLatest).length,
        Versions.reduce((sum, { Size = 0 }) => sum + Size, 0),
      ],
    )
    const latest = [...Versions, ...DeleteMarkers].filter(({ Key, IsLatest }) => Key === 'k' && IsLatest === true)
    equal(latest.length, 1)
    await fresh.close()
    deepEqual(await faultsOf(directory), [])
  })
})
