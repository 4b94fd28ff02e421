import { equal } from 'node:assert/strict'
import { canonicalHeaderValue, canonicalQuery } from '../../../src/auth/sigv4/canonical-request.js'
import { decodedParameter, recodedParameter, recodedPath } from '../../../src/auth/sigv4/recode.js'
import { timestampMs, timestampOf } from '../../../src/auth/sigv4/timestamp.js'

describe('recodedPath', () => {
  for (const [raw, canonical] of [
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/%61', '/a'],
    ['/%7e~', '/~~'],
    ['/a%2fb', '/a/b'],
    ['/a+b', '/a%2Bb'],
    ['/a%20b c', '/a%20b%20c'],
    ['/100%', '/100%25'],
    ['/%zz%4', '/%25zz%254'],
    ["/*'()!", '/%2A%27%28%29%21'],
    ['/\xc3\xbc', '/%C3%BC'],
    ['/%c3%bc', '/%C3%BC'],
    ['//a/./../', '//a/./../'],
  ] as const) {
    it(`makes ${canonical} of ${raw}`, () => {
      equal(recodedPath(raw), canonical)
      equal(recodedPath(canonical), canonical)
    })
  }
  it('leaves every byte what it was', () => {
    const every = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
    const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')
    equal(decodedParameter(recodedPath(every)), bytes)
    equal(decodedParameter(recodedParameter(every)), bytes)
  })
})

describe('canonicalQuery', () => {
  for (const [raw, canonical] of [
    ['', ''],
    ['uploads', 'uploads='],
    ['b=1&a=2', 'a=2&b=1'],
    ['a-b=1&a=2&a.c=3', 'a=2&a-b=1&a.c=3'],
    ['a=b&a=a&a', 'a=&a=a&a=b'],
    ['B=1&a=1', 'B=1&a=1'],
    ['prefix=a/b+c%2B&&x==', 'prefix=a%2Fb%20c%2B&x=%3D'],
    ['X-Amz-Signature=1&a=1', 'a=1'],
  ] as const) {
    it(`makes "${canonical}" of "${raw}"`, () => equal(canonicalQuery(raw, 'X-Amz-Signature'), canonical))
  }
})

describe('canonicalHeaderValue', () => {
  for (const [raw, canonical] of [
    ['a', 'a'],
    [' a b ', 'a b'],
    ['a  b\t c', 'a b c'],
    ['', ''],
  ] as const) {
    it(`makes "${canonical}" of "${raw}"`, () => equal(canonicalHeaderValue(raw), canonical))
  }
})

describe('timestampMs', () => {
  it('reads and writes the same', () => {
    for (const ms of [0, Date.UTC(2024, 1, 29, 23, 59, 59), Date.UTC(2026, 10, 21)])
      equal(timestampMs(timestampOf(ms)), ms)
  })
  for (const text of [
    '20230229T000000Z',
    '20231301T000000Z',
    '20230100T000000Z',
    '20230101T236000Z',
    '2023010１T000000Z',
    '20230101 000000Z',
  ]) {
    it(`refuses ${text}`, () => equal(timestampMs(text), undefined))
  }
})
