// Does anything grow? A line is laid through the samples after the warm-up, and what it rises by is held against what such a number may differ
// without growing.

import type { Sample } from './sample.js'

type Measure = Exclude<keyof Sample, 'at'>

interface Rule {
  readonly measure: Measure
  readonly name: string
  /** What it may rise by over the whole of the judged time, and as a share of its middle: whichever is more. */
  readonly riseMax: number
  readonly shareMax: number
  /** What no sample may exceed. */
  readonly most: number
  readonly reason: string
}

/** What is judged, and why by so much. */
const rules: readonly Rule[] = [
  {
    measure: 'anon',
    name: 'RssAnon, MiB',
    riseMax: 48,
    shareMax: 0.1,
    most: 768,
    reason:
      'recycled pieces of bodies fill up to 64 MiB in and out, threads for hashing start late, V8 keeps pages it may need',
  },
  {
    measure: 'heap',
    name: 'JavaScript heap, MiB',
    riseMax: 16,
    shareMax: 0.1,
    most: 256,
    reason: 'small bodies that are kept have entries; what is garbage is collected before each sample',
  },
  {
    measure: 'buffers',
    name: 'memory outside the heap, MiB',
    riseMax: 48,
    shareMax: 0.1,
    most: 512,
    reason: 'as RssAnon',
  },
  {
    measure: 'descriptors',
    name: 'descriptors',
    riseMax: 32,
    shareMax: 0.1,
    most: 1024,
    reason: 'up to 256 blob files are kept open for the next read, connections come and go',
  },
  { measure: 'threads', name: 'threads', riseMax: 1, shareMax: 0, most: 64, reason: 'all start within the warm-up' },
  {
    measure: 'wal',
    name: 'WAL, MiB',
    riseMax: 64,
    shareMax: 0,
    most: 160,
    reason: 'it is started over at 64 MiB, or at twice that where a checkpoint is under way; its file keeps 64 MiB',
  },
  {
    measure: 'catalogUsed',
    name: 'catalog in use without the feed, MiB',
    riseMax: 4,
    shareMax: 0.1,
    most: 1024,
    reason: 'small bodies are of random size; the feed is kept to 250,000 changes and left out',
  },
  {
    measure: 'bodies',
    name: 'bodies',
    riseMax: 128,
    shareMax: 0.1,
    most: 1_000_000,
    reason: 'what is stored is about as much at any time: deletions match puts',
  },
  {
    measure: 'blobFiles',
    name: 'blob files',
    riseMax: 320,
    shareMax: 0.1,
    most: 1_000_000,
    reason: 'as bodies, and those that no row names any more',
  },
  {
    measure: 'unnamedFiles',
    name: 'blob files no row names',
    riseMax: 256,
    shareMax: 0.25,
    most: 100_000,
    reason:
      'those of the last two passes of the collector, 10 s of removals, 200 files on a fast machine; at rest afterwards there must be none',
  },
  {
    measure: 'waiting',
    name: 'rows waiting to be removed',
    riseMax: 256,
    shareMax: 0.25,
    most: 100_000,
    reason: 'as blob files no row names',
  },
  {
    measure: 'lateMs',
    name: 'event loop late, p99 ms',
    riseMax: 25,
    shareMax: 0.5,
    most: 5_000,
    reason: 'what else the machine does',
  },
]

/** What was found of one measure. */
export interface Verdict {
  readonly name: string
  readonly first: number
  readonly middle: number
  readonly last: number
  readonly most: number
  /** Over the judged time. */
  readonly rise: number
  readonly perHour: number
  readonly riseMax: number
  readonly isFlat: boolean
  readonly reason: string
}

/** Judges samples.
 *  @param samples after the warm-up, in their order, ten at least */
export function judged(samples: readonly Sample[]): Verdict[] {
  const seconds = (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)
  return rules.map(({ measure, name, riseMax, shareMax, most, reason }) => {
    const values = samples.map((sample) => sample[measure])
    const middle = median(values)
    const perSecond = slope(samples.map((one) => [one.at, one[measure]] as const))
    const rise = perSecond * seconds
    const allowed = Math.max(riseMax, shareMax * middle)
    const peak = Math.max(...values)
    const third = Math.max(1, Math.floor(values.length / 3))
    return {
      name,
      first: median(values.slice(0, third)),
      middle,
      last: median(values.slice(-third)),
      most: peak,
      rise,
      perHour: perSecond * 3600,
      riseMax: allowed,
      isFlat: rise <= allowed && peak <= most,
      reason,
    }
  })
}

/** Theil and Sen's: the middle of the slopes between all pairs, which no single peak moves. */
function slope(points: readonly (readonly [number, number])[]): number {
  const slopes: number[] = []
  for (const [i, [x, y]] of points.entries()) {
    for (const [otherX, otherY] of points.slice(i + 1)) if (otherX > x) slopes.push((otherY - y) / (otherX - x))
  }
  return median(slopes)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
