// Measures cases at several servers in turns, so that what else the machine does falls on all of them.

import { setTimeout as wait } from 'node:timers/promises'
import type { Case } from './cases.js'
import { cpuMsOf, untilIdle } from './cpu.js'
import { joined, type Slice } from './job.js'
import type { Load } from './load.js'
import type { Scale } from './scale.js'
import { isCairn, type Subject, type SubjectName } from './subject.js'

/** What a case came to at one server. */
export interface Counted {
  readonly slice: Slice
  /** CPU of all processes and threads of the server, until it rested. */
  readonly cpuMs: number
}

/** One case, measured. */
export interface Measured {
  readonly name: string
  readonly connections: number
  readonly by: Readonly<Partial<Record<SubjectName, Counted>>>
}

/** Measures `chosen` at all servers that can do them. */
export async function measure(
  load: Load,
  chosen: readonly Case[],
  subjects: readonly Subject[],
  scale: Scale,
): Promise<Measured[]> {
  const slices = new Map<string, Counted[]>()
  // The first round warms up and does not count.
  for (let round = 0; round <= scale.rounds; round += 1) {
    process.stderr.write(`round ${round} of ${scale.rounds} …\n`)
    const order = round % 2 === 0 ? subjects : subjects.toReversed()
    for (const one of chosen) {
      for (const subject of order) {
        if (one.without?.includes(subject.name)) continue
        const counted = await sliceOf(load, one, subject, round, scale).catch((error: unknown) => {
          throw new Error(`${one.name} at ${subject.name}`, { cause: error })
        })
        if (round > 0)
          slices.set(`${one.name} ${subject.name}`, [...(slices.get(`${one.name} ${subject.name}`) ?? []), counted])
      }
    }
  }
  return chosen.map(({ name, connections }) => {
    const found = subjects.flatMap((subject) => {
      const own = slices.get(`${name} ${subject.name}`)
      return own ? [[subject.name, total(own)] as const] : []
    })
    return { name, connections, by: Object.fromEntries(found) }
  })
}

async function sliceOf(load: Load, one: Case, subject: Subject, round: number, scale: Scale): Promise<Counted> {
  for (const job of one.prepare?.(subject.port, round) ?? []) await load.run(job)
  const job = one.job(subject.port, round)
  const isWarmUp = round === 0
  if (isWarmUp && scale.warmUpSlices === 0) return { slice: joined([]), cpuMs: 0 }
  await untilIdle(subject.pid, scale.idleMsMax)
  const before = cpuMsOf(subject.pid)
  const longer = isWarmUp && !one.isExtra && subject.name !== 'minio' ? Math.max(1, scale.warmUpSlices) : 1
  const slice = await load.run('msMax' in job ? { ...job, msMax: job.msMax * longer } : job)
  if (!isWarmUp && one.isWriting && isCairn(subject.name)) await wait(scale.collectorMs)
  await untilIdle(subject.pid, scale.idleMsMax)
  return { slice, cpuMs: cpuMsOf(subject.pid) - before }
}

function total(counted: readonly Counted[]): Counted {
  return {
    slice: joined(counted.map(({ slice }) => slice)),
    cpuMs: counted.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  }
}
