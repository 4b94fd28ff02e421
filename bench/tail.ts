// How late the latest answers are: small GETs at half of the greatest rate, while objects are overwritten (so that the collector has work) and others
// are read from end to end, as a scrub does.

import { percentile, type RequestJob, type RequestKind } from './job.js'
import { type Load, startLoad } from './load.js'
import type { Scale } from './scale.js'
import type { Subject, SubjectName } from './subject.js'

/** The row's name. */
export const tailName = 'GET 1 KiB at half load'

/** What was found at one server. */
export interface Tail {
  readonly subject: SubjectName
  /** GETs a second when 32 connections ask for as many as they can, nothing else under way. */
  readonly greatestPerSecond: number
  /** GETs, PUTs and bytes read a second while the rest was measured. */
  readonly getsPerSecond: number
  readonly putsPerSecond: number
  readonly readPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
}

/** Share of the greatest rate of GETs, and of PUTs. */
const getShare = 0.5
const putShare = 0.1

/** Bytes a second read from end to end, as of a scrub that is to disturb nobody. */
const readBytesPerSecond = 48 * 2 ** 20
const readObjectBytes = 8 * 2 ** 20

/** Connections for requests that become due. */
const connectionsAtRate = 64

/** How many slices long: the collector comes by twice. */
const slices = 5

/** Measures one server that has its buckets. */
export async function tailOf(load: Load, subject: Subject, scale: Scale): Promise<Tail> {
  const { port, name } = subject
  const read = kind('GET', 'tail-read', 1_000, 0)
  const written = kind('PUT', 'tail-written', 500, 1024)
  const long = kind('GET', 'tail-long', 16, 0)
  for (const { targets, size } of [
    { targets: read.targets, size: 1024 },
    { targets: written.targets, size: 1024 },
    { targets: long.targets, size: readObjectBytes },
  ]) {
    const job = { port, connections: 4, msMax: 600_000, isOnce: true }
    await load.run({ ...job, kinds: [{ ...written, targets, bodySize: size }] })
  }
  const greatest = async (one: RequestKind): Promise<number> => {
    // The first half warms up.
    const job: RequestJob = { port, connections: 32, msMax: scale.sliceMs, isOnce: false, kinds: [one] }
    await load.run(job)
    const { requests, ms } = await load.run(job)
    return (requests / ms) * 1000
  }
  const greatestGets = await greatest(read)
  const greatestPuts = await greatest(written)
  const others = [startLoad(), startLoad()]
  try {
    const msMax = scale.sliceMs * slices
    const atRate = (one: RequestKind, perSecond: number): RequestJob => ({
      port,
      connections: connectionsAtRate,
      msMax,
      isOnce: false,
      kinds: [one],
      perSecond,
    })
    const [gets, puts, reads] = await Promise.all([
      load.run(atRate(read, greatestGets * getShare)),
      others[0]?.run(atRate(written, greatestPuts * putShare)),
      others[1]?.run(atRate(long, readBytesPerSecond / readObjectBytes)),
    ])
    const perSecond = (count: number | undefined, ms: number | undefined): number => ((count ?? 0) / (ms ?? 1)) * 1000
    return {
      subject: name,
      greatestPerSecond: greatestGets,
      getsPerSecond: perSecond(gets.requests, gets.ms),
      putsPerSecond: perSecond(puts?.requests, puts?.ms),
      readPerSecond: perSecond(reads?.bytes, reads?.ms),
      p50Ms: percentile(gets.latenciesMs, 0.5),
      p99Ms: percentile(gets.latenciesMs, 0.99),
      p999Ms: percentile(gets.latenciesMs, 0.999),
    }
  } finally {
    for (const other of others) await other.close()
  }
}

function kind(method: 'GET' | 'PUT', place: string, count: number, bodySize: number): RequestKind {
  const targets = Array.from({ length: count }, (_, i) => `/objects/${place}/${i}`)
  return { method, targets, bodySize, payload: 'unsigned', status: 200, share: 1 }
}
