// Tables of cases for the rules of multipart uploads.

import { deepEqual, equal, notEqual, throws } from 'node:assert/strict'
import { checksumAlgorithms } from '../../src/contract/claims.js'
import {
  initiatedMsOf,
  listedParts,
  partSizeBytesMin,
  requireListedChecksums,
  requireObjectClaims,
  requirePartChecksum,
  requirePartList,
  requirePartNumber,
  uploadChecksum,
  writeUploadId,
  type StoredPart,
} from '../../src/contract/multipart.js'
import { requireBodySize } from '../../src/contract/request.js'

describe('the checksum of an upload', () => {
  const cases: [algorithm: string | undefined, type: string | undefined, chosen: string][] = [
    [undefined, undefined, 'CRC64NVME FULL_OBJECT false'],
    ['CRC64NVME', undefined, 'CRC64NVME FULL_OBJECT true'],
    ['CRC64NVME', 'FULL_OBJECT', 'CRC64NVME FULL_OBJECT true'],
    ['CRC32', undefined, 'CRC32 COMPOSITE true'],
    ['CRC32', 'FULL_OBJECT', 'CRC32 FULL_OBJECT true'],
    ['CRC32C', 'COMPOSITE', 'CRC32C COMPOSITE true'],
    ['crc32c', 'FULL_OBJECT', 'CRC32C FULL_OBJECT true'],
    ...(['SHA1', 'SHA256', 'SHA512', 'MD5', 'XXHASH64', 'XXHASH3', 'XXHASH128'] as const).map(
      (algorithm): [string, undefined, string] => [algorithm, undefined, `${algorithm} COMPOSITE true`],
    ),
  ]
  for (const [algorithm, type, chosen] of cases) {
    it(`asked as ${algorithm} ${type} is ${chosen}`, () => {
      const { algorithm: a, type: t, isAsked } = uploadChecksum(algorithm, type)
      equal(`${a} ${t} ${isAsked}`, chosen)
    })
  }

  const refusals: [algorithm: string | undefined, type: string | undefined, message: string][] = [
    ['SHA256', 'FULL_OBJECT', 'The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.'],
    ['XXHASH3', 'FULL_OBJECT', 'The FULL_OBJECT checksum type cannot be used with the xxhash3 checksum algorithm.'],
    ['CRC64NVME', 'COMPOSITE', 'The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.'],
    [
      undefined,
      'COMPOSITE',
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    ],
    ['CRC32', 'PARTIAL', 'Value for x-amz-checksum-type header is invalid.'],
  ]
  for (const [algorithm, type, message] of refusals) {
    it(`asked as ${algorithm} ${type} is refused`, () => {
      throws(() => uploadChecksum(algorithm, type), { name: 'InvalidRequest', message })
    })
  }

  it('of an unknown algorithm is refused', () =>
    throws(() => uploadChecksum('ADLER32', undefined), { name: 'InvalidRequest' }))
})

describe('the checksum of a part', () => {
  const asked = uploadChecksum('SHA256', undefined)

  it('must be of the algorithm that was asked for', () => {
    requirePartChecksum(asked, ['SHA256'])
    throws(() => requirePartChecksum(asked, ['CRC32']), {
      name: 'InvalidRequest',
      message: 'Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32',
    })
  })

  it('must be there when the object has a composite one', () => {
    throws(() => requirePartChecksum(asked, []), { name: 'InvalidRequest', message: /actual checksum Type: null$/ })
    requirePartChecksum(uploadChecksum('CRC32', 'FULL_OBJECT'), [])
  })

  it('may be of any algorithm when none was asked for', () => {
    for (const algorithm of checksumAlgorithms) requirePartChecksum(uploadChecksum(undefined, undefined), [algorithm])
  })
})

describe('part numbers and sizes', () => {
  for (const number of [1, 2, 10_000]) it(`${number} is a part`, () => equal(requirePartNumber(number), number))
  for (const number of [undefined, 0, -1, 10_001, 1.5, Number.NaN]) {
    it(`${number} is none`, () => throws(() => requirePartNumber(number), { name: 'InvalidArgument' }))
  }

  it('5 GiB fit, a byte more does not', () => {
    requireBodySize(5 * 1024 ** 3)
    throws(() => requireBodySize(5 * 1024 ** 3 + 1), { name: 'EntityTooLarge' })
  })
})

describe('UploadIds', () => {
  it('tell when they were made, and nothing else', () => {
    const id = writeUploadId(1_763_719_200_123, new Uint8Array(18).fill(7))
    equal(initiatedMsOf(id), 1_763_719_200_123)
    equal(id.length, 32)
    notEqual(id, writeUploadId(1_763_719_200_123, new Uint8Array(18).fill(8)))
    for (const other of ['', 'x', `${id}A`, id.slice(1), `${id.slice(0, -1)}=`]) equal(initiatedMsOf(other), undefined)
  })
})

