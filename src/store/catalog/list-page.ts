// One page of any listing that has keys, prefixes and delimiters: scans where keys are listed one by one, leaps where they are rolled up.
// A page costs its entries, whatever lies in the bucket, between them or in their common prefixes.

import { boundsOf, commonPrefixOf, prefixEnd } from '../../contract/listing.js'
import { all, one, type Statement, type Steps } from './steps.js'

/** Rows a page with a delimiter looks at before it decides how to go on. */
const scanRowsFirst = 16

/** Entries asked for when it leaps for the first time. */
const leapEntriesFirst = 128

/** What a page is about. */
export interface PageBounds {
  readonly prefix: string
  /** Empty: none. */
  readonly delimiter: string
  /** Go on after this key, or after the common prefix it lies in. */
  readonly after?: string | undefined
  /** Entries wanted, at least 0. */
  readonly count: number
}

/** A row of a page; its first value is its key. */
export type KeyedRow = readonly [key: string, ...rest: unknown[]]

/** A type, for statements whose parameters are these. */
export type ScanParameters = { bucketId: number; from: Uint8Array; end: Uint8Array; count: number }

/** As above. */
export type LeapParameters = ScanParameters & { skip: number; delimiter: Uint8Array; delimiterEnd: Uint8Array }

/** How a listing reads. */
export interface PageReads<Row extends KeyedRow> {
  /** Answers, as one JSON array of arrays, the first `count` rows with `from` <= key < `end`, in listing order. */
  readonly scan: Statement<ScanParameters, { page: string }>
  /** Answers the keys at which the first `count` entries begin: see `leapOver`. */
  readonly leap: Statement<LeapParameters, { key: string }>
  /** Answers what comes after a row within its key; absent where a key has one row. */
  readonly rest?: (bucketId: number, row: Row, count: number) => Steps<readonly Row[]>
}

/** A page. */
export interface Page<Row extends KeyedRow> {
  readonly rows: readonly Row[]
  readonly prefixes: readonly string[]
  /** The last entry: a row, or a common prefix. */
  readonly last: Row | string | undefined
  readonly isTruncated: boolean
}

/** SQL of a recursive query that answers the first key of each entry: it seeks the first key of `source`, and from each key the next one,
 *  or, where the key is rolled up, the first key past its common prefix. `delimiterEnd` is `prefixEnd(delimiter)`, `skip` the bytes of the prefix.
 *  @param source "FROM … WHERE …" of rows with a key in `:bucketId`, by an index that has the key next */
export const leapOver = (source: string): string => `
  WITH RECURSIVE walk (entry) AS (
    SELECT (SELECT key ${source} AND key >= :from AND key < :end ORDER BY key LIMIT 1)
    UNION ALL
    SELECT (
      SELECT key ${source} AND key < :end AND key >= CASE
          WHEN instr(substr(entry, :skip + 1), :delimiter) > 0
          THEN CAST(substr(entry, 1, :skip + instr(substr(entry, :skip + 1), :delimiter) - 1) || :delimiterEnd AS BLOB)
          ELSE CAST(entry || x'00' AS BLOB)
        END
      ORDER BY key LIMIT 1)
    FROM walk WHERE entry IS NOT NULL
    LIMIT :count)
  SELECT CAST(entry AS TEXT) AS key FROM walk WHERE entry IS NOT NULL`

/** Fills a page.
 *  @param head rows that come first: the rest of the marker's own key, where a key can have several rows */
export function* listPage<Row extends KeyedRow>(
  reads: PageReads<Row>,
  bucketId: number,
  bounds: PageBounds,
  head: readonly Row[] = [],
): Steps<Page<Row>> {
  const page = new PageUnderWay<Row>(bounds)
  if (bounds.count === 0) return page
  page.take(head)
  if (bounds.delimiter === '') {
    page.take(yield* scan(reads, bucketId, page.from, page.end, page.missing))
  } else {
    yield* fillByPrefix(reads, bucketId, page, bounds)
  }
  return page
}

