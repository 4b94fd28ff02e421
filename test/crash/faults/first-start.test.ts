// The very first start, ended at every point it passes: the next one makes a store, with one root key that stays.

import { equal, match, ok } from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { launchServer, region, runCheck, scratchDirectory, startServerProcess } from '../../server-process.js'
import { DiskImage } from './disk-image.js'
import { Faults } from './faults.js'
import { addRun } from './report.js'

/** No key comes from settings: the first start makes one. */
const withoutKey = { CAIRN_ROOT_ACCESS_KEY: undefined, CAIRN_ROOT_SECRET_KEY: undefined }

describe('The first start of a server', () => {
  it('may end at any point: the next one makes a whole store, with one root key', async function () {
    this.timeout(1_200_000)
    const scratch = await scratchDirectory('first')
    const disk = new DiskImage(scratch.path, { sizeMiB: 128 })
    const faults = new Faults(join(scratch.path, 'faults'))
    const env = { ...faults.environment(), ...withoutKey }
    // The data directory's parent does not exist either.
    const directory = join(disk.path, 'srv', 'data')
    try {
      faults.disarm()
      const undisturbed = await startServerProcess(directory, { env })
      await undisturbed.kill()
      const points = new Set(faults.passed())
      ok(points.has('root key renamed') && points.has('schema ready'), [...points].join())

      for (const point of points) {
        for (const fault of ['kill', 'power cut']) {
          rmSync(join(disk.path, 'srv'), { recursive: true, force: true })
          disk.sync()
          faults.arm(point, 1, fault === 'kill' ? 'kill' : 'stop')
          const dying = launchServer(directory, { env })
          await faults.reached()
          if (fault === 'power cut') disk.cutPower()
          await dying.kill()
          faults.disarm()
          if (fault === 'power cut') {
            disk.unmount()
            disk.mount()
          }
          let held = false
          try {
            await startsWhole(directory, env)
            held = true
          } finally {
            addRun({ operation: 'first start', point, fault, held })
          }
        }
      }
    } finally {
      disk.remove()
      await scratch.remove()
    }
  })
})

/** A start without any key in the settings makes a working server; the one after it has the same key. */
async function startsWhole(directory: string, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const first = await startServerProcess(directory, { env })
  const credentials = keyIn(directory)
  try {
    // Shown once, when it was made by this start.
    const shown = /Secret key\s+(\S+)/.exec(first.output())?.[1]
    if (shown !== undefined) equal(shown, credentials.secretAccessKey)
    const s3 = new S3Client({ endpoint: first.endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 })
    await s3.send(new CreateBucketCommand({ Bucket: 'first' }))
    await s3.send(new PutObjectCommand({ Bucket: 'first', Key: 'k', Body: 'content' }))
    s3.destroy()
  } finally {
    await first.kill()
  }
  const second = await startServerProcess(directory, { env })
  try {
    equal(keyIn(directory).secretAccessKey, credentials.secretAccessKey)
    const s3 = new S3Client({ endpoint: second.endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 })
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'first', Key: 'k' }))
    equal(await Body?.transformToString(), 'content')
    s3.destroy()
    equal(await second.stop(), 0, second.output())
  } finally {
    await second.kill()
  }
  const check = await runCheck(directory)
  equal(check.code, 0, check.output)
}

function keyIn(directory: string): { accessKeyId: string; secretAccessKey: string } {
  const text = readFileSync(join(directory, 'root-key.json'), 'utf8')
  match(text, /"secretAccessKey": "\w{40}"/)
  // The line above has seen that it is there.
  return JSON.parse(text) as { accessKeyId: string; secretAccessKey: string }
}
