// The Range header.

import { deepEqual, equal, throws } from 'node:assert/strict'
import { contentRange, rangeOf } from '../../src/contract/ranges.js'

const whole = undefined
const cases: readonly [header: string, expected: readonly [number, number] | undefined][] = [
  ['bytes=0-0', [0, 1]],
  ['bytes=2-5', [2, 6]],
  ['bytes=2-', [2, 10]],
  ['bytes=9-9', [9, 10]],
  ['bytes=0-99999999999999999999', [0, 10]],
  ['bytes=-3', [7, 10]],
  ['bytes=-10', [0, 10]],
  ['bytes=-11', [0, 10]],
  ['Bytes = 2 - 5', [2, 6]],
  ['bytes=5-2', whole],
  ['bytes=-', whole],
  ['bytes=', whole],
  ['', whole],
  ['bytes', whole],
  ['bytes=a-b', whole],
  ['bytes=1.5-2', whole],
  ['bytes=0x1-2', whole],
  ['bytes=--1', whole],
  ['bytes=1-2-3', whole],
  ['lines=1-2', whole],
  ['bytes=0-1,3-4', whole],
  ['bytes=0-1, 3-4', whole],
]

describe('ranges', () => {
  for (const [header, expected] of cases) {
    it(`reads ${JSON.stringify(header)} of 10 bytes as ${expected === undefined ? 'the whole' : expected.join(' to ')}`, () => {
      const range = rangeOf(header, 10)
      deepEqual(range && [range.start, range.end], expected)
    })
  }

  for (const [header, size] of [
    ['bytes=10-', 10],
    ['bytes=10-20', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=0-0', 0],
    ['bytes=-1', 0],
  ] as const) {
    it(`refuses ${header} of ${size} bytes and says the size`, () => {
      throws(() => rangeOf(header, size), {
        code: 'InvalidRange',
        status: 416,
        members: { RangeRequested: header, ActualObjectSize: String(size) },
        headers: { 'Content-Range': `bytes */${size}` },
      })
    })
  }

  it('are told with their last byte', () => {
    equal(contentRange({ start: 2, end: 6 }, 10), 'bytes 2-5/10')
  })
})
