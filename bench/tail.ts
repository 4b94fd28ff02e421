// How late the latest answers are: small GETs at half of the greatest rate, while objects are overwritten (so that the collector has work) and
// everything is scrubbed; where there is no scrub, objects are read from end to end at its pace.

import { setTimeout as wait } from 'node:timers/promises'
import { percentile, type RequestJob, type RequestKind } from './job.js'
import { type Load, startLoad } from './load.js'
import type { Scale } from './scale.js'
import { hasScrub, startScrub } from './scrubbing.js'
import { isCairn, type Subject, type SubjectName } from './subject.js'

/** The row's name. */
export const tailName = 'GET 1 KiB at half load'

/** What was found at one server: the median of its rounds by p99 / p50, so that one bad moment of the machine decides nothing. */
export interface Tail {
  readonly subject: SubjectName
  /** GETs a second when 32 connections ask for as many as they can, nothing else under way. */
  readonly greatestPerSecond: number
  /** GETs and PUTs a second while the rest was measured. */
  readonly getsPerSecond: number
  readonly putsPerSecond: number
  /** Who read everything meanwhile. */
  readonly reader: 'scrub' | 'GETs'
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
}

/** Share of the greatest rate of GETs, and of PUTs. */
const getShare = 0.5
const putShare = 0.1

/** MiB a second that a scrub reads at most unless told otherwise. */
const scrubMebibytesPerSecond = 32
const readObjectBytes = 8 * 2 ** 20
const objectsPerSecond = (scrubMebibytesPerSecond * 2 ** 20) / readObjectBytes

/** What a scrub needs until it reads. */
const scrubStartMs = 1_500

/** Connections for requests that become due. */
const connectionsAtRate = 64

/** How many slices long: the collector comes by twice. */
const slices = 5

const read = kind('GET', 'tail-read', 1_000, 0)
const written = kind('PUT', 'tail-written', 500, 1024)

/** As many as are read in one round. */
function long({ sliceMs }: Scale): RequestKind {
  return kind('GET', 'tail-long', Math.ceil(((sliceMs * slices + scrubStartMs) / 1000) * objectsPerSecond), 0)
}

/** Measures servers that have their buckets, in turns. */
export async function tailsOf(load: Load, subjects: readonly Subject[], scale: Scale): Promise<Tail[]> {
  const greatest = new Map<Subject, { readonly gets: number; readonly puts: number }>()
  for (const subject of subjects) {
    await prepare(load, subject, scale)
    const gets = await greatestOf(load, subject, read, scale)
    greatest.set(subject, { gets, puts: await greatestOf(load, subject, written, scale) })
  }
  const loads = [load, startLoad(), startLoad()] as const
  try {
    const found: Tail[] = []
    for (let round = 1; round <= scale.rounds; round += 1) {
      for (const [subject, { gets, puts }] of greatest) {
        found.push(await roundOf(loads, subject, gets, puts, scale))
      }
    }
    return subjects.flatMap(({ name }) => middle(found.filter(({ subject }) => subject === name)) ?? [])
  } finally {
    for (const other of loads.slice(1)) await other.close()
  }
}

/** The round in the middle by p99 / p50, of two the worse one. */
export function middle(rounds: readonly Tail[]): Tail | undefined {
  const sorted = rounds.toSorted((a, b) => a.p99Ms / a.p50Ms - b.p99Ms / b.p50Ms)
  return sorted[Math.floor(sorted.length / 2)]
}

async function prepare(load: Load, { port }: Subject, scale: Scale): Promise<void> {
  for (const { targets, bodySize } of [
    { targets: read.targets, bodySize: 1024 },
    written,
    { targets: long(scale).targets, bodySize: readObjectBytes },
  ]) {
    const kinds = [{ ...written, targets, bodySize }]
    await load.run({ port, connections: 4, msMax: 600_000, isOnce: true, kinds })
  }
}

async function greatestOf(load: Load, { port }: Subject, one: RequestKind, { sliceMs }: Scale): Promise<number> {
  const job: RequestJob = { port, connections: 32, msMax: sliceMs, isOnce: false, kinds: [one] }
  // The first time warms up.
  await load.run(job)
  const { requests, ms } = await load.run(job)
  return (requests / ms) * 1000
}

/** @param loads three generators: none waits for another's answers */
async function roundOf(
  [getting, putting, reading]: readonly [Load, Load, Load],
  subject: Subject,
  greatestGets: number,
  greatestPuts: number,
  scale: Scale,
): Promise<Tail> {
  const { name, port, directory } = subject
  const atRate = (one: RequestKind, perSecond: number): RequestJob => ({
    port,
    connections: connectionsAtRate,
    msMax: scale.sliceMs * slices,
    isOnce: false,
    kinds: [one],
    perSecond,
  })
  const scrub = isCairn(name) && hasScrub() ? startScrub(directory, scrubMebibytesPerSecond) : undefined
  if (scrub) await wait(scrubStartMs)
  try {
    const [gets, puts] = await Promise.all([
      getting.run(atRate(read, greatestGets * getShare)),
      putting.run(atRate(written, greatestPuts * putShare)),
      ...(scrub ? [] : [reading.run(atRate(long(scale), objectsPerSecond))]),
    ])
    return {
      subject: name,
      greatestPerSecond: greatestGets,
      getsPerSecond: (gets.requests / gets.ms) * 1000,
      putsPerSecond: (puts.requests / puts.ms) * 1000,
      reader: scrub ? 'scrub' : 'GETs',
      p50Ms: percentile(gets.latenciesMs, 0.5),
      p99Ms: percentile(gets.latenciesMs, 0.99),
      p999Ms: percentile(gets.latenciesMs, 0.999),
    }
  } finally {
    await scrub?.stop()
  }
}

function kind(method: 'GET' | 'PUT', place: string, count: number, bodySize: number): RequestKind {
  const targets = Array.from({ length: count }, (_, i) => `/objects/${place}/${i}`)
  return { method, targets, bodySize, payload: 'unsigned', status: 200, share: 1 }
}