/** Keys that are listed one by one come fastest from a scan, common prefixes by leaps: whichever has just paid off is used again. */
function* fillByPrefix<Row extends KeyedRow>(
  reads: PageReads<Row>,
  bucketId: number,
  page: PageUnderWay<Row>,
  { prefix, delimiter }: PageBounds,
): Steps<void> {
  const bytes = Buffer.from(delimiter, 'utf8')
  const leapParameters = { delimiter: bytes, delimiterEnd: prefixEnd(bytes), skip: Buffer.byteLength(prefix, 'utf8') }
  let scanRows = scanRowsFirst
  let leapEntries = leapEntriesFirst
  let isScanning = true
  while (page.missing > 0) {
    const missing = page.missing
    if (isScanning) {
      const wanted = Math.min(scanRows, missing)
      const rows: Row[] = yield* scan(reads, bucketId, page.from, page.end, wanted)
      page.take(rows)
      if (rows.length < wanted) return
      const lastRow = rows.at(-1)
      if (reads.rest !== undefined && lastRow !== undefined && lastRow === page.last) {
        page.take(yield* reads.rest(bucketId, lastRow, page.missing))
      }
      isScanning = (missing - page.missing) * 2 > wanted
      scanRows *= 8
      continue
    }
    const wanted = Math.min(leapEntries, missing)
    const entries = yield* all(reads.leap, {
      bucketId,
      from: page.from,
      end: page.end,
      count: wanted,
      ...leapParameters,
    })
    let singles = 0
    for (let i = 0; i < entries.length; i += 1) {
      const key = keyAt(entries, i)
      const common = commonPrefixOf(key, prefix, delimiter)
      if (common !== undefined) {
        page.takePrefix(common)
        continue
      }
      // Keys in a row with no common prefix between them are one scan.
      let next = i + 1
      while (next < entries.length && commonPrefixOf(keyAt(entries, next), prefix, delimiter) === undefined) next += 1
      const end = Buffer.from(`${keyAt(entries, next - 1)}\0`, 'utf8')
      page.take(yield* scan<Row>(reads, bucketId, Buffer.from(key, 'utf8'), end, page.missing))
      singles += next - i
      i = next - 1
    }
    if (entries.length < wanted) return
    leapEntries *= 8
    isScanning = singles * 4 > wanted * 3
    if (isScanning) scanRows = leapEntriesFirst
  }
}

const keyAt = (entries: readonly { key: string }[], i: number): string => entries[i]?.key ?? ''

function* scan<Row extends KeyedRow>(
  reads: PageReads<Row>,
  bucketId: number,
  from: Uint8Array,
  end: Uint8Array,
  count: number,
): Steps<Row[]> {
  const answer = yield* one(reads.scan, { bucketId, from, end, count })
  // The statement builds arrays of exactly the columns `Row` names: each listing declares both side by side.
  return answer === undefined ? [] : (JSON.parse(answer.page) as Row[])
}

/** Collects entries until there is one more than the page may have. */
class PageUnderWay<Row extends KeyedRow> implements Page<Row> {
  readonly rows: Row[] = []
  readonly prefixes: string[] = []
  last: Row | string | undefined
  isTruncated = false
  /** Where to go on: after everything taken. */
  from: Uint8Array
  readonly end: Uint8Array
  readonly #bounds: PageBounds

  constructor(bounds: PageBounds) {
    this.#bounds = bounds
    const { from, end } = boundsOf(bounds.prefix, bounds.delimiter, bounds.after)
    this.from = from
    this.end = end
  }

  /** Entries still to be found: those the page may have, and one that tells whether there are more. */
  get missing(): number {
    return this.isTruncated ? 0 : this.#bounds.count + 1 - this.rows.length - this.prefixes.length
  }

  /** Takes rows that were found side by side. */
  take(rows: readonly Row[]): void {
    const { prefix, delimiter } = this.#bounds
    let common: string | undefined
    for (const row of rows) {
      if (this.isTruncated) return
      const key = row[0]
      if (common !== undefined && key.startsWith(common)) continue
      common = commonPrefixOf(key, prefix, delimiter)
      if (common === undefined) this.#add(row)
      else this.takePrefix(common)
    }
    const key = rows.at(-1)?.[0]
    if (key !== undefined && common === undefined) this.from = Buffer.from(`${key}\0`, 'utf8')
  }

  /** Takes a common prefix, once. */
  takePrefix(common: string): void {
    this.#add(common)
    this.from = prefixEnd(Buffer.from(common, 'utf8'))
  }

  #add(entry: Row | string): void {
    if (this.missing <= 1) {
      this.isTruncated = true
      return
    }
    if (typeof entry === 'string') this.prefixes.push(entry)
    else this.rows.push(entry)
    this.last = entry
  }
}
