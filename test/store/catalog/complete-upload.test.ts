// What CompleteMultipartUpload costs and leaves in the catalog, on uploads with more parts than a test can send.

import { deepEqual, equal, throws } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { checksumAlgorithms, type ChecksumAlgorithm } from '../../../src/contract/claims.js'
import { uploadChecksum, type ListedPart } from '../../../src/contract/multipart.js'
import { digestOf } from '../../../src/store/blobs/digests.js'
import { abortUpload } from '../../../src/store/catalog/abort-upload.js'
import {
  completedPart,
  completedParts,
  packPartEnds,
  unpackPartEnds,
} from '../../../src/store/catalog/completed-parts.js'
import { completeUpload, type CompletedUpload } from '../../../src/store/catalog/complete-upload.js'
import { createUpload } from '../../../src/store/catalog/create-upload.js'
import type { Steps } from '../../../src/store/catalog/steps.js'
import { ListedBucket, ownerId } from './listed-bucket.js'

const name = { bucket: 'b', key: 'k', uploadId: 'u' }
const partSize = 5 * 1024 * 1024

let bucket: ListedBucket
beforeEach(() => {
  bucket = new ListedBucket()
})
afterEach(() => bucket.close())

const md5Of = (number: number): Buffer => createHash('md5').update(String(number)).digest()

const listed = (number: number): ListedPart => ({ number, etag: md5Of(number).toString('hex'), checksums: {} })

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

/** An upload with parts of 5 MiB whose bytes are nowhere. */
function fill(count: number, algorithm?: ChecksumAlgorithm): number {
  const checksum = uploadChecksum(algorithm, undefined)
  const args = { ...name, now: 1, ownerId, storageClass: 'STANDARD', checksum, headers: null, tags: null }
  bucket.connection.run(createUpload.steps(args))
  const { database } = bucket.connection
  const { bodyId } = database.prepare('SELECT body_id AS bodyId FROM upload').get() as { bodyId: number } // that column
  const insertBody = database.prepare('INSERT INTO body (size) VALUES (?)')
  const insertPart = database.prepare(`
    INSERT INTO part (body_id, number, part_body_id, size, md5, modified, checksum_algorithm, checksum) VALUES (?, ?, ?, ?, ?, 1, ?, ?)`)
  bucket.fill(() => {
    for (const number of numbers(count)) {
      const checksumOfPart = digestOf(checksum.algorithm, Buffer.from(String(number)))
      const partBody = insertBody.run(partSize).lastInsertRowid
      insertPart.run(bodyId, number, partBody, partSize, md5Of(number), checksum.algorithm, checksumOfPart)
    }
  })
  return bodyId
}

const args = (parts: readonly ListedPart[]) => ({ ...name, parts, claims: { checksums: {} }, onlyIf: {}, now: 2 })

/** Runs steps; answers how many of them wrote. */
function countWrites<Result>(steps: Steps<Result>): { writes: number; result: Result } {
  let writes = 0
  let next = steps.next()
  for (; next.done !== true; next = steps.next(bucket.connection.execute(next.value))) {
    if (bucket.connection.changes(next.value)) writes += 1
  }
  return { writes, result: next.value }
}

const count = (table: string): unknown =>
  bucket.connection.database.prepare(`SELECT count(*) FROM ${table}`).pluck().get()

