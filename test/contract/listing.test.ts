// Tables of cases for the rules all listings share.

import { deepEqual, equal, throws } from 'node:assert/strict'
import {
  boundsOf,
  commonPrefixOf,
  encoderFor,
  listedTime,
  pageSize,
  prefixEnd,
  readToken,
  requireKnownAttributes,
  writeToken,
} from '../../src/contract/listing.js'

const refused = { name: 'InvalidArgument' }

describe('prefixEnd', () => {
  const cases: [prefix: number[], end: number[]][] = [
    [[], [0xff]],
    [[0x61], [0x62]],
    [
      [0x61, 0x2f],
      [0x61, 0x30],
    ],
    [[0x7f], [0x80]],
    [[0x61, 0xff], [0x62]],
    [[0xff, 0xff], [0xff]],
    // U+FFFD and U+10FFFF: their last byte goes up by one, though that is no UTF-8 any more.
    [
      [0xef, 0xbf, 0xbd],
      [0xef, 0xbf, 0xbe],
    ],
    [
      [0xf4, 0x8f, 0xbf, 0xbf],
      [0xf4, 0x8f, 0xbf, 0xc0],
    ],
  ]
  for (const [prefix, end] of cases) {
    it(`of ${Buffer.from(prefix).toString('hex') || 'nothing'} is ${Buffer.from(end).toString('hex')}`, () => {
      deepEqual([...prefixEnd(Uint8Array.from(prefix))], end)
    })
  }

  it('leaves its argument alone', () => {
    const prefix = Uint8Array.of(1, 2)
    prefixEnd(prefix)
    deepEqual([...prefix], [1, 2])
  })
})

describe('commonPrefixOf', () => {
  const cases: [key: string, prefix: string, delimiter: string, common: string | undefined][] = [
    ['a/b', '', '/', 'a/'],
    ['a/b', 'a/', '/', undefined],
    ['a/b/c', 'a/', '/', 'a/b/'],
    ['a//b', 'a/', '/', 'a//'],
    ['/a', '', '/', '/'],
    ['a/', '', '/', 'a/'],
    ['abc', '', '', undefined],
    ['one--two--three', '', '--', 'one--'],
    ['one-two', '', '--', undefined],
    ['käse→brot', '', '→', 'käse→'],
    ['a😀b', '', '😀', 'a😀'],
    ['a😀b', '', '😁', undefined],
    ['a/b', 'a', '/', 'a/'],
  ]
  for (const [key, prefix, delimiter, common] of cases) {
    it(`rolls ${key} below "${prefix}" by "${delimiter}" up to ${common ?? 'nothing'}`, () => {
      equal(commonPrefixOf(key, prefix, delimiter), common)
    })
  }
})

describe('boundsOf', () => {
  const cases: [prefix: string, delimiter: string, after: string | undefined, from: string][] = [
    ['', '', undefined, ''],
    ['', '', '', ''],
    ['p', '', undefined, 'p'],
    ['', '', 'a', 'a\0'],
    ['p', '', 'a', 'p'],
    ['p', '', 'z', 'z\0'],
    ['p', '', 'p', 'p\0'],
    ['', '/', 'a/', 'a0'],
    ['', '/', 'a/b/c', 'a0'],
    ['a/', '/', 'a/', 'a/\0'],
    ['a/', '/', 'a/b/c', 'a/b0'],
    ['', '--', 'a--b', 'a-.'],
  ]
  for (const [prefix, delimiter, after, from] of cases) {
    it(`begins "${prefix}" by "${delimiter}" after ${JSON.stringify(after)} at ${JSON.stringify(from)}`, () => {
      equal(Buffer.from(boundsOf(prefix, delimiter, after).from).toString('utf8'), from)
    })
  }

  it('compares a marker with the prefix as bytes: U+FFFD comes before U+10000', () => {
    equal(Buffer.from(boundsOf('\u{10000}', '', '\uFFFD').from).toString('utf8'), '\u{10000}')
  })
})

describe('pageSize', () => {
  const cases: [asked: number | undefined, size: number][] = [
    [undefined, 1000],
    [0, 0],
    [1, 1],
    [1000, 1000],
    [1001, 1000],
    [2_147_483_647, 1000],
  ]
  for (const [asked, size] of cases) it(`is ${size} for ${asked}`, () => equal(pageSize('max-keys', asked), size))
  for (const asked of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2_147_483_648]) {
    it(`refuses ${asked}`, () => throws(() => pageSize('max-keys', asked), refused))
  }
})

describe('continuation tokens', () => {
  for (const key of ['a', 'a b+c/', '\u{10FFFF}', '\0', 'é'.repeat(512)]) {
    it(`stand for ${JSON.stringify(key.slice(0, 10))}`, () => {
      const token = writeToken(key)
      equal(readToken(token), key)
      equal(encodeURIComponent(token), token)
    })
  }

  it('are refused when damaged, foreign or of another version', () => {
    const token = writeToken('some/key')
    const otherVersion = Buffer.from(token, 'base64url')
    otherVersion[0] = 2
    const foreign = ['a', '', 'some/key', token.slice(1), token.slice(0, -1), `${token}A`, `${token}=`, ` ${token}`]
    for (const text of [...foreign, otherVersion.toString('base64url')]) throws(() => readToken(text), refused, text)
  })

  it('are refused when any one character is another', () => {
    const token = writeToken('some/key')
    for (let i = 0; i < token.length; i += 1) {
      const other = token[i] === 'B' ? 'C' : 'B'
      throws(() => readToken(token.slice(0, i) + other + token.slice(i + 1)), refused)
    }
  })
})

describe('encoding-type', () => {
  const cases: [text: string, encoded: string][] = [
    ['plain/key-1_2.txt', 'plain/key-1_2.txt'],
    ['a b', 'a%20b'],
    ['a+b', 'a%2Bb'],
    ['100%', '100%25'],
    ['test_file(3).png', 'test_file%283%29.png'],
    ["it's!", 'it%27s%21'],
    ['é/😀', '%C3%A9/%F0%9F%98%80'],
    ['\0\n\r\u001f', '%00%0A%0D%1F'],
    ['a/b?c=d&e#f', 'a/b%3Fc%3Dd%26e%23f'],
    ['', ''],
  ]
  for (const [text, encoded] of cases) {
    it(`url makes ${JSON.stringify(text)} ${encoded}`, () => {
      equal(encoderFor('url')(text), encoded)
      equal(decodeURIComponent(encoded), text)
    })
  }

  it('absent leaves everything as it is', () => equal(encoderFor(undefined)('a b\u0001'), 'a b\u0001'))
  it('of another name is refused', () => throws(() => encoderFor('base64'), refused))
})

describe('optional attributes', () => {
  it('may be RestoreStatus', () => requireKnownAttributes(['RestoreStatus']))
  it('may be nothing else', () => throws(() => requireKnownAttributes(['Colour']), refused))
})

describe('listedTime', () => {
  it('tells whole seconds', () => equal(listedTime(1_700_000_000_987).toISOString(), '2023-11-14T22:13:20.000Z'))
})
