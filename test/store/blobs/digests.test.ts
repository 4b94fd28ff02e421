import { deepEqual, equal, throws } from 'node:assert/strict'
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { checksumAlgorithms } from '../../../src/contract/claims.js'
import { BodyDigests, digestOf } from '../../../src/store/blobs/digests.js'

// Of "123456789", the check input of the CRC catalogue; XXHASH by the reference implementation's canonical (big-endian) form, seed 0.
const vectors = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
  MD5: '25f9e794323b453885f5181f1b624d0b',
  SHA512:
    'd9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274ad27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85',
  XXHASH64: '8cb841db40e6ae83',
} as const

// Of nothing. Source: xxHash's own self-test.
const emptyVectors = {
  XXHASH64: 'ef46db3751d8e999',
  XXHASH3: '2d06800538d394c2',
  XXHASH128: '99aa06d3014798d86001c324468d497f',
  CRC64NVME: '0000000000000000',
} as const

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex')

describe('digests', () => {
  for (const [algorithm, expected] of Object.entries(vectors)) {
    it(`computes ${algorithm} as everybody does`, () => {
      equal(hex(digestOf(algorithm as keyof typeof vectors, Buffer.from('123456789'))), expected) // a key of `vectors`
    })
  }

  for (const [algorithm, expected] of Object.entries(emptyVectors)) {
    it(`computes ${algorithm} of nothing as everybody does`, () => {
      equal(hex(digestOf(algorithm as keyof typeof emptyVectors, Buffer.alloc(0))), expected) // a key of `emptyVectors`
    })
  }

  it('answers the same for a stream, whatever its pieces, with several streams under way', () => {
    const bodies = [0, 1, 1000, 70_000, 300_001].map((size) => randomBytes(size))
    const streams = bodies.map(() => new BodyDigests({ wholes: checksumAlgorithms, blobs: false }))
    const positions = bodies.map(() => 0)
    while (positions.some((at, i) => at < (bodies[i]?.length ?? 0))) {
      for (const [i, body] of bodies.entries()) {
        const at = positions[i] ?? 0
        const next = Math.min(body.length, at + randomInt(0, 90_000))
        streams[i]?.update(body.subarray(at, next))
        positions[i] = next
      }
    }
    for (const [i, body] of bodies.entries()) {
      const digests = streams[i]?.end()
      for (const algorithm of checksumAlgorithms)
        equal(hex(digests?.get(algorithm)), hex(digestOf(algorithm, body)), algorithm)
    }
  })

  it('names and guards each blob, and the whole, hashing the only blob once', () => {
    for (const cuts of [[65_536], [1], [65_537], [200_000, 65_536, 3], []]) {
      const blobs = cuts.map((size) => randomBytes(size))
      const digests = new BodyDigests({ wholes: ['MD5', 'SHA256'], blobs: true })
      for (const blob of blobs) {
        for (let at = 0; at < blob.length; at += 50_000) digests.update(blob.subarray(at, at + 50_000))
        const { digest, size, blockCrcs } = digests.endBlob()
        equal(hex(digest), createHash('sha256').update(blob).digest('hex'))
        equal(size, blob.length)
        const view = new DataView(blockCrcs.buffer)
        const crcs = Array.from({ length: blockCrcs.length / 4 }, (_, i) => view.getUint32(i * 4))
        const expected = []
        for (let at = 0; at < blob.length; at += 65_536) expected.push(crc32(blob.subarray(at, at + 65_536)))
        deepEqual(crcs, expected)
      }
      const whole = digests.end()
      equal(hex(whole.get('SHA256')), createHash('sha256').update(Buffer.concat(blobs)).digest('hex'))
      equal(hex(whole.get('MD5')), createHash('md5').update(Buffer.concat(blobs)).digest('hex'))
    }
  })

  it('answers memory of its own, which a clone for another thread does not enlarge', () => {
    for (const algorithm of checksumAlgorithms) {
      const digest = digestOf(algorithm, Buffer.from('x'))
      equal(digest.buffer.byteLength, digest.length)
    }
  })

  it('knows no empty blob', () => {
    throws(() => new BodyDigests({ wholes: [], blobs: true }).endBlob())
  })
})
