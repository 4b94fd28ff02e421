// Times and sizes as people write them on a command line, and as they read them.

import { InvalidArgumentError } from 'commander'

const msOf = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Ms of "90s", "15m", "24h", "7d", "2w"; "0" is none.
 *  @throws InvalidArgumentError, which says what is allowed */
export function duration(text: string): number {
  const parts = /^(\d{1,6})([smhdw])$/.exec(text)
  if (parts !== null) return Number(parts[1]) * msOf[parts[2] as keyof typeof msOf] // the pattern's letters are its keys
  if (text === '0') return 0
  throw new InvalidArgumentError('Allowed is a number with s, m, h, d or w: 90s, 15m, 24h, 7d, 2w.')
}

/** Ms since 1970 of a date ("2027-01-31", "2027-01-31T12:00:00Z") or of a duration from now on ("30d").
 *  @throws InvalidArgumentError, which says what is allowed */
export function moment(text: string): number {
  if (/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)) {
    const ms = Date.parse(text)
    if (!Number.isNaN(ms)) return ms
  } else if (/^\d{1,6}[smhdw]$/.test(text)) return Date.now() + duration(text)
  throw new InvalidArgumentError(
    'Allowed is a date (2027-01-31, 2027-01-31T12:00:00Z) or a time from now on (30d, 12h).',
  )
}

const units = ['', 'K', 'M', 'G', 'T', 'P'] as const

/** Bytes of "500", "10KiB", "10KB", "1.5GiB", "2TB": with i powers of 1024, without powers of 1000.
 *  @throws InvalidArgumentError, which says what is allowed */
export function bytes(text: string): number {
  const parts = /^(\d{1,15}(?:\.\d{1,3})?)([KMGTP]?)(i?)B?$/i.exec(text)
  if (parts !== null) {
    const power = units.indexOf((parts[2] ?? '').toUpperCase() as (typeof units)[number])
    const size = Math.round(Number(parts[1]) * (parts[3] === '' ? 1000 : 1024) ** power)
    if (Number.isSafeInteger(size)) return size
  }
  throw new InvalidArgumentError('Allowed is a number of bytes, with a unit or without: 500, 10MiB, 1.5GB.')
}

/** @throws InvalidArgumentError, which says what is allowed */
export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Allowed is a whole number.')
}

/** "1.5 GiB" */
export function sizeText(size: number | undefined): string | undefined {
  if (size === undefined) return undefined
  let [value, unit] = [size, 0]
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1]
  return unit === 0 ? `${size} B` : `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}iB`
}

/** "2027-01-31 12:00", in UTC. */
export const timeText = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

/** "1 bucket", "2 buckets". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
