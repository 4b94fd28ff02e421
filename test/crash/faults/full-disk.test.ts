// A disk without room, or without inodes: writes are refused clearly and leave nothing, reads and deletions go on, and once there is room
// writes do again, all without a restart. A server starts on such a disk too.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { runCheck, scratchDirectory, type ServerProcess, startServerProcess } from '../../server-process.js'
import { afterEachTest, filesBelow } from '../../store/temporary-directory.js'
import { contentOf, type Label } from '../model.js'
import { readOutcome } from '../reader.js'
import { clientFor } from '../writers.js'
import { DiskImage, type DiskImageSettings } from './disk-image.js'
import { Faults } from './faults.js'

const KiB = 1024
const MiB = 1024 * KiB
const Bucket = 'full'

/** What S3 clients are told. */
const refusal = { name: 'ServiceUnavailable', message: /disk of this server is full: nothing was stored/ }

describe('A full disk', function () {
  this.timeout(180_000)
  const later = afterEachTest()

  /** A server on a small disk, with its reserve made. */
  async function onDisk(settings: DiskImageSettings) {
    const scratch = await scratchDirectory('full')
    later(() => scratch.remove())
    const disk = new DiskImage(scratch.path, settings)
    later(() => disk.remove())
    const directory = join(disk.path, 'data')
    mkdirSync(directory)
    const faults = new Faults(join(scratch.path, 'faults'))
    const start = async (): Promise<{ server: ServerProcess; s3: S3Client }> => {
      const server = await startServerProcess(directory, { env: faults.environment(100) })
      later(() => server.kill())
      return { server, s3: clientFor(server.endpoint) }
    }
    const { server, s3 } = await start()
    await s3.send(new CreateBucketCommand({ Bucket }))
    await until('the reserve is made', () => existsSync(join(directory, 'reserve', '7')))
    /** The room that is left, in bytes. */
    const room = () => {
      const { bavail, bsize } = statfsSync(disk.path)
      return bavail * bsize
    }
    return { disk, directory, start, server, s3, room }
  }

  const put = async (s3: S3Client, Key: string, size: number): Promise<Label> => {
    const label: Label = `${size}-${Key}`
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: contentOf(label), Metadata: { label } }))
    return label
  }

  const holds = async (s3: S3Client, labels: ReadonlyMap<string, Label>): Promise<void> => {
    for (const [key, label] of labels) equal(await readOutcome(s3, Bucket, key), label)
  }

  it('refuses writes and leaves nothing of them; deletions, and the collector, make room for more', async () => {
    const { directory, server, s3, room } = await onDisk({ sizeMiB: 400 })
    const labels = new Map<string, Label>()
    for (let i = 0; ; i += 1) {
      ok(i < 100, 'the disk is never full')
      const end = await put(s3, `large ${i}`, 8 * MiB).catch((error: unknown) => error)
      if (typeof end === 'string') {
        labels.set(`large ${i}`, `${8 * MiB}-large ${i}`)
        continue
      }
      await rejects(Promise.reject(end), refusal)
      break
    }
    ok(labels.size > 30, `${labels.size} objects`)

    // The next ones are refused before anything of them is on disk.
    const blobs = join(directory, 'blobs')
    // What was stored may still have to be counted, in a few pages of the catalog.
    await untilSteady('the room that is left', room)
    const [files, free] = [await filesBelow(blobs), room()]
    equal(files.length, labels.size, 'a refused upload has left a file')
    await rejects(put(s3, 'next', 40 * MiB), refusal)
    await rejects(put(s3, 'small', KiB), refusal)
    await rejects(s3.send(new CreateBucketCommand({ Bucket: 'another' })), refusal)
    deepEqual(await filesBelow(blobs), files)
    equal(room(), free)
    await holds(s3, labels)
    equal(await readOutcome(s3, Bucket, 'next'), 'absent')

    for (let i = 0; i < 12; i += 1) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key: `large ${i}` }))
      labels.delete(`large ${i}`)
    }
    await until('there is room again', () => /writes go on/.test(server.output()))
    labels.set('after', await put(s3, 'after', 8 * MiB))
    labels.set('small', await put(s3, 'small', KiB))
    ok(existsSync(join(directory, 'reserve', '7')), 'the reserve is made again')
    await holds(s3, labels)
    await stopsClean(server, directory)
  })

  it('that others have filled to its last byte lets objects be deleted, and a server start', async () => {
    const { disk, directory, start, server, s3, room } = await onDisk({ sizeMiB: 400 })
    const labels = new Map<string, Label>()
    for (let i = 0; i < 40; i += 1) labels.set(`blob ${i}`, await put(s3, `blob ${i}`, 100 * KiB))
    const smalls = Array.from({ length: 3_000 }, (_, i) => `small ${i}`)
    for (let i = 0; i < smalls.length; i += 50)
      await Promise.all(smalls.slice(i, i + 50).map((key) => put(s3, key, 4 * KiB)))
    const foreign = join(disk.path, 'foreign')
    fill(foreign)
    ok(room() < 64 * KiB, `${room()} bytes are free`)

    // The very first one: nobody has noticed yet that the disk is full.
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'blob 0' }))
    labels.delete('blob 0')
    await rejects(put(s3, 'large', MiB), refusal)
    // Deletion after deletion, and the WAL must not eat up what was kept aside.
    let walMost = 0
    for (let i = 0; i < smalls.length; i += 10) {
      const Objects = smalls.slice(i, i + 10).map((Key) => ({ Key }))
      const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
      equal(Errors, undefined)
      // The first ones empty what was written before.
      if (i > 1500) walMost = Math.max(walMost, statSync(join(directory, 'catalog.db-wal')).size)
    }
    ok(walMost < 16 * MiB, `the WAL grew to ${walMost} bytes`)
    await rejects(put(s3, 'small', KiB), refusal)
    await holds(s3, labels)
    await stopsClean(server, directory)

    fill(join(disk.path, 'more'))
    ok(room() < 64 * KiB)
    const again = await start()
    await holds(again.s3, labels)
    await rejects(put(again.s3, 'large', MiB), refusal)
    rmSync(foreign)
    rmSync(join(disk.path, 'more'))
    await until('there is room again', () =>
      put(again.s3, 'large', MiB).then(
        () => true,
        () => false,
      ),
    )
    labels.set('large', `${MiB}-large`)
    await holds(again.s3, labels)
    await stopsClean(again.server, directory)
  })

  it('starts a server, and lets objects be deleted, when the reserve has been kept', async () => {
    const { disk, directory, start, server, s3, room } = await onDisk({ sizeMiB: 400 })
    const label = await put(s3, 'kept', 100 * KiB)
    await put(s3, 'gone', 100 * KiB)
    await server.kill()
    const foreign = join(disk.path, 'foreign')
    fill(foreign)
    ok(room() < 64 * KiB)
    const again = await start()
    equal(await readOutcome(again.s3, Bucket, 'kept'), label)
    await again.s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }))
    await rejects(put(again.s3, 'new', KiB), refusal)
    rmSync(foreign)
    await until('there is room again', () =>
      put(again.s3, 'new', KiB).then(
        () => true,
        () => false,
      ),
    )
    await stopsClean(again.server, directory)
  })

  it('of inodes alone does all of that too', async () => {
    const { disk, directory, start, server, s3 } = await onDisk({ sizeMiB: 400, inodes: 512 })
    const label = await put(s3, 'kept', 100 * KiB)
    await put(s3, 'gone', 100 * KiB)
    const foreign = join(disk.path, 'foreign')
    takeInodes(foreign)
    equal(statfsSync(disk.path).ffree, 0)
    await rejects(put(s3, 'blob', 100 * KiB), refusal)
    equal(await readOutcome(s3, Bucket, 'kept'), label)
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }))
    await stopsClean(server, directory)

    takeInodes(join(disk.path, 'more'))
    equal(statfsSync(disk.path).ffree, 0)
    const again = await start()
    equal(await readOutcome(again.s3, Bucket, 'kept'), label)
    await rejects(put(again.s3, 'blob', 100 * KiB), refusal)
    rmSync(foreign, { recursive: true })
    await until('there is room again', () =>
      put(again.s3, 'blob', 100 * KiB).then(
        () => true,
        () => false,
      ),
    )
    equal(await readOutcome(again.s3, Bucket, 'blob'), `${100 * KiB}-blob`)
    await stopsClean(again.server, directory)
  })
})

