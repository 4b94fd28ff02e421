// A disk that gives errors: on read, on write, on sync, of blob files and of the catalog. What was acknowledged stays, what is served is
// what was stored, and after a failed sync nothing is written until the store was opened again and found whole.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import {
  launchServer,
  runCheck,
  scratchDirectory,
  type ServerProcess,
  startServerProcess,
} from '../../server-process.js'
import { afterEachTest, filesBelow } from '../../store/temporary-directory.js'
import { processesOf } from '../../workers/processes.js'
import { contentOf, type Label } from '../model.js'
import { readOutcome } from '../reader.js'
import { clientFor } from '../writers.js'
import { Faults } from './faults.js'
import { FaultyDisk, type Misbehaviour } from './faulty-disk.js'

const KiB = 1024
const Bucket = 'bad'
const stopped = { name: 'ServiceUnavailable', message: /stopped writing after an error of its disk.* Reads go on/ }

describe('A disk with errors', function () {
  this.timeout(120_000)
  const later = afterEachTest()

  async function onDisk(args: readonly string[] = []) {
    const scratch = await scratchDirectory('bad')
    later(() => scratch.remove())
    const directory = join(scratch.path, 'data')
    const disk = new FaultyDisk(join(scratch.path, 'faulty'))
    const faults = new Faults(join(scratch.path, 'faults'))
    const start = async (): Promise<{ server: ServerProcess; s3: S3Client }> => {
      const env = { ...disk.environment, ...faults.environment(50) }
      const server = await startServerProcess(directory, { args, env })
      later(() => server.kill())
      return { server, s3: clientFor(server.endpoint) }
    }
    const { server, s3 } = await start()
    await s3.send(new CreateBucketCommand({ Bucket }))
    return { directory, disk, start, server, s3 }
  }

  const put = async (s3: S3Client, Key: string, size: number): Promise<Label> => {
    const label: Label = `${size}-${Key}`
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: contentOf(label), Metadata: { label } }))
    return label
  }

  const isReady = async (server: ServerProcess): Promise<boolean> =>
    (await fetch(`${server.endpoint}/-/health/ready`)).status === 200

  const stopsClean = async (server: ServerProcess, directory: string): Promise<void> => {
    equal(await server.stop(), 0, server.output())
    const check = await runCheck(directory)
    equal(check.code, 0, check.output)
  }

  /** The only file of a blob of this content. */
  const fileOf = async (directory: string): Promise<string> => {
    const files = await filesBelow(join(directory, 'blobs'))
    equal(files.length, 1)
    return files[0] ?? ''
  }

  it('that cannot read a blob fails that read, names the blob in the log, and serves the others', async () => {
    const { directory, disk, server, s3 } = await onDisk()
    const unreadable = await put(s3, 'unreadable', 200 * KiB)
    const location = await fileOf(directory)
    const readable = await put(s3, 'readable', 200 * KiB)
    disk.behave({ call: 'read', part: location, error: 'EIO' })

    await rejects(readOutcome(s3, Bucket, 'unreadable'), { name: 'InternalError' })
    equal(await readOutcome(s3, Bucket, 'readable'), readable)
    const digest = location.split('/').at(-1)?.split('-')[0] ?? ''
    match(server.output(), new RegExp(`Blob ${digest} at ${location}: it cannot be read.*EIO`))
    ok(await isReady(server))
    await put(s3, 'new', 200 * KiB)

    disk.behave()
    equal(await readOutcome(s3, Bucket, 'unreadable'), unreadable)
    await stopsClean(server, directory)
  })

  it('that has changed a block of a blob never has it served', async () => {
    const { directory, server, s3 } = await onDisk()
    await put(s3, 'damaged', 200 * KiB)
    const location = await fileOf(directory)
    const path = join(directory, 'blobs', location)
    const bytes = readFileSync(path)
    bytes[100 * KiB] = 255 - (bytes[100 * KiB] ?? 0)
    writeFileSync(path, bytes)

    await rejects(readOutcome(s3, Bucket, 'damaged'))
    match(server.output(), new RegExp(`at ${location}: block 1 \\(64 KiB from byte 65536\\) is damaged`))
    equal(await put(s3, 'other', 200 * KiB), await readOutcome(s3, Bucket, 'other'))
  })

  it('that cannot write a blob fails that upload alone, and nothing of it is left', async () => {
    const { directory, disk, server, s3 } = await onDisk()
    const kept = await put(s3, 'kept', 200 * KiB)
    const files = await filesBelow(join(directory, 'blobs'))
    disk.behave({ call: 'write', part: '/blobs/', error: 'EIO' })
    await rejects(put(s3, 'kept', 300 * KiB), { name: 'InternalError' })
    equal(await readOutcome(s3, Bucket, 'kept'), kept)
    disk.behave()
    deepEqual(await filesBelow(join(directory, 'blobs')), files)
    const label = await put(s3, 'kept', 300 * KiB)
    equal(await readOutcome(s3, Bucket, 'kept'), label)
    await stopsClean(server, directory)
  })

  const failures: readonly (readonly [string, number, Misbehaviour])[] = [
    ['sync a blob', 200 * KiB, { call: 'sync', part: '/blobs/', error: 'EIO' }],
    ['sync the name of a blob', 200 * KiB, { call: 'names', part: '/blobs/', error: 'EIO' }],
    ['sync the catalog', KiB, { call: 'sync', part: '/catalog.db-wal', error: 'EIO' }],
    ['write the catalog', KiB, { call: 'write', part: '/catalog.db-wal', error: 'EIO' }],
  ]
  for (const [what, size, wrong] of failures) {
    it(`that cannot ${what} stops all writes until the store was opened again and found whole`, async () => {
      const { directory, disk, start, server, s3 } = await onDisk()
      const kept = new Map([
        ['small', await put(s3, 'small', KiB)],
        ['large', await put(s3, 'large', 200 * KiB)],
      ])
      disk.behave(wrong)
      await rejects(put(s3, 'new', size))
      disk.behave()
      // The disk behaves again; that is not known, and writes are refused all the same.
      await rejects(put(s3, 'small', KiB), stopped)
      await rejects(put(s3, 'large', 200 * KiB), stopped)
      await rejects(s3.send(new DeleteObjectCommand({ Bucket, Key: 'small' })), stopped)
      equal(await isReady(server), false)
      for (const [key, label] of kept) equal(await readOutcome(s3, Bucket, key), label)
      equal(await readOutcome(s3, Bucket, 'new'), 'absent')
      match(server.output(), /writing has stopped after an error of the disk/)
      await until('the failure is marked', () => existsSync(join(directory, 'failed-sync')))
      await server.kill()

      const again = await start()
      match(again.server.output(), /checking what it wrote last/)
      match(again.server.output(), /what was written last is whole: writes go on/)
      equal(existsSync(join(directory, 'failed-sync')), false)
      for (const [key, label] of kept) equal(await readOutcome(again.s3, Bucket, key), label)
      const seen = await readOutcome(again.s3, Bucket, 'new')
      ok(seen === 'absent' || seen === `${size}-new`, seen)
      equal(await put(again.s3, 'new', size), await readOutcome(again.s3, Bucket, 'new'))
      await stopsClean(again.server, directory)
    })
  }

  it('that fails a worker while its writer is being started again stops all writes; no writer is started before the store was found whole', async () => {
    const { directory, disk, start, server, s3 } = await onDisk(['--workers', '2'])
    const kept = await put(s3, 'kept', 100 * KiB)
    const writer = (): number | undefined => processesOf(server.pid).writer
    // Each time it is waited longer before the next one is started.
    for (let kills = 0; kills < 5; kills += 1) {
      await until('there is a writer', () => writer() !== undefined)
      const id = writer() ?? 0
      process.kill(id, 'SIGKILL')
      await until('the writer has ended', () => writer() !== id)
    }
    disk.behave({ call: 'sync', part: '/blobs/', error: 'EIO' })
    await rejects(put(s3, 'new', 200 * KiB))
    disk.behave()
    await until('it is told that writing has stopped', () =>
      /writing has stopped: restart the server/.test(server.output()),
    )
    equal(writer(), undefined)
    for (let i = 0; i < 4; i += 1) {
      const other = clientFor(server.endpoint)
      await rejects(put(other, 'other', KiB))
      equal(await readOutcome(other, Bucket, 'kept'), kept)
      other.destroy()
    }
    equal(await isReady(server), false)
    // The supervisor has left the mark in the writer's place.
    const mark = join(directory, 'failed-sync')
    await until('the failure is marked', () => existsSync(mark) && readFileSync(mark, 'utf8').includes('EIO'))
    equal(await server.stop(), 0, server.output())
    const again = await start()
    match(again.server.output(), /checking what it wrote last/)
    match(again.server.output(), /what was written last is whole: writes go on/)
    equal(existsSync(mark), false)
    equal(await readOutcome(again.s3, Bucket, 'kept'), kept)
    await put(again.s3, 'new', 200 * KiB)
    await stopsClean(again.server, directory)
  })

  it('that loses a blob in a failed sync has no more written to it, until `cairn check` is content', async () => {
    const { directory, disk, start, server, s3 } = await onDisk()
    const kept = await put(s3, 'kept', 100 * KiB)
    await put(s3, 'lost', 200 * KiB)
    const files = await filesBelow(join(directory, 'blobs'))
    const lost = files
      .map((file) => join(directory, 'blobs', file))
      .find((path) => readFileSync(path).length === 200 * KiB)
    disk.behave({ call: 'sync', part: '/blobs/', error: 'EIO' })
    await rejects(put(s3, 'new', 300 * KiB))
    disk.behave()
    await until('the failure is marked', () => existsSync(join(directory, 'failed-sync')))
    await server.kill()
    const content = readFileSync(lost ?? '')
    writeFileSync(lost ?? '', Buffer.alloc(200 * KiB))

    const damaged = launchServer(directory, { env: disk.environment })
    later(() => damaged.kill())
    let endpoint: string | undefined
    await until('the server listens', () => {
      endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(damaged.output())?.[0]
      return endpoint !== undefined
    })
    match(damaged.output(), /is damaged or cannot be read/)
    const reads = clientFor(endpoint ?? '')
    equal(await readOutcome(reads, Bucket, 'kept'), kept)
    await rejects(readOutcome(reads, Bucket, 'lost'))
    await rejects(put(reads, 'new', KiB), stopped)
    equal((await fetch(`${endpoint}/-/health/ready`)).status, 503)
    equal(await damaged.stop(), 0, damaged.output())
    ok(existsSync(join(directory, 'failed-sync')))
    equal((await runCheck(directory)).code, 1)
    ok(existsSync(join(directory, 'failed-sync')))
    writeFileSync(lost ?? '', content)
    equal((await runCheck(directory)).code, 0)
    equal(existsSync(join(directory, 'failed-sync')), false)
    const again = await start()
    equal(await readOutcome(again.s3, Bucket, 'kept'), kept)
    await put(again.s3, 'new', 300 * KiB)
    await stopsClean(again.server, directory)
  })
})

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await wait(20)) if (holds()) return
  throw new Error(`${what}: not within 20 s`)
}
