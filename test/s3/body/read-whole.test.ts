import { deepEqual, equal, rejects } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Claims } from '../../../src/contract/claims.js'
import { checksumOf } from '../../../src/s3/body/checksum-of.js'
import { readWhole } from '../../../src/s3/body/read-whole.js'
import { cutAt, inRunsOf } from './payloads.js'

const nothing: Claims = { checksums: {}, trailers: () => ({}) }
const content = Buffer.from('123456789')
const read = (claims: Partial<Claims>, sizeBytesMax = 100): Promise<Uint8Array> =>
  readWhole(inRunsOf(content, 4), { ...nothing, ...claims }, sizeBytesMax)

describe('checksumOf', () => {
  // Check values of the algorithms' own descriptions: CRC catalogue, FIPS 180-4, xxHash's specification (of nothing).
  for (const [algorithm, hex] of [
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
    ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
    ['MD5', '25f9e794323b453885f5181f1b624d0b'],
  ] as const) {
    it(`knows ${algorithm}`, async () => {
      equal(await checksumOf(algorithm, content), Buffer.from(hex, 'hex').toString('base64'))
    })
  }
  for (const [algorithm, hex] of [
    ['XXHASH64', 'ef46db3751d8e999'],
    ['XXHASH3', '2d06800538d394c2'],
    ['XXHASH128', '99aa06d3014798d86001c324468d497f'],
  ] as const) {
    it(`knows ${algorithm} of nothing`, async () => {
      equal(await checksumOf(algorithm, new Uint8Array(0)), Buffer.from(hex, 'hex').toString('base64'))
    })
  }
})

describe('readWhole', () => {
  it('answers all bytes', async () => {
    deepEqual(Buffer.from(await read({})), content)
    deepEqual(Buffer.from(await readWhole(cutAt(content), nothing, 9)), content)
  })
  it('refuses more than it may hold, at once when declared', async () => {
    await rejects(read({}, 8), { code: 'MaxMessageLengthExceeded' })
    let isRead = false
    async function* source(): AsyncGenerator<Uint8Array> {
      isRead = true
      yield content
    }
    await rejects(readWhole(source(), { ...nothing, size: 9 }, 8), { code: 'MaxMessageLengthExceeded' })
    equal(isRead, false)
  })
  it('compares with every claim', async () => {
    const sha256 = createHash('sha256').update(content).digest('hex')
    const md5 = createHash('md5').update(content).digest('base64')
    await read({ sha256, md5, checksums: { CRC32: 'y/Q5Jg==' }, trailers: () => ({ CRC64NVME: 'rosUhgp5mIg=' }) })
    await rejects(read({ sha256: sha256.replace(/./, 'x') }), { code: 'XAmzContentSHA256Mismatch' })
    await rejects(read({ md5: '1B2M2Y8AsgTpgAmY7PhCfg==' }), { code: 'BadDigest' })
    await rejects(read({ checksums: { CRC32: 'AAAAAA==' } }), {
      code: 'BadDigest',
      message: 'The CRC32 you specified did not match the calculated checksum.',
    })
    await rejects(read({ trailers: () => ({ SHA256: 'AAAA' }) }), { code: 'BadDigest' })
  })
  it('wants a digest where S3 does', async () => {
    const options = { requiresChecksum: true }
    await rejects(readWhole(cutAt(content), nothing, 100, options), {
      code: 'InvalidRequest',
      message: 'Missing required header for this request: Content-MD5',
    })
    await readWhole(cutAt(content), { ...nothing, checksums: { CRC32: 'y/Q5Jg==' } }, 100, options)
    await readWhole(
      cutAt(content),
      { ...nothing, algorithm: 'CRC32', trailers: () => ({ CRC32: 'y/Q5Jg==' }) },
      100,
      options,
    )
  })
})
