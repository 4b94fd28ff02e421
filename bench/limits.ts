// What Cairn has to reach: limits, which are ratios of one interleaved run and are judged, and goals, which hold for the machine they were set on.

import { foldersRow, pageRow } from './cases.js'
import { cpuUs, latencyMs, megabytesPerSecond, rate, ratio } from './figures.js'
import type { Counted, Measured } from './measure.js'
import type { Scale } from './scale.js'
import type { SubjectName } from './subject.js'
import { type Tail, tailName } from './tail.js'

/** A limit or a goal, and whether it was kept. */
export interface Limit {
  readonly sentence: string
  readonly value: number
  readonly bound: number
  readonly isLowerBound: boolean
  readonly isKept: boolean
}

/** What limits are looked for in. */
export interface Findings {
  readonly rows: readonly Measured[]
  readonly tails: readonly Tail[]
  readonly scale: Pick<Scale, 'fewKeys' | 'manyKeys'>
}

interface RatioLimit {
  readonly row: string
  readonly of: 'CPU' | 'requests/s'
  readonly bound: number
}

/** CPU of a request as a multiple of bare Koa's, at most. */
const toBare: readonly RatioLimit[] = [
  { row: 'GET 1 KiB', of: 'CPU', bound: 1.6 },
  { row: 'PUT 1 KiB', of: 'CPU', bound: 4 },
  { row: 'GET 8 MiB', of: 'CPU', bound: 1 },
]

/** Multiples of MinIO's: of CPU at most, of requests a second at least. */
const toMinio = (fewKeys: number): readonly RatioLimit[] => [
  { row: 'GET 1 KiB', of: 'CPU', bound: 0.3 },
  { row: 'PUT 1 KiB', of: 'requests/s', bound: 3 },
  { row: 'PUT 16 KiB', of: 'requests/s', bound: 3 },
  { row: pageRow(fewKeys), of: 'requests/s', bound: 4 },
  { row: 'GET 8 MiB', of: 'requests/s', bound: 1 },
  { row: 'PUT 8 MiB', of: 'requests/s', bound: 1 },
  { row: 'GET 64 KiB of 1 GiB', of: 'CPU', bound: 0.25 },
]

/** Time of a page in the large bucket as a multiple of that in the small one, at most. */
const listRatioMax = 1.2

/** The 99th percentile as a multiple of the median, below. */
const tailRatioMax = 4

interface Goal {
  readonly row: string
  readonly perSecondMin?: number
  readonly megabytesPerSecondMin?: number
  readonly cpuUsMax?: number
}

/** On two cores that the generator shares. A page of LIST has 1,000 keys. */
const goals = (fewKeys: number): readonly Goal[] => [
  { row: 'PUT 1 KiB', perSecondMin: 7_000, cpuUsMax: 130 },
  { row: 'PUT 16 KiB', perSecondMin: 4_000, cpuUsMax: 260 },
  { row: 'DELETE', perSecondMin: 10_000, cpuUsMax: 100 },
  { row: pageRow(fewKeys), perSecondMin: 300, cpuUsMax: 3_500 },
  { row: foldersRow(fewKeys), perSecondMin: 4_800, cpuUsMax: 300 },
  { row: 'GET 8 MiB', megabytesPerSecondMin: 3_400 },
  { row: 'PUT 8 MiB', megabytesPerSecondMin: 400 },
  { row: 'PUT 8 MiB with CRC32 trailer', megabytesPerSecondMin: 500 },
  { row: 'GET 64 KiB of 1 GiB', cpuUsMax: 200 },
]

/** The limits of which everything was measured that they need, each with its value. */
export function limitsOf({ rows, tails, scale }: Findings): Limit[] {
  const found = [
    ...toBare.map((limit) => ratioLimit(rows, limit, 'bare', "bare Koa's")),
    ...toMinio(scale.fewKeys).map((limit) => ratioLimit(rows, limit, 'minio', "MinIO's")),
    ...[pageRow, foldersRow].map((rowOf) => listLimit(rows, rowOf, scale)),
    ...tails
      .filter(({ subject }) => subject === 'cairn')
      .map(({ p99Ms, p50Ms }) => atMost(`${tailName}: p99, multiple of the median`, p99Ms / p50Ms, tailRatioMax)),
  ]
  return found.filter(({ value }) => !Number.isNaN(value))
}

/** The goals of which the row was measured, with what Cairn reached. */
export function goalsOf({ rows, scale }: Findings): Limit[] {
  return goals(scale.fewKeys).flatMap(({ row, perSecondMin, megabytesPerSecondMin, cpuUsMax }) => {
    const counted = rows.find(({ name }) => name === row)?.by.cairn
    if (!counted) return []
    return [
      ...(perSecondMin === undefined ? [] : [atLeast(`${row}: requests/s`, rate(counted), perSecondMin)]),
      ...(megabytesPerSecondMin === undefined
        ? []
        : [atLeast(`${row}: MB/s`, megabytesPerSecond(counted), megabytesPerSecondMin)]),
      ...(cpuUsMax === undefined ? [] : [atMost(`${row}: µs of CPU`, cpuUs(counted), cpuUsMax)]),
    ]
  })
}

function ratioLimit(rows: readonly Measured[], limit: RatioLimit, other: SubjectName, whose: string): Limit {
  const { row, of, bound } = limit
  const sentence = `${row}: ${of}, multiple of ${whose}`
  const measured = rows.find(({ name }) => name === row)
  const value = (figure: (counted: Counted) => number): number =>
    measured ? ratio(measured, figure, 'cairn', other) : Number.NaN
  return of === 'CPU' ? atMost(sentence, value(cpuUs), bound) : atLeast(sentence, value(rate), bound)
}

function listLimit(
  rows: readonly Measured[],
  rowOf: (keys: number) => string,
  { fewKeys, manyKeys }: Findings['scale'],
): Limit {
  const [few, many] = [fewKeys, manyKeys].map((keys) => rows.find(({ name }) => name === rowOf(keys))?.by.cairn)
  const value = few && many ? latencyMs(many, 0.5) / latencyMs(few, 0.5) : Number.NaN
  const sentence = `${rowOf(manyKeys)}: time of a page, multiple of that of ${fewKeys.toLocaleString('en')}`
  return atMost(sentence, value, listRatioMax)
}

function atMost(sentence: string, value: number, bound: number): Limit {
  return { sentence, value, bound, isLowerBound: false, isKept: value <= bound }
}

function atLeast(sentence: string, value: number, bound: number): Limit {
  return { sentence, value, bound, isLowerBound: true, isKept: value >= bound }
}
