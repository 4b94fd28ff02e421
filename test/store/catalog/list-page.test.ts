// Pages of every listing against a model that looks at all keys, bytewise; and the plans SQLite makes for them.

import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict'
import { commonPrefixOf } from '../../../src/contract/listing.js'
import { leapObjects, objectsPage, scanObjects } from '../../../src/store/catalog/list-objects.js'
import type { Page, PageBounds } from '../../../src/store/catalog/list-page.js'
import { leapUploads, scanUploads, uploadsPage } from '../../../src/store/catalog/list-uploads.js'
import {
  leapVersions,
  scanOlderVersions,
  scanVersions,
  versionsPage,
} from '../../../src/store/catalog/list-versions.js'
import { byBytes, chance, ListedBucket } from './listed-bucket.js'

/** Traps of order and of delimiters: BMP above surrogates, astral, noncharacters, controls, prefixes of each other. */
const pieces = [
  'a',
  'b',
  '/',
  '//',
  '-',
  '--',
  '\uFFFD',
  '\uE000',
  '\u{10000}',
  '\u{10FFFF}',
  '😀',
  '\uFFFF',
  'é',
  ' ',
  '%',
  '\0',
  '\u007f',
  '\ud7ff',
  '"',
  '\\',
]
const delimiters = ['', '/', '-', '--', '//', '😀', '\uFFFD', 'a/', '\0', '\u{10FFFF}', 'never']

let bucket: ListedBucket
beforeEach(() => {
  bucket = new ListedBucket()
})
afterEach(() => bucket.close())

function randomKey(next: (below: number) => number): string {
  let key = ''
  for (let i = next(6); i >= 0; i -= 1) key += pieces[next(pieces.length)]
  return key
}

/** What a page must hold: of rows in order, those of `after`, rolled up. */
function model<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  { prefix, delimiter, after, count }: PageBounds,
) {
  const entries: (Row | string)[] = []
  for (const row of rows) {
    const key = keyOf(row)
    if (!key.startsWith(prefix)) continue
    const common = commonPrefixOf(key, prefix, delimiter)
    if (after !== undefined && after !== '') {
      if (byBytes(key, after) <= 0) continue
      if (common !== undefined && after.startsWith(common)) continue
    }
    if (common === undefined) entries.push(row)
    else if (entries.at(-1) !== common) entries.push(common)
  }
  const page = entries.slice(0, count)
  return { page, isTruncated: count > 0 && entries.length > count, last: page.at(-1) }
}

function namesOf(page: Page<readonly [key: string, ...rest: unknown[]]>): { keys: string[]; prefixes: string[] } {
  return { keys: page.rows.map((row) => row[0]), prefixes: [...page.prefixes] }
}