describe('completing an upload', () => {
  it('writes as many rows for 10,000 parts as for one', () => {
    fill(1)
    const one = countWrites(completeUpload.steps(args([listed(1)])))
    bucket.close()
    bucket = new ListedBucket()
    const bodyId = fill(10_000)
    const all = countWrites(completeUpload.steps(args(numbers(10_000).map(listed))))
    equal(all.writes, one.writes)
    equal(all.result.etag.endsWith('-10000'), true)
    const { size } = bucket.connection.database.prepare('SELECT size FROM body WHERE id = ?').get(bodyId) as {
      size: number
    } // that column
    equal(size, 10_000 * partSize)
    deepEqual([count('upload'), count('unnamed'), count('part')], [0, 0, 10_000])
  }).timeout(20_000)

  it('drops parts that were left out, and tells the collector of their bodies', () => {
    fill(5)
    bucket.connection.run(completeUpload.steps(args([listed(2), listed(4)])))
    deepEqual([count('part'), count('unnamed')], [2, 3])
  })

  it('changes nothing when it is refused', () => {
    fill(3)
    throws(() => bucket.connection.run(completeUpload.steps(args([listed(1), listed(9)]))), { name: 'InvalidPart' })
    throws(() => bucket.connection.run(completeUpload.steps({ ...args([listed(1)]), onlyIf: { ifMatch: 'x' } })), {
      name: 'NoSuchKey',
    })
    deepEqual([count('part'), count('upload'), count('version WHERE bucket_id = 1')], [3, 1, 0])
  })

  it('answers again what it answered, to the same list only', () => {
    fill(3)
    const parts = [listed(1), listed(2)]
    const { etag, checksum }: CompletedUpload = bucket.connection.run(completeUpload.steps(args(parts)))
    deepEqual(bucket.connection.run(completeUpload.steps(args(parts))), { etag, checksum })
    throws(() => bucket.connection.run(completeUpload.steps(args([listed(1)]))), { name: 'NoSuchUpload' })
    equal(count('version WHERE bucket_id = 1'), 1)
  })

  for (const algorithm of checksumAlgorithms) {
    it(`makes the object's ${algorithm} of those of the parts`, () => {
      fill(3, algorithm)
      const parts = [1, 2, 3].map((number) => {
        const value = Buffer.from(digestOf(algorithm, Buffer.from(String(number)))).toString('base64')
        return { number, etag: md5Of(number).toString('hex'), checksums: { [algorithm]: value } }
      })
      const { checksum } = bucket.connection.run(completeUpload.steps(args(parts)))
      equal(checksum.algorithm, algorithm)
      if (algorithm === 'CRC64NVME') return equal(checksum.type, 'FULL_OBJECT')
      const raw = Buffer.concat([1, 2, 3].map((number) => digestOf(algorithm, Buffer.from(String(number)))))
      equal(checksum.value, `${Buffer.from(digestOf(algorithm, raw)).toString('base64')}-3`)
    })
  }
})

describe('the parts of a completed body', () => {
  it('are found by number, with where they begin', () => {
    const bodyId = fill(7)
    equal(bucket.connection.run(completedParts(bodyId)), undefined)
    bucket.connection.run(completeUpload.steps(args([2, 3, 7].map(listed))))
    const found = bucket.connection.run(completedParts(bodyId))
    equal(found?.count, 3)
    deepEqual(
      found?.parts.map((part) => [part.number, part.start, part.size]),
      [
        [2, 0, partSize],
        [3, partSize, partSize],
        [7, 2 * partSize, partSize],
      ],
    )
    const window = bucket.connection.run(completedParts(bodyId, { first: 3, count: 1 }))
    deepEqual([window?.count, window?.parts.map((part) => part.number)], [3, [3]])
    equal(bucket.connection.run(completedPart(bodyId, 7))?.part?.start, 2 * partSize)
    deepEqual(bucket.connection.run(completedPart(bodyId, 5)), { count: 3, part: undefined })
    equal(bucket.connection.run(completedPart(1, 1)), undefined)
  })

  it('are packed beyond 2^32 bytes', () => {
    const parts = numbers(10_000).map((number) => ({ number, size: 5 * 1024 ** 3 }))
    const places = unpackPartEnds(packPartEnds(parts))
    deepEqual(places.at(-1), { number: 10_000, start: 9_999 * 5 * 1024 ** 3, size: 5 * 1024 ** 3 })
  })
})

describe('aborting an upload', () => {
  it('writes two rows, however many parts there are', () => {
    fill(1000)
    equal(countWrites(abortUpload.steps(name)).writes, 2)
    deepEqual([count('upload'), count('unnamed')], [0, 1])
  })
})
