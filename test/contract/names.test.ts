// What buckets and keys may be called.

import { doesNotThrow, equal, throws } from 'node:assert/strict'
import { isBucketName, requireBucketName, requireKey } from '../../src/contract/names.js'

const good = [
  'abc',
  'a-b',
  'a.b',
  '1.2.3',
  'a--b',
  '123',
  `a${'b'.repeat(61)}c`,
  '1.2.3.4.5',
  'xn-a',
  'bucket.s3',
  'sthree',
]
const bad = [
  '',
  'ab',
  `a${'b'.repeat(62)}c`,
  'Abc',
  'a_b',
  'a b',
  'äbc',
  '-abc',
  'abc-',
  '.abc',
  'abc.',
  'a..b',
  'a-.b',
  'a.-b',
  '192.168.5.4',
  '999.999.999.999',
  'xn--abc',
  'sthree-abc',
  'amzn-s3-demo-bucket',
  'abc-s3alias',
  'abc--ol-s3',
  'abc.mrap',
  'abc--x-s3',
  'abc--table-s3',
  'a/b',
  'abc\n',
]

describe('bucket names', () => {
  for (const name of good) it(`allow ${name}`, () => equal(isBucketName(name), true))
  for (const name of bad) {
    it(`refuse ${JSON.stringify(name)}`, () => {
      throws(() => requireBucketName(name), { code: 'InvalidBucketName', members: { BucketName: name } })
    })
  }
})

describe('keys', () => {
  for (const key of ['a', '/', '..', 'a//b', ' ', '\n', '😀', 'é'.repeat(512), 'a'.repeat(1024)]) {
    it(`allow ${JSON.stringify(key.slice(0, 8))} of ${Buffer.byteLength(key)} bytes`, () =>
      doesNotThrow(() => requireKey(key)))
  }

  it('refuse more than 1,024 bytes of UTF-8', () => {
    throws(() => requireKey('a'.repeat(1025)), {
      code: 'KeyTooLongError',
      members: { Size: '1025', MaxSizeAllowed: '1024' },
    })
    throws(() => requireKey('é'.repeat(513)), { code: 'KeyTooLongError' })
  })

  it('refuse nothing at all', () => throws(() => requireKey(''), { code: 'InvalidArgument' }))
})
