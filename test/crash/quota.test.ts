// A server with a quota is killed while writers fill it: what the quota has counted is what is there, and never more than it allows.

import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import Database from 'better-sqlite3'
import { equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { setBucketQuota } from '../../src/store/catalog/quota.js'
import { openSqliteCatalog } from '../../src/store/catalog/sqlite-catalog.js'
import { credentials, region, runCheck, scratchDirectory, startServerProcess } from '../server-process.js'
import { type Random, randomFrom } from './random.js'

const rounds = Number(process.env['CRASH_ROUNDS'] ?? 2)
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000_000)

/** The instant of the kill, after writing began. */
const writeMsMin = 300
const writeMsMax = 1500

/** Reached by the first few requests of each writer: the quota is full for most of the time. */
const bytesMax = 400_000
const objectsMax = 20
const writers = 8

const clientAt = (endpoint: string): S3Client =>
  new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 })

describe('A quota of a server that is killed', () => {
  it(`has counted what is there, ${rounds} times (CRASH_SEED=${seed})`, async function () {
    this.timeout(60_000 + rounds * 20_000)
    const random = randomFrom(seed)
    const directory = await scratchDirectory('quota')
    try {
      const first = await startServerProcess(directory.path)
      const s3 = clientAt(first.endpoint)
      await s3.send(new CreateBucketCommand({ Bucket: 'full' }))
      s3.destroy()
      await first.stop()
      const catalog = await openSqliteCatalog({ path: join(directory.path, 'catalog.db') })
      await catalog.commit(setBucketQuota, { bucket: 'full', bytesMax, objectsMax })
      await catalog.close()

      let refused = 0
      for (let round = 1; round <= rounds; round += 1) {
        const server = await startServerProcess(directory.path)
        const writing = Array.from({ length: writers }, (_, i) => fill(server.endpoint, i, random))
        await wait(writeMsMin + random.integer(writeMsMax - writeMsMin))
        await server.kill()
        for (const count of await Promise.all(writing)) refused += count
        const check = await runCheck(directory.path)
        equal(check.code, 0, `round ${round}: cairn check found faults\n${check.output}`)
        requireWithin(directory.path)
      }
      ok(refused > 0, 'the quota was never full: nothing was tested')
    } finally {
      await directory.remove()
    }
  })
})

/** Writes, overwrites, deletes and uploads parts until the server is gone; answers how often the quota was full. */
async function fill(endpoint: string, writer: number, random: Random): Promise<number> {
  const s3 = clientAt(endpoint)
  let refused = 0
  try {
    for (let i = 0; ; i += 1) {
      const at = { Bucket: 'full', Key: `${writer}/${random.integer(12)}` }
      const Body = Buffer.alloc(random.integer(3) === 0 ? random.integer(200_000) : random.integer(2000))
      try {
        if (i % 7 === 6) await s3.send(new DeleteObjectCommand(at))
        else if (i % 7 === 3) {
          const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at))
          await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body }))
        } else await s3.send(new PutObjectCommand({ ...at, Body }))
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'QuotaExceeded') return refused
        refused += 1
      }
    }
  } finally {
    s3.destroy()
  }
}

/** The quota is never exceeded; that it is counted right `cairn check` has said. */
function requireWithin(directory: string): void {
  const database = new Database(join(directory, 'catalog.db'), { readonly: true })
  try {
    // The two columns of the statement.
    const { bytes, objects } = database.prepare('SELECT bytes, objects FROM quota').get() as Record<string, number>
    ok(bytes !== undefined && bytes <= bytesMax, `${bytes} bytes`)
    ok(objects !== undefined && objects <= objectsMax, `${objects} objects`)
  } finally {
    database.close()
  }
}