describe('a page of objects', () => {
  it('is what a look at every key gives, for random keys, prefixes, delimiters, markers and sizes', () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      bucket.close()
      bucket = new ListedBucket()
      const next = chance(seed)
      const keys = [...new Set(Array.from({ length: 20 + next(300) }, () => randomKey(next)))].toSorted(byBytes)
      bucket.fill(() => {
        for (const [i, key] of keys.entries()) bucket.put({ key, position: i + 1, isLatest: true, isNull: true })
      })
      for (let i = 0; i < 150; i += 1) {
        const some = keys[next(keys.length)] ?? ''
        const bounds = {
          prefix: next(3) === 0 ? Array.from(some).slice(0, next(4)).join('') : '',
          delimiter: delimiters[next(delimiters.length)] ?? '',
          after: next(2) === 0 ? undefined : next(2) === 0 ? some : randomKey(next),
          count: next(4) === 0 ? next(3) : next(60),
        }
        const expected = model(keys, (key) => key, bounds)
        const { page } = bucket.connection.run(objectsPage.steps({ bucket: 'b', ...bounds }))
        const text = JSON.stringify({ seed, bounds })
        const isKey = (entry: string) => commonPrefixOf(entry, bounds.prefix, bounds.delimiter) === undefined
        deepEqual(
          namesOf(page),
          { keys: expected.page.filter(isKey), prefixes: expected.page.filter((entry) => !isKey(entry)) },
          text,
        )
        equal(page.isTruncated, expected.isTruncated, text)
        equal(typeof page.last === 'string' ? page.last : page.last?.[0], expected.last, text)
      }
    }
  })

  it('goes on from its last entry until every key was listed once, whatever the delimiter and the size of pages', () => {
    const next = chance(99)
    const keys = [...new Set(Array.from({ length: 400 }, () => randomKey(next)))].toSorted(byBytes)
    bucket.fill(() => {
      for (const [i, key] of keys.entries()) bucket.put({ key, position: i + 1, isLatest: true })
    })
    for (const delimiter of delimiters) {
      for (const count of [1, 7, 100]) {
        const whole = model(keys, (key) => key, { prefix: '', delimiter, count: 10_000 }).page
        const found: string[] = []
        let after: string | undefined
        do {
          const { page } = bucket.connection.run(
            objectsPage.steps({ bucket: 'b', prefix: '', delimiter, after, count }),
          )
          found.push(...[...page.rows.map((row) => row[0]), ...page.prefixes].toSorted(byBytes))
          after = page.isTruncated ? (typeof page.last === 'string' ? page.last : page.last?.[0]) : undefined
        } while (after !== undefined)
        deepEqual(found, whole, `${delimiter} ${count}`)
      }
    }
  })

  it('holds few common prefixes of many keys, and many keys between them, in order', () => {
    bucket.fill(() => {
      let position = 0
      for (let i = 0; i < 300; i += 1) {
        const name = String(i).padStart(4, '0')
        bucket.put({ key: name, position: (position += 1), isLatest: true })
        const members = i % 3 === 0 ? 40 : i % 3 === 1 ? 1 : 0
        for (let j = 0; j < members; j += 1)
          bucket.put({ key: `${name}/${j}`, position: (position += 1), isLatest: true })
      }
    })
    const { page } = bucket.connection.run(objectsPage.steps({ bucket: 'b', prefix: '', delimiter: '/', count: 1000 }))
    equal(page.rows.length, 300)
    equal(page.prefixes.length, 200)
    deepEqual(
      page.rows.map((row) => row[0]).toSorted(byBytes),
      page.rows.map((row) => row[0]),
    )
  })

  it('shows no old version, delete marker, row that is gone, or neighbour', () => {
    bucket.put({ key: 'deleted', position: 1 })
    bucket.put({ key: 'deleted', position: 2, isMarker: true, isLatest: true })
    bucket.put({ key: 'kept', position: 3 })
    bucket.put({ key: 'kept', position: 4, isLatest: true })
    bucket.put({ key: 'overwritten', position: 5, isGone: true })
    const { page, owners } = bucket.connection.run(
      objectsPage.steps({ bucket: 'b', prefix: '', delimiter: '', count: 9 }),
    )
    deepEqual(namesOf(page).keys, ['kept'])
    deepEqual(
      [...owners.values()].map(({ name }) => name),
      ['root'],
    )
    deepEqual(page.rows[0]?.slice(1, 4), [5, 'd41d8cd98f00b204e9800998ecf8427e', 1_700_000_000_123])
  })

  it('costs its entries: as many steps of SQLite among 200,000 keys as among 2,000', () => {
    const stepsIn = (keys: number): number => {
      const own = new ListedBucket()
      own.fill(() => {
        for (let i = 0; i < keys; i += 1) own.put({ key: `dir-${i % 500}/file-${i}`, position: i + 1, isLatest: true })
      })
      let steps = 0
      const bounds = { bucket: 'b', prefix: '', count: 100 }
      for (const args of [
        { ...bounds, delimiter: '/' },
        { ...bounds, delimiter: '', after: 'dir-3' },
      ]) {
        const running = objectsPage.steps(args)
        for (let at = running.next(); at.done !== true; steps += 1) at = running.next(own.connection.execute(at.value))
      }
      own.close()
      return steps
    }
    equal(stepsIn(200_000), stepsIn(2_000))
  }).timeout(60_000)
})

describe('a page of versions', () => {
  interface Row {
    readonly key: string
    readonly position: number
  }

  function randomVersions(seed: number): Row[] {
    const next = chance(seed)
    const keys = [...new Set(Array.from({ length: 60 }, () => randomKey(next)))]
    const rows: Row[] = []
    let position = 0
    bucket.fill(() => {
      for (const key of keys) {
        const count = 1 + next(5)
        const nullAt = next(8)
        for (let i = 1; i <= count; i += 1) {
          position += 1
          const isLatest = i === count
          bucket.put({ key, position, isLatest, isMarker: next(3) === 0, isNull: nullAt === i })
          rows.push({ key, position })
        }
        bucket.put({ key, position: (position += 1), isGone: true })
      }
    })
    return rows.toSorted((a, b) => byBytes(a.key, b.key) || b.position - a.position)
  }

  it('is what a look at every version gives: keys in byte order, newest first, markers among them', () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      bucket.close()
      bucket = new ListedBucket()
      const rows = randomVersions(seed)
      const next = chance(seed + 100)
      for (let i = 0; i < 120; i += 1) {
        const some = rows[next(rows.length)]?.key ?? ''
        const bounds = {
          prefix: next(3) === 0 ? Array.from(some).slice(0, next(3)).join('') : '',
          delimiter: delimiters[next(delimiters.length)] ?? '',
          after: next(2) === 0 ? undefined : some,
          count: next(50),
        }
        const expected = model(rows, (row) => row.key, bounds)
        const { page } = bucket.connection.run(versionsPage.steps({ bucket: 'b', ...bounds }))
        const text = JSON.stringify({ seed, bounds })
        deepEqual(
          page.rows.map(([key, position]) => ({ key, position })),
          expected.page.filter((entry) => typeof entry !== 'string'),
          text,
        )
        deepEqual(
          [...page.prefixes],
          expected.page.filter((entry) => typeof entry === 'string'),
          text,
        )
        equal(page.isTruncated, expected.isTruncated, text)
      }
    }
  })

  it('goes on within a key, from any version, null or not', () => {
    const rows = randomVersions(7)
    for (const [i, { key, position }] of rows.entries()) {
      const args = { bucket: 'b', prefix: '', delimiter: '', after: key, afterVersion: position, count: 3 }
      const { page } = bucket.connection.run(versionsPage.steps(args))
      deepEqual(
        page.rows.map((row) => row[1]),
        rows.slice(i + 1, i + 4).map((row) => row.position),
      )
    }
  })

  it('goes on after the null version by its name, be it the latest or an older one', () => {
    for (const [key, nullPosition] of [
      ['older', 2],
      ['latest', 3],
    ] as const) {
      for (const position of [1, 2, 3]) {
        bucket.put({ key, position, isLatest: position === 3, isNull: position === nullPosition })
      }
    }
    const after = (key: string) => {
      const args = { bucket: 'b', prefix: '', delimiter: '', after: key, afterVersion: 'null' as const, count: 9 }
      return bucket.connection.run(versionsPage.steps(args)).page.rows.map((row) => [row[0], row[1]])
    }
    deepEqual(after('older'), [['older', 1]])
    deepEqual(after('latest'), [
      ['latest', 2],
      ['latest', 1],
      ['older', 3],
      ['older', 2],
      ['older', 1],
    ])
  })

  it('goes on after a version that has been deleted meanwhile', () => {
    bucket.put({ key: 'k', position: 1 })
    bucket.put({ key: 'k', position: 5, isLatest: true })
    const args = { bucket: 'b', prefix: '', delimiter: '', after: 'k', afterVersion: 3, count: 9 }
    deepEqual(
      bucket.connection.run(versionsPage.steps(args)).page.rows.map((row) => row[1]),
      [1],
    )
  })

  it('lists none of a key whose common prefix the marker is in', () => {
    bucket.put({ key: 'a/b', position: 2, isLatest: true })
    bucket.put({ key: 'a/b', position: 1 })
    const args = { bucket: 'b', prefix: '', delimiter: '/', after: 'a/b', afterVersion: 2, count: 9 }
    const { page } = bucket.connection.run(versionsPage.steps(args))
    deepEqual([page.rows, page.prefixes], [[], []])
  })
})

