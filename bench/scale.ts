// How long and how much a run measures.

/** Sizes of a run. */
export interface Scale {
  /** Rounds that count; the one before them warms up. */
  readonly rounds: number
  readonly sliceMs: number
  /** How long Cairn is given after a slice of writes: its collector comes by twice. */
  readonly collectorMs: number
  /** What a server does behind its answers has this long to end before its CPU is read. */
  readonly idleMsMax: number
  /** How many times longer the round is that does not count. */
  readonly warmUpSlices: number
  /** Keys of the small bucket that is listed. */
  readonly fewKeys: number
  /** Keys of the large one. */
  readonly manyKeys: number
  /** Bytes of an object that is called 1 GiB. */
  readonly largeBytes: number
}

/** Slices of warm-up: V8 compiles in the background for the first tens of thousands of requests of a kind, and a slice of synced writes has a few
 *  thousand. Measured: 18 % of the CPU of puts between the fifth and the ninth second. */
const warmUpSlices = 5

/** What `npm run bench` does unless told otherwise. */
export const normal: Scale = {
  rounds: 4,
  sliceMs: 2_000,
  collectorMs: 11_000,
  idleMsMax: 5_000,
  warmUpSlices,
  fewKeys: 10_000,
  manyKeys: 200_000,
  largeBytes: 2 ** 30,
}

/** Everything there is. */
export const full: Scale = { ...normal, rounds: 3, manyKeys: 1_000_000 }

/** Shows that the bench works; too short to judge by. */
export const quick: Scale = {
  rounds: 1,
  sliceMs: 200,
  collectorMs: 0,
  idleMsMax: 0,
  warmUpSlices: 0,
  fewKeys: 2_000,
  manyKeys: 10_000,
  largeBytes: 64 * 2 ** 20,
}

/** One case at a time, for as long as V8 needs to have compiled what it will, and for a hundred samples of a function of one percent. */
export const profiled: Scale = { ...normal, rounds: 1, sliceMs: 10_000, manyKeys: 20_000 }
