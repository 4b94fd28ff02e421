// Dates as policies and contexts write them. Pure.

/** W3C's note on date and time formats, the profile of ISO 8601 that IAM names: a year, a month, a day, or a time with its zone. */
const w3cShape =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):(\d\d)))?)?)?$/

/** Seconds since 1970; four digits are a year. */
const epochShape = /^-?(?:\d{1,3}|\d{5,12})(?:\.\d{1,9})?$/

/** @returns milliseconds since 1970; undefined when it is no date
 *  Source: IAM User Guide, "Date condition operators": "one of the W3C implementations of the ISO 8601 date formats or in epoch (UNIX) time" */
export function instantOf(text: string): number | undefined {
  if (epochShape.test(text)) return Number(text) * 1000
  const parts = w3cShape.exec(text)
  if (parts === null) return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)))
  const ms = Math.floor(Number(`0.${parts[7] ?? '0'}`) * 1000)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  // What is beyond the calendar or the clock would have been carried over into the next day or month.
  const isOfCalendar = month >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  const offsetMinutes = Number(parts[9] ?? 0) * 60 + Number(parts[10] ?? 0)
  if (!isOfCalendar || hour > 23 || minute > 59 || second > 60 || offsetMinutes >= 24 * 60) return undefined
  const local = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + ms
  return parts[8] === '-' ? local + offsetMinutes * 60_000 : local - offsetMinutes * 60_000
}
