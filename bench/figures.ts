// Figures of what was counted: rates, times, CPU of a request, and how servers compare. NaN where a server was not measured.

import { percentile } from './job.js'
import type { Counted, Measured } from './measure.js'
import type { SubjectName } from './subject.js'

/** Requests a second. */
export function rate({ slice }: Counted): number {
  return (slice.requests / slice.ms) * 1000
}

/** Megabytes (10⁶) of bodies a second. */
export function megabytesPerSecond({ slice }: Counted): number {
  return slice.bytes / 1000 / slice.ms
}

/** Milliseconds within which `share` of the requests were answered. */
export function latencyMs({ slice }: Counted, share: number): number {
  return percentile(slice.latenciesMs, share)
}

/** Microseconds of the server's CPU for a request. */
export function cpuUs({ slice, cpuMs }: Counted): number {
  return (cpuMs / slice.requests) * 1000
}

/** CPU of the generator, in processors: near 1 it is what limits the rate, for it has one thread. */
export function loadShare({ slice }: Counted): number {
  return slice.loadCpuMs / slice.ms
}

/** What `of` says of one server as a multiple of what it says of another. */
export function ratio(
  { by }: Measured,
  of: (counted: Counted) => number,
  one: SubjectName,
  other: SubjectName,
): number {
  const [over, under] = [by[one], by[other]]
  return over && under ? of(over) / of(under) : Number.NaN
}
