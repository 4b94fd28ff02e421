// The order of the server's own system calls: what ext4's journal would forgive, and a power cut on it does not show.

import { equal, ok } from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { scratchDirectory, startServerProcess } from '../../server-process.js'
import { afterEachTest } from '../../store/temporary-directory.js'
import { clientFor } from '../writers.js'
import { Faults } from './faults.js'
import { FaultyDisk } from './faulty-disk.js'

const KiB = 1024
const Bucket = 'order'

describe('The order of syncs', function () {
  this.timeout(180_000)
  const later = afterEachTest()

  async function watched() {
    const scratch = await scratchDirectory('order')
    later(() => scratch.remove())
    const directory = join(scratch.path, 'new', 'data')
    const disk = new FaultyDisk(join(scratch.path, 'faulty'))
    const faults = new Faults(join(scratch.path, 'faults'))
    const server = await startServerProcess(directory, { env: { ...disk.environment, ...faults.environment(50) } })
    later(() => server.kill())
    const s3 = clientFor(server.endpoint)
    await s3.send(new CreateBucketCommand({ Bucket }))
    return { directory, disk, s3 }
  }

  /** Index of a call after index `from`. */
  const after = (calls: readonly string[], from: number, call: string): number => {
    const index = calls.findIndex((line, i) => i > from && line === call)
    ok(index >= 0, `no "${call}" after ${calls[from]} in\n${calls.join('\n')}`)
    return index
  }

  for (const [what, size] of [
    ['one piece', 200 * KiB],
    ['several blobs', 20 * 1024 * KiB],
  ] as const) {
    it(`is file, name, folder, catalog, answer, for a body of ${what}`, async () => {
      const { directory, disk, s3 } = await watched()
      await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: Buffer.alloc(size, 1) }))
      const calls = disk.calls()
      const files = calls.filter((line) => line.startsWith(`create ${directory}/blobs/`)).map((line) => line.slice(7))
      equal(files.length, Math.ceil(size / (16 * 1024 * KiB)))
      const committed = calls.lastIndexOf(`sync ${directory}/catalog.db-wal`)
      for (const file of files) {
        const synced = after(calls, calls.indexOf(`create ${file}`), `sync ${file}`)
        const renamed = calls.findIndex((line) => line.startsWith(`rename ${file} `))
        ok(file.includes('/draft-') ? renamed > synced : renamed < 0, `renamed at ${renamed}, synced at ${synced}`)
        const named = after(calls, Math.max(renamed, synced), `names ${dirname(file)}`)
        ok(named < committed, `the folder was synced at ${named}, the catalog at ${committed}`)
      }
      // Every directory on the way has a durable name before that.
      for (const line of calls.filter((call) => call.startsWith(`mkdir ${dirname(directory)}`))) {
        const made = line.slice('mkdir '.length)
        ok(after(calls, calls.indexOf(line), `names ${dirname(made)}`) < committed, `${made} has a durable name`)
      }
    })
  }

  it('is row, file, folder, row, for what is deleted', async () => {
    const { directory, disk, s3 } = await watched()
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: Buffer.alloc(200 * KiB, 1) }))
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))
    const acknowledged = disk.calls().length
    const gone = `remove ${directory}/blobs/`
    const isOver = (): boolean => {
      const calls = disk.calls()
      const removed = calls.findIndex((line) => line.startsWith(gone))
      return removed >= 0 && calls.lastIndexOf(`sync ${directory}/catalog.db-wal`) > removed
    }
    for (const until = Date.now() + 60_000; Date.now() < until && !isOver();) await wait(50)
    const calls = disk.calls()
    const removed = calls.findIndex((line) => line.startsWith(gone))
    ok(removed >= acknowledged, 'the file went before its row')
    const file = calls[removed]?.slice('remove '.length) ?? ''
    const synced = after(calls, removed, `names ${dirname(file)}`)
    ok(after(calls, synced, `sync ${directory}/catalog.db-wal`) > synced)
    equal(
      calls.slice(removed, synced).includes(`sync ${directory}/catalog.db-wal`),
      false,
      'the row went before the name',
    )
  })
})