describe('a list of parts', () => {
  const upload = uploadChecksum('SHA256', undefined)
  const etagOf = (byte: number) => Buffer.alloc(16, byte).toString('hex')
  const sumOf = (byte: number) => Buffer.alloc(32, byte).toString('base64')
  const stored = (number: number, size: number = partSizeBytesMin): StoredPart => ({
    number,
    size,
    etag: etagOf(number),
    checksum: Buffer.alloc(32, number).toString('hex'),
  })
  const listed = (number: number, checksums = {}) => ({ number, etag: etagOf(number), checksums })

  it('must have 1 to 10,000 entries', () => {
    throws(() => requirePartList('u', []), { name: 'MalformedXML' })
    const many = Array.from({ length: 10_001 }, (_, i) => listed(i + 1))
    throws(() => requirePartList('u', many), { name: 'MalformedXML' })
    requirePartList('u', many.slice(0, 10_000))
  })

  it('must ascend, each number once', () => {
    throws(() => requirePartList('u', [listed(2), listed(1)]), { name: 'InvalidPartOrder', members: { UploadId: 'u' } })
    throws(() => requirePartList('u', [listed(1), listed(1)]), { name: 'InvalidPartOrder' })
    throws(() => requirePartList('u', [listed(0)]), { name: 'InvalidArgument' })
    requirePartList('u', [listed(1), listed(9), listed(10_000)])
  })

  it('chooses the parts it names and leaves out the others', () => {
    const all = [stored(1), stored(2), stored(5), stored(7, 1)]
    deepEqual(listedParts('u', upload, [listed(2), listed(7)], all), [all[1], all[3]])
    deepEqual(listedParts('u', upload, [listed(7)], all), [all[3]])
  })

  it('may have ETags in capitals', () => {
    const part = { ...stored(1), etag: 'ab'.repeat(16) }
    equal(listedParts('u', upload, [{ number: 1, etag: 'AB'.repeat(16), checksums: {} }], [part]).length, 1)
  })

  it('is refused for a part that is not there, or has another ETag or checksum', () => {
    const refused = { name: 'InvalidPart', members: { UploadId: 'u', PartNumber: '3', ETag: etagOf(3) } }
    throws(() => listedParts('u', upload, [listed(3)], [stored(1), stored(4)]), refused)
    throws(() => listedParts('u', upload, [listed(3)], []), refused)
    throws(() => listedParts('u', upload, [listed(3)], [{ ...stored(3), etag: etagOf(9) }]), refused)
    throws(() => listedParts('u', upload, [listed(3, { SHA256: sumOf(4) })], [stored(3)]), refused)
    throws(() => listedParts('u', upload, [listed(3, { CRC32: 'AAAAAA==' })], [stored(3)]), refused)
    equal(listedParts('u', upload, [listed(3, { SHA256: sumOf(3) })], [stored(3)]).length, 1)
  })

  it('is refused when a part before the last is below 5 MiB, with all that tells which', () => {
    throws(() => listedParts('u', upload, [listed(1), listed(2)], [stored(1, partSizeBytesMin - 1), stored(2)]), {
      name: 'EntityTooSmall',
      members: { ProposedSize: '5242879', MinSizeAllowed: '5242880', PartNumber: '1', ETag: etagOf(1) },
    })
    equal(listedParts('u', upload, [listed(1), listed(2)], [stored(1), stored(2, 0)]).length, 2)
  })

  it('must have checksums where the object has a composite one', () => {
    throws(() => requireListedChecksums(upload, [listed(1, { SHA256: sumOf(1) }), listed(2)]), {
      name: 'InvalidRequest',
      message: /created using a sha256 checksum.*missing for part 2 in the request/,
    })
    requireListedChecksums(uploadChecksum('CRC32', 'FULL_OBJECT'), [listed(1)])
    requireListedChecksums(uploadChecksum(undefined, undefined), [listed(1)])
  })
})

describe('what a Complete says of the object', () => {
  const composite = { algorithm: 'SHA256', type: 'COMPOSITE', value: 'abc=-2' } as const
  const full = { algorithm: 'CRC32', type: 'FULL_OBJECT', value: 'abcdef==' } as const

  it('is accepted when it is true', () => {
    requireObjectClaims({ checksums: {} }, 10, composite, 2)
    requireObjectClaims({ checksums: { SHA256: 'abc=-2' }, type: 'COMPOSITE', size: 10 }, 10, composite, 2)
    requireObjectClaims({ checksums: { SHA256: 'abc=' } }, 10, composite, 2)
    requireObjectClaims({ checksums: { CRC32: 'abcdef==' }, type: 'FULL_OBJECT' }, 10, full, 2)
  })

  it('is refused when it is not', () => {
    throws(() => requireObjectClaims({ checksums: {}, size: 11 }, 10, full, 2), { name: 'InvalidRequest' })
    throws(() => requireObjectClaims({ checksums: { SHA256: 'abd=-2' } }, 10, composite, 2), { name: 'BadDigest' })
    throws(() => requireObjectClaims({ checksums: { SHA256: 'abc=-3' } }, 10, composite, 2), { name: 'BadDigest' })
    throws(() => requireObjectClaims({ checksums: { CRC32: 'AAAAAA==' } }, 10, full, 2), { name: 'BadDigest' })
    throws(() => requireObjectClaims({ checksums: { CRC32C: 'abcdef==' } }, 10, full, 2), { name: 'InvalidRequest' })
    throws(() => requireObjectClaims({ checksums: {}, type: 'COMPOSITE' }, 10, full, 2), { name: 'BadDigest' })
  })
})
