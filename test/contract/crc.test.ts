import { crc32, crc32c } from '@node-rs/crc32'
import { deepEqual, equal, throws } from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { combineCrc, type CombinableCrc } from '../../src/contract/crc.js'
import { digestOf } from '../../src/store/blobs/digests.js'

const algorithms: readonly CombinableCrc[] = ['CRC32', 'CRC32C', 'CRC64NVME']

describe('combineCrc', () => {
  for (const algorithm of algorithms) {
    it(`makes the ${algorithm} of the whole out of random parts, empty ones among them`, () => {
      for (let round = 0; round < 200; round += 1) {
        const parts = Array.from({ length: randomInt(0, 6) }, () => randomBytes(randomInt(0, 3) * randomInt(0, 3000)))
        const combined = combineCrc(
          algorithm,
          parts.map((bytes) => ({ value: digestOf(algorithm, bytes), size: bytes.length })),
        )
        deepEqual(Buffer.from(combined), Buffer.from(digestOf(algorithm, Buffer.concat(parts))))
      }
    })

    it(`is associative for ${algorithm} at sizes no memory holds`, () => {
      const sizes = [5 * 1024 ** 4, 2 ** 40 + 7, 1, 2 ** 33]
      const parts = sizes.map((size) => ({ value: digestOf(algorithm, randomBytes(9)), size }))
      const [a, b, c, d] = parts as [(typeof parts)[0], (typeof parts)[0], (typeof parts)[0], (typeof parts)[0]] // four sizes
      const left = { value: combineCrc(algorithm, [a, b]), size: a.size + b.size }
      const right = { value: combineCrc(algorithm, [c, d]), size: c.size + d.size }
      deepEqual(combineCrc(algorithm, [left, right]), combineCrc(algorithm, parts))
    })
  }

  it('answers the CRC of nothing for no parts', () => {
    deepEqual(combineCrc('CRC32', []), new Uint8Array(4))
    deepEqual(combineCrc('CRC64NVME', []), new Uint8Array(8))
  })

  it('combines 10,000 parts of 5 MiB in a few milliseconds', () => {
    const value = digestOf('CRC64NVME', Buffer.from('part'))
    const parts = Array.from({ length: 10_000 }, () => ({ value, size: 5 * 1024 * 1024 }))
    const began = process.hrtime.bigint()
    combineCrc('CRC64NVME', parts)
    equal(Number(process.hrtime.bigint() - began) / 1e6 < 500, true)
  })

  it('refuses a CRC of the wrong length and a size that is none', () => {
    throws(() => combineCrc('CRC32', [{ value: new Uint8Array(8), size: 1 }]), RangeError)
    throws(() => combineCrc('CRC64NVME', [{ value: new Uint8Array(8), size: -1 }]), RangeError)
  })

  it('starts from vectors everybody agrees on', () => {
    const check = Buffer.from('123456789')
    equal(crc32(check), 0xcbf43926)
    equal(crc32c(check), 0xe3069283)
    equal(Buffer.from(digestOf('CRC64NVME', check)).toString('hex'), 'ae8b14860a799888')
  })
})
