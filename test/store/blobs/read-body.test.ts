import { equal, ok, rejects, throws } from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { open, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '../../../src/store/blobs/digests.js'
import { blobSizeBytesMax, type Draft } from '../../../src/store/blobs/draft.js'
import { OpenFiles } from '../../../src/store/blobs/open-files.js'
import { Pieces, plainMemory } from '../../../src/store/blobs/pieces.js'
import { bodyReader } from '../../../src/store/blobs/read-body.js'
import { Readers } from '../../../src/store/blobs/readers.js'
import type { LocalStore } from '../../../src/store/open-store.js'
import { putParts, putSlices, putTrial } from '../naming-transactions.js'
import { afterEachTest } from '../temporary-directory.js'
import { openBody, trialStore } from '../trial-store.js'
import { allOf, bytesOf, chunks, claims } from './bodies.js'

const MiB = 1024 * 1024

async function put(store: LocalStore, bytes: Uint8Array): Promise<{ bodyId: number; draft: Draft }> {
  const draft = await store.writeBody(chunks(bytes), claims())
  return { bodyId: await store.catalog.commit(putTrial, { key: `k${bytes.length}`, draft }), draft }
}

function locationsOf(draft: Draft): string[] {
  return draft.content.kind === 'small' ? [] : draft.content.blobs.map((blob) => blob.location)
}

/** Flips one bit of a file. */
async function damage(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, position)
    buffer[0] = (buffer[0] ?? 0) ^ 0x10
    await file.write(buffer, 0, 1, position)
  } finally {
    await file.close()
  }
}

