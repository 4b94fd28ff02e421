import { equal, ok, throws } from 'node:assert/strict'
import { bytes, duration, moment, sizeText, timeText, wholeNumber } from '../../src/command/amounts.js'

describe('amounts of a command line', () => {
  const sizes: readonly [text: string, size: number][] = [
    ['0', 0],
    ['500', 500],
    ['500B', 500],
    ['1KB', 1000],
    ['1KiB', 1024],
    ['1k', 1000],
    ['10MiB', 10 * 1024 ** 2],
    ['1.5GiB', 1.5 * 1024 ** 3],
    ['2TB', 2e12],
    ['1PiB', 1024 ** 5],
  ]
  for (const [text, size] of sizes) it(`reads ${text} as ${size} bytes`, () => equal(bytes(text), size))

  for (const text of ['', 'x', '-1', '1XB', '1e3', '1,5GB', '9007199254740993', '99999PiB', '1 GB']) {
    it(`refuses ${JSON.stringify(text)} as a size`, () => throws(() => bytes(text), /Allowed is a number of bytes/))
  }

  const durations: readonly [text: string, ms: number][] = [
    ['0', 0],
    ['90s', 90_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
  ]
  for (const [text, ms] of durations) it(`reads ${text} as ${ms} ms`, () => equal(duration(text), ms))

  for (const text of ['', '5', '1.5h', '-1d', '3 d', '1y']) {
    it(`refuses ${JSON.stringify(text)} as a duration`, () => throws(() => duration(text), /Allowed is a number with/))
  }

  it('reads dates, instants and times from now on as moments', () => {
    equal(moment('2027-01-31'), Date.UTC(2027, 0, 31))
    equal(moment('2027-01-31T12:30:00Z'), Date.UTC(2027, 0, 31, 12, 30))
    equal(moment('2027-01-31T12:30+01:00'), Date.UTC(2027, 0, 31, 11, 30))
    ok(Math.abs(moment('1h') - Date.now() - 3_600_000) < 5000)
  })

  for (const text of ['', 'tomorrow', '2027-13-01', '31.01.2027', '5', '2027-01-31 12:00']) {
    it(`refuses ${JSON.stringify(text)} as a moment`, () => throws(() => moment(text), /Allowed is a date/))
  }

  it('refuses what is no whole number', () => {
    equal(wholeNumber('12'), 12)
    for (const text of ['', '1.5', '-1', '1e3']) throws(() => wholeNumber(text), /Allowed is a whole number/)
  })

  it('writes sizes and times for people', () => {
    equal(sizeText(undefined), undefined)
    equal(sizeText(1023), '1023 B')
    equal(sizeText(1024), '1.0 KiB')
    equal(sizeText(1.5 * 1024 ** 3), '1.5 GiB')
    equal(sizeText(100 * 1024 ** 2), '100 MiB')
    equal(timeText(undefined), undefined)
    equal(timeText(Date.UTC(2027, 0, 31, 12, 30)), '2027-01-31 12:30')
  })
})
