// The three ways AWS writes an instant: HTTP dates in headers, ISO 8601 in XML and queries, seconds since 1970.

/** How a timestamp is written. */
export type TimestampFormat = 'http-date' | 'date-time' | 'epoch-seconds'

/** Reads a timestamp, the format asked for first, then the others: clients mix them and S3 takes what it understands.
 *  @returns undefined when it is none */
export function readTimestamp(text: string, format: TimestampFormat): Date | undefined {
  const trimmed = text.trim()
  if (format === 'epoch-seconds') return readEpoch(trimmed) ?? readIso(trimmed) ?? readHttpDate(trimmed)
  return format === 'http-date'
    ? (readHttpDate(trimmed) ?? readIso(trimmed))
    : (readIso(trimmed) ?? readHttpDate(trimmed))
}

/** Writes a timestamp in whole seconds, which is all S3 keeps: its listings always say ".000Z". */
export function writeTimestamp(date: Date, format: TimestampFormat): string {
  const seconds = Math.floor(date.getTime() / 1000)
  if (format === 'epoch-seconds') return String(seconds)
  // A page of a listing has a thousand of them, most on a few days.
  const day = Math.floor(seconds / daySeconds)
  if (lastDay.day !== day) rememberDay(day)
  const rest = seconds - day * daySeconds
  const minutes = Math.floor(rest / 60)
  const time = `${twoDigits[Math.floor(minutes / 60)]}:${twoDigits[minutes % 60]}:${twoDigits[rest % 60]}`
  return format === 'http-date' ? `${lastDay.http} ${time} GMT` : `${lastDay.iso}T${time}.000Z`
}

const daySeconds = 86_400
const lastDay = { day: Number.NaN, iso: '', http: '' }

/** Throws RangeError for what is no date. */
function rememberDay(day: number): void {
  const midnight = new Date(day * daySeconds * 1000)
  lastDay.iso = midnight.toISOString().replace(/T.*$/, '')
  lastDay.http = midnight.toUTCString().replace(/ \S+ GMT$/, '')
  lastDay.day = day
}

const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

const readEpoch = (text: string): Date | undefined =>
  /^-?\d{1,12}(?:\.\d{1,9})?$/.test(text) ? new Date(Math.round(Number(text) * 1000)) : undefined

// RFC 9110, 5.6.7: IMF-fixdate, the obsolete RFC 850 form, and asctime. The weekday is not looked at; neither is a missing "GMT".
const imfFixdate =
  /^(?:[A-Za-z]+, ?)?(\d{1,2})[ -]([A-Za-z]{3})[ -](\d{4}|\d{2}) (\d{2}):(\d{2}):(\d{2})(?: (GMT|UTC|Z|[+-]\d{4}))?$/
const asctime = /^[A-Za-z]{3} ([A-Za-z]{3}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

function readHttpDate(text: string): Date | undefined {
  const match = imfFixdate.exec(text)
  if (match !== null) {
    const [, day = '', month = '', year = '', hours = '', minutes = '', seconds = '', zone = 'GMT'] = match
    return instant(fullYear(year), month, day, hours, minutes, seconds, offsetMinutes(zone))
  }
  const other = asctime.exec(text)
  if (other === null) return undefined
  const [, month = '', day = '', hours = '', minutes = '', seconds = '', year = ''] = other
  return instant(Number(year), month, day, hours, minutes, seconds, 0)
}

// RFC 9110, 5.6.7: a two-digit year "that appears to be more than 50 years in the future" is "the most recent year in the past".
function fullYear(year: string): number {
  if (year.length === 4) return Number(year)
  return Number(year) + (Number(year) < 70 ? 2000 : 1900)
}

function offsetMinutes(zone: string): number {
  if (!/^[+-]/.test(zone)) return 0
  const digits = zone.replaceAll(/\D/g, '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4))
  return zone.startsWith('-') ? -minutes : minutes
}

function instant(
  year: number,
  month: string,
  day: string,
  hours: string,
  minutes: string,
  seconds: string,
  offset: number,
): Date | undefined {
  const monthIndex = months.indexOf(month.toLowerCase())
  if (monthIndex < 0) return undefined
  return checked(year, monthIndex, Number(day), Number(hours), Number(minutes), Number(seconds), 0, offset)
}

const iso =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[Tt ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/

function readIso(text: string): Date | undefined {
  const match = iso.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hours = 0, minutes = 0, seconds = 0, fraction = '', zone = 'Z'] = match
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'))
  return checked(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hours),
    Number(minutes),
    Number(seconds),
    milliseconds,
    offsetMinutes(zone),
  )
}

/** The instant, unless one of its parts is no part of a calendar or clock ("30 Feb", "25:00"). A leap second counts as the one before. */
function checked(
  year: number,
  month: number,
  day: number,
  hours: number,
  minutes: number,
  seconds: number,
  milliseconds: number,
  offset: number,
): Date | undefined {
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined
  const date = new Date(Date.UTC(year, month, day, hours, minutes, Math.min(seconds, 59), milliseconds))
  if (year < 100) date.setUTCFullYear(year)
  if (date.getUTCDate() !== day || date.getUTCMonth() !== month) return undefined
  return new Date(date.getTime() - offset * 60_000)
}