/** The server ends well, and nothing is wrong with what it leaves. */
async function stopsClean(server: ServerProcess, directory: string): Promise<void> {
  equal(await server.stop(), 0, server.output())
  const check = await runCheck(directory)
  equal(check.code, 0, check.output)
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await wait(50)) if (await holds()) return
  throw new Error(`${what}: not within a minute`)
}

/** Waits until a figure has been the same for a second. */
async function untilSteady(what: string, figure: () => number): Promise<void> {
  let last = figure()
  let same = 0
  await until(`${what} is steady`, async () => {
    await wait(100)
    const now = figure()
    same = now === last ? same + 1 : 0
    last = now
    return same === 10
  })
}

/** Writes a file for as long as there is room, to the last block. */
function fill(path: string): void {
  for (const size of [MiB, 4 * KiB]) {
    const fd = openSync(path, 'a')
    try {
      for (;;) writeSync(fd, Buffer.alloc(size, 1))
    } catch {
      // Full.
    } finally {
      closeSync(fd)
    }
  }
  execFileSync('sync', ['-f', path])
}

/** Makes empty files until there is no inode left. */
function takeInodes(directory: string): void {
  mkdirSync(directory)
  try {
    for (let i = 0; i < 100_000; i += 1) writeFileSync(join(directory, `${i}`), '')
  } catch {
    ok(readdirSync(directory).length > 0)
  }
}
