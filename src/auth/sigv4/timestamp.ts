// Times of Signature Version 4: "20261121T093000Z".

/** Milliseconds since 1970 of "YYYYMMDDTHHMMSSZ", or undefined when it is anything else or no such instant exists. */
export function timestampMs(text: string): number | undefined {
  if (text.length !== 16 || text[8] !== 'T' || text[15] !== 'Z') return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 4, 6)
  const day = digits(text, 6, 8)
  const hour = digits(text, 9, 11)
  const minute = digits(text, 11, 13)
  const second = digits(text, 13, 15)
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59))
    return undefined
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  return new Date(ms).getUTCDate() === day ? ms : undefined
}

/** NaN when there is anything but digits. */
function digits(text: string, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** "20261121T093000Z" of milliseconds since 1970. */
export function timestampOf(ms: number): string {
  const text = new Date(ms).toISOString()
  return `${text.slice(0, 4)}${text.slice(5, 7)}${text.slice(8, 13)}${text.slice(14, 16)}${text.slice(17, 19)}Z`
}

/** "2026-11-21T09:30:00Z" of milliseconds since 1970, as in the members of S3's errors. */
export function isoSecondsOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