describe('a page of uploads', () => {
  it('is in order of key, then of when they were initiated', () => {
    bucket.putUpload('b', 'x1', 5)
    bucket.putUpload('a', 'x2', 9)
    bucket.putUpload('a', 'x3', 3)
    bucket.putUpload('a', 'x0', 9)
    bucket.putUpload('d/e', 'x4', 1)
    bucket.putUpload('d/f', 'x5', 1)
    const list = (args: object) => {
      const { page } = bucket.connection.run(
        uploadsPage.steps({ bucket: 'b', prefix: '', delimiter: '', count: 9, ...args }),
      )
      return [...page.rows.map((row) => row[1]), ...page.prefixes]
    }
    deepEqual(list({}), ['x3', 'x0', 'x2', 'x1', 'x4', 'x5'])
    deepEqual(list({ delimiter: '/' }), ['x3', 'x0', 'x2', 'x1', 'd/'])
    deepEqual(list({ after: 'a' }), ['x1', 'x4', 'x5'])
    deepEqual(list({ after: 'a', afterUpload: { initiatedMs: 9, uploadId: 'x0' } }), ['x2', 'x1', 'x4', 'x5'])
    deepEqual(list({ after: 'a', afterUpload: { initiatedMs: 4, uploadId: 'gone' }, count: 1 }), ['x0'])
    deepEqual(list({ prefix: 'd/' }), ['x4', 'x5'])
  })
})

describe('the plan of a listing', () => {
  const plan = (statement: { text: string; names: readonly string[] }): string =>
    bucket.connection.database
      .prepare(`EXPLAIN QUERY PLAN ${statement.text}`)
      .all(statement.names.map(() => 1) as never) // better-sqlite3 takes an array in place of the list of values
      .map((row) => String((row as { detail: unknown }).detail)) // EXPLAIN QUERY PLAN answers this column
      .join('\n')

  it('of objects is a scan of the covering index, without a sort', () => {
    match(
      plan(scanObjects),
      /SEARCH version USING COVERING INDEX version_listed \(bucket_id=\? AND key>\? AND key<\?\)/,
    )
    doesNotMatch(plan(scanObjects), /TEMP B-TREE|SCAN version/)
  })

  it('of common prefixes seeks in the covering index', () => {
    equal(plan(leapObjects).match(/SEARCH version USING COVERING INDEX version_listed/g)?.length, 2)
    doesNotMatch(plan(leapObjects), /TEMP B-TREE|SCAN version/)
  })

  it('of versions and of uploads reads their index in its order', () => {
    for (const statement of [scanVersions, leapVersions, scanOlderVersions]) {
      match(plan(statement), /SEARCH version USING (COVERING )?INDEX version_line/)
      doesNotMatch(plan(statement), /TEMP B-TREE|SCAN version/)
    }
    for (const statement of [scanUploads, leapUploads]) {
      match(plan(statement), /SEARCH upload USING (COVERING )?INDEX upload_listed/)
      doesNotMatch(plan(statement), /TEMP B-TREE|SCAN upload/)
    }
  })
})