describe('readBody', () => {
  const later = afterEachTest()

  for (const size of [16_385, 65_535, 65_536, 65_537, MiB + 1, blobSizeBytesMax, blobSizeBytesMax + 1, 40 * MiB]) {
    it(`reads back ${size} bytes and ranges of them`, async () => {
      const { store } = await trialStore(later)
      const bytes = bytesOf(size)
      const { bodyId } = await put(store, bytes)
      const body = openBody(store, bodyId, size)
      ok(bytes.equals(await allOf(store.readBody(body))))
      const edges = [
        0,
        1,
        65_535,
        65_536,
        65_537,
        blobSizeBytesMax - 1,
        blobSizeBytesMax,
        blobSizeBytesMax + 1,
        size - 1,
        size,
      ]
      const ranges = edges
        .flatMap((start) => edges.map((end) => [start, end] as const))
        .filter(([start, end]) => start <= end && end <= size)
      for (let i = 0; i < 20; i += 1) {
        const start = randomInt(0, size)
        ranges.push([start, Math.min(size, start + randomInt(0, 300_000))])
      }
      for (const [start, end] of ranges) {
        if (end - start > 2 * MiB) continue
        ok(bytes.subarray(start, end).equals(await allOf(store.readBody(body, { start, end }))), `${start}-${end}`)
      }
    }).timeout(20_000)
  }

  it('refuses a range beyond the body', async () => {
    const { store } = await trialStore(later)
    throws(() => store.readBody(openBody(store, 1, 1000), { start: 0, end: 1001 }), RangeError)
  })

  it('reads a body of parts, small, empty and large ones, and ranges across them', async () => {
    const { store } = await trialStore(later)
    const sizes = [100, 20_000, 0, 17 * MiB, 16_384, 65_536, 1]
    const parts = sizes.map((size, i) => bytesOf(size, i + 1))
    const drafts: Draft[] = []
    for (const part of parts) drafts.push(await store.writeBody(chunks(part), claims()))
    const bytes = Buffer.concat(parts)
    const bodyId = await store.catalog.commit(putParts, { key: 'parts', drafts })
    const body = openBody(store, bodyId, bytes.length)
    ok(bytes.equals(await allOf(store.readBody(body))))
    let at = 0
    for (const size of sizes) {
      for (const [start, end] of [
        [at, at + size],
        [Math.max(0, at - 10), Math.min(bytes.length, at + 10)],
      ] as const) {
        ok(bytes.subarray(start, end).equals(await allOf(store.readBody(body, { start, end }))), `${start}-${end}`)
      }
      at += size
    }
  }).timeout(20_000)

  it('reads a body made of many slices of a blob, further than one page of extents', async () => {
    const { store } = await trialStore(later)
    const bytes = bytesOf(3 * MiB)
    const { bodyId: source } = await put(store, bytes)
    const slices = Array.from({ length: 50 }, (_, i): [number, number] => [i * 60_001, 1 + ((i * 7919) % 150_000)])
    const bodyId = await store.catalog.commit(putSlices, { key: 'slices', bodyId: source, slices })
    const expected = Buffer.concat(slices.map(([offset, length]) => bytes.subarray(offset, offset + length)))
    const body = openBody(store, bodyId, expected.length)
    ok(expected.equals(await allOf(store.readBody(body))))
    for (let i = 0; i < 50; i += 1) {
      const start = randomInt(0, expected.length)
      const end = Math.min(expected.length, start + randomInt(0, 400_000))
      ok(expected.subarray(start, end).equals(await allOf(store.readBody(body, { start, end }))), `${start}-${end}`)
    }
  })

  it('never answers a byte of a damaged block, names blob and place, and goes on serving the others', async () => {
    const { store, directory } = await trialStore(later)
    const bytes = bytesOf(18 * MiB)
    const { bodyId, draft } = await put(store, bytes)
    const location = locationsOf(draft)[1] ?? ''
    const damagedAt = blobSizeBytesMax + MiB + 70_000
    await damage(join(directory, 'blobs', location), MiB + 70_000)
    const body = openBody(store, bodyId, bytes.length)
    let received = 0
    await rejects(
      async () => {
        for await (const chunk of store.readBody(body)) {
          ok(typeof chunk !== 'number' && bytes.subarray(received, received + chunk.length).equals(chunk))
          received += chunk.length
        }
      },
      (error: Error) => {
        ok(error.message.includes(location))
        ok(error.message.includes(Buffer.from(digestOf('SHA256', bytes.subarray(blobSizeBytesMax))).toString('hex')))
        return error.name === 'DamagedBlob'
      },
    )
    ok(received <= damagedAt)
    const block = blobSizeBytesMax + MiB + 65_536
    await rejects(allOf(store.readBody(body, { start: block, end: block + 1 })), { name: 'DamagedBlob' })
    const [before, behind] = [
      { start: 0, end: block },
      { start: block + 65_536, end: bytes.length },
    ]
    ok(bytes.subarray(before.start, before.end).equals(await allOf(store.readBody(body, before))))
    ok(bytes.subarray(behind.start, behind.end).equals(await allOf(store.readBody(body, behind))))
  })

  it('says so when a file is cut short or missing', async () => {
    const { store, directory } = await trialStore(later)
    const { bodyId, draft } = await put(store, bytesOf(200_000))
    const path = join(directory, 'blobs', locationsOf(draft)[0] ?? '')
    const body = openBody(store, bodyId, 200_000)
    await truncate(path, 150_000)
    await rejects(allOf(store.readBody(body)), /ends at byte 150000/)
    const other = await put(store, bytesOf(200_001))
    await rm(join(directory, 'blobs', locationsOf(other.draft)[0] ?? ''))
    await rejects(allOf(store.readBody(openBody(store, other.bodyId, 200_001))), /cannot be read/)
  })

  it('can be left at any time, begun or not', async () => {
    const { store } = await trialStore(later)
    const { bodyId } = await put(store, bytesOf(20 * MiB))
    for (const count of [0, 1, 2, 5]) {
      const read = store.readBody(openBody(store, bodyId, 20 * MiB))
      if (read instanceof Uint8Array) throw new Error('it is not small')
      const iterator = read[Symbol.asyncIterator]()
      for (let i = 0; i < count; i += 1) equal((await iterator.next()).done, false)
      await iterator.return?.()
      equal((await iterator.next()).done, true)
    }
  })

  it('counts no body nobody has begun to read, and none that was left, when it shares out memory', async () => {
    const { store, directory } = await trialStore(later)
    const { bodyId } = await put(store, bytesOf(MiB))
    const pieces = new Pieces(plainMemory, 64 * MiB)
    const files = new OpenFiles(join(directory, 'blobs'))
    const readBody = bodyReader({ catalog: store.catalog, files, pieces, readers: new Readers() })
    for (let i = 0; i < 300; i += 1) {
      const read = readBody(openBody(store, bodyId, MiB))
      if (read instanceof Uint8Array) throw new Error('it is not small')
      if (i % 3 === 0) continue
      const iterator = read[Symbol.asyncIterator]()
      if (i % 3 === 1) await iterator.next()
      await iterator.return?.()
    }
    files.close()
    equal(pieces.takenBytes, 0)
    equal(pieces.take(MiB).length, MiB)
  })

  it('serves many readers of many bodies at once', async () => {
    const { store } = await trialStore(later)
    const bodies = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const bytes = bytesOf(300_000 + i * 200_000, i)
        return { bytes, ...(await put(store, bytes)) }
      }),
    )
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const { bytes, bodyId } = bodies[i % bodies.length] ?? { bytes: Buffer.alloc(0), bodyId: 0 }
        ok(bytes.equals(await allOf(store.readBody(openBody(store, bodyId, bytes.length)))))
      }),
    )
  })
})
