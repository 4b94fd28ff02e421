import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checksumAlgorithms, type ChecksumAlgorithm, type Claims } from '../../../src/contract/claims.js'
import { digestOf } from '../../../src/store/blobs/digests.js'
import { Disk } from '../../../src/store/blobs/disk.js'
import { blobSizeBytesMax, type Draft } from '../../../src/store/blobs/draft.js'
import { BlobFiles } from '../../../src/store/blobs/files.js'
import { HashLanes } from '../../../src/store/blobs/hash-lanes.js'
import { Pieces, sharedMemory } from '../../../src/store/blobs/pieces.js'
import { type BodyWriter, bodyWriter } from '../../../src/store/blobs/write-body.js'
import { afterEachTest, filesBelow, temporaryDirectory } from '../temporary-directory.js'
import { bytesOf, chunks, claims } from './bodies.js'

const MiB = 1024 * 1024

/** Sizes of the blobs a body of `size` bytes is cut into. */
const cuts = (size: number): number[] =>
  size > blobSizeBytesMax ? [blobSizeBytesMax, ...cuts(size - blobSizeBytesMax)] : [size]

describe('writeBody', () => {
  const later = afterEachTest()
  const lanes = new HashLanes(2)
  after(() => lanes.close())

  interface Fresh {
    root: string
    write: BodyWriter
    pieces: Pieces
    disk: Disk
  }

  async function fresh(filesMax?: number): Promise<Fresh> {
    const directory = await temporaryDirectory(later)
    const root = join(directory, 'blobs')
    await mkdir(root)
    const disk = new Disk()
    const files = new BlobFiles(disk, root, '00112233aabbccdd', filesMax)
    later(() => files.close())
    const pieces = new Pieces(sharedMemory, 64 * MiB)
    return { root, write: bodyWriter({ disk, files, lanes, pieces }), pieces, disk }
  }

  async function contentOf(root: string, draft: Draft): Promise<Buffer> {
    if (draft.content.kind === 'small') return Buffer.from(draft.content.bytes)
    return Buffer.concat(await Promise.all(draft.content.blobs.map((blob) => readFile(join(root, blob.location)))))
  }

  const sizes = [
    0,
    1,
    16_384,
    16_385,
    65_535,
    65_536,
    65_537,
    256 * 1024,
    256 * 1024 + 1,
    MiB,
    MiB + 1,
    blobSizeBytesMax - 1,
    blobSizeBytesMax,
    blobSizeBytesMax + 1,
    40 * MiB,
  ]
  for (const size of sizes) {
    for (const isDeclared of [true, false]) {
      it(`keeps ${size} bytes whose length was ${isDeclared ? '' : 'not '}declared`, async () => {
        const { root, write, pieces } = await fresh()
        const body = bytesOf(size)
        const draft = await write(chunks(body), claims(isDeclared ? { size } : {}))
        equal(draft.size, size)
        ok(body.equals(await contentOf(root, draft)))
        deepEqual(Buffer.from(draft.md5), createHash('md5').update(body).digest())
        deepEqual(draft.checksums, { CRC64NVME: Buffer.from(digestOf('CRC64NVME', body)).toString('base64') })
        if (draft.content.kind === 'small') {
          ok(size <= 16_384)
          deepEqual(await filesBelow(root), [])
          equal(draft.content.bytes.buffer.byteLength, size)
        } else {
          ok(size > 16_384)
          deepEqual(
            draft.content.blobs.map((blob) => blob.size),
            cuts(size),
          )
          deepEqual(await filesBelow(root), draft.content.blobs.map((blob) => blob.location).toSorted())
          for (const [i, blob] of draft.content.blobs.entries()) {
            const bytes = body.subarray(i * blobSizeBytesMax, (i + 1) * blobSizeBytesMax)
            const hex = createHash('sha256').update(bytes).digest('hex')
            equal(Buffer.from(blob.digest).toString('hex'), hex)
            ok(blob.location.startsWith(`00112233aabbccdd/0/${hex}-`))
            equal(blob.blockCrcs.length, Math.ceil(bytes.length / 65_536) * 4)
          }
        }
        equal(pieces.takenBytes, 0)
      })
    }
  }

  const all = (body: Uint8Array, part: (algorithm: ChecksumAlgorithm) => boolean = () => true) =>
    Object.fromEntries(
      checksumAlgorithms
        .filter(part)
        .map((algorithm) => [algorithm, Buffer.from(digestOf(algorithm, body)).toString('base64')]),
    )

  for (const size of [0, 5, 20_000, 3 * MiB, 17 * MiB]) {
    it(`accepts ${size} bytes with every claim there is, from headers and from trailers`, async () => {
      const { write } = await fresh()
      const body = bytesOf(size)
      const everything: Claims = claims({
        size,
        md5: createHash('md5').update(body).digest('base64'),
        sha256: createHash('sha256').update(body).digest('hex'),
        checksums: all(body, (algorithm) => algorithm !== 'XXHASH3'),
        algorithm: 'XXHASH3',
        trailers: () => all(body, (algorithm) => algorithm === 'XXHASH3'),
      })
      const draft = await write(chunks(body), everything)
      deepEqual(draft.checksums, all(body))
    })
  }

  it('computes what is asked beside the claims, and CRC64NVME only when nothing is', async () => {
    const { write } = await fresh()
    const names = async (some: Partial<Claims>, also?: readonly ChecksumAlgorithm[]) =>
      Object.keys((await write(chunks(bytesOf(9)), claims(some), also)).checksums).toSorted()
    deepEqual(await names({}), ['CRC64NVME'])
    deepEqual(await names({ algorithm: 'CRC32C' }), ['CRC32C'])
    deepEqual(await names({}, ['SHA1']), ['SHA1'])
    deepEqual(await names({ checksums: { MD5: createHash('md5').update(bytesOf(9)).digest('base64') } }, ['SHA1']), [
      'MD5',
      'SHA1',
    ])
  })

  for (const size of [100, 100_000, 2 * MiB, 33 * MiB]) {
    const body = bytesOf(size)
    const wrong = bytesOf(size, 2)
    const lies: Record<string, [Partial<Claims>, string]> = {
      'Content-MD5': [{ md5: createHash('md5').update(wrong).digest('base64') }, 'BadDigest'],
      'a Content-MD5 that is none': [{ md5: 'bm90IGEgZGlnZXN0' }, 'InvalidDigest'],
      'a checksum that is none': [{ checksums: { CRC32: 'AAAAAAA=' } }, 'InvalidRequest'],
      'a trailer that is none': [{ algorithm: 'CRC32', trailers: () => ({ CRC32: 'x' }) }, 'InvalidRequest'],
      'a trailer nobody announced': [{ trailers: () => ({ SHA1: all(body)['SHA1'] ?? '' }) }, 'InvalidRequest'],
      'x-amz-content-sha256': [
        { sha256: createHash('sha256').update(wrong).digest('hex') },
        'XAmzContentSHA256Mismatch',
      ],
      'a declared length that is too long': [{ size: size + 1 }, 'IncompleteBody'],
      'a declared length that is too short': [{ size: size - 1 }, 'IncompleteBody'],
      'a length beyond 5 GiB': [{ size: 5 * 1024 ** 3 + 1 }, 'EntityTooLarge'],
    }
    for (const algorithm of checksumAlgorithms) {
      const value = all(wrong)[algorithm] ?? ''
      lies[`x-amz-checksum-${algorithm}`] = [{ checksums: { [algorithm]: value } }, 'BadDigest']
      lies[`the trailer ${algorithm}`] = [{ algorithm, trailers: () => ({ [algorithm]: value }) }, 'BadDigest']
    }
    it(`keeps no file of ${size} bytes that are not what was claimed`, async () => {
      const { root, write, pieces } = await fresh()
      for (const [name, [claim, code]] of Object.entries(lies)) {
        await rejects(write(chunks(body), claims(claim)), { name: code }, name)
      }
      deepEqual(await filesBelow(root), [])
      equal(pieces.takenBytes, 0)
    }).timeout(30_000)
  }

  it('tells both digests when x-amz-content-sha256 is wrong', async () => {
    const { write } = await fresh()
    const claimed = createHash('sha256').update('something else').digest('hex')
    await rejects(write(chunks(bytesOf(5)), claims({ sha256: claimed })), {
      members: {
        ClientComputedContentSHA256: claimed,
        S3ComputedContentSHA256: createHash('sha256').update(bytesOf(5)).digest('hex'),
      },
    })
  })

  it('leaves nothing when the sender goes away in the middle', async () => {
    const { root, write, pieces } = await fresh()
    async function* broken(size: number): AsyncGenerator<Uint8Array> {
      yield* chunks(bytesOf(size))
      throw new Error('socket hang up')
    }
    for (const size of [0, 10, 20_000, MiB, 18 * MiB, 35 * MiB]) {
      await rejects(write(broken(size), claims({ size: 40 * MiB })), /socket hang up/)
    }
    deepEqual(await filesBelow(root), [])
    equal(pieces.takenBytes, 0)
  })

  it('writes identical bodies at the same time into files of their own', async () => {
    const { root, write } = await fresh()
    const body = bytesOf(200_000)
    const drafts = await Promise.all(Array.from({ length: 20 }, () => write(chunks(body), claims())))
    equal((await filesBelow(root)).length, 20)
    for (const draft of drafts) ok(body.equals(await contentOf(root, draft)))
  })

  it('begins another folder when one is full', async () => {
    const { root, write } = await fresh(3)
    await Promise.all(Array.from({ length: 10 }, (_, i) => write(chunks(bytesOf(20_000, i)), claims())))
    const folders = (await filesBelow(root)).map((file) => file.split('/')[1] ?? '')
    deepEqual(folders, ['0', '0', '0', '1', '1', '1', '2', '2', '2', '3'])
  })

  it('refuses further bodies after a failed sync, which is never retried', async () => {
    const { write, disk } = await fresh()
    await rejects(disk.syncFile(-1))
    await rejects(write(chunks(bytesOf(20_000)), claims()), { name: 'ServiceUnavailable', message: /restart/ })
    await rejects(write(chunks(bytesOf(1)), claims()), { name: 'ServiceUnavailable' })
  })

  it('says that the disk is full, and goes on when there is room', async () => {
    const { write, disk } = await fresh()
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    async function* source(): AsyncGenerator<Uint8Array> {
      yield bytesOf(20_000)
      throw full
    }
    await rejects(write(source(), claims()), { name: 'ServiceUnavailable', message: /full/ })
    equal(disk.failure, undefined)
    await write(chunks(bytesOf(20_000)), claims())
  })

  it('holds little memory for many bodies at once', async () => {
    const { write, pieces } = await fresh()
    let most = 0
    async function* slow(seed: number): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 3; i += 1) {
        yield bytesOf(MiB, seed)
        most = Math.max(most, pieces.takenBytes)
      }
    }
    await Promise.all(Array.from({ length: 80 }, (_, i) => write(slow(i), claims())))
    ok(most <= (80 + 64) * MiB, `${most}`)
    equal(pieces.takenBytes, 0)
  }).timeout(60_000)
})
