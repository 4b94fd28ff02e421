// What the bench asks of its load generator, and what that answers. Both are sent between processes.

/** Requests to send to one server for a while. */
export interface Job {
  readonly port: number
  readonly connections: number
  /** Ends after so many milliseconds, or … */
  readonly msMax: number
  /** … after each target was sent once. Otherwise targets are taken again from the first. */
  readonly isOnce: boolean
  readonly method: 'GET' | 'PUT' | 'HEAD' | 'DELETE'
  /** Path and query of each request, percent-encoded. */
  readonly targets: readonly string[]
  /** Bytes of each request's body; no two bodies are alike. */
  readonly bodySize: number
  /** The only status that counts. */
  readonly status: number
}

/** What one job came to. */
export interface Slice {
  readonly requests: number
  /** Bytes of bodies, sent and received. */
  readonly bytes: number
  /** From the first request sent to the last answer received. */
  readonly ms: number
  /** Milliseconds of each request, from its first byte sent to the last byte of its answer. */
  readonly latenciesMs: readonly number[]
}

/** Slices of the same job, put together. */
export function joined(slices: readonly Slice[]): Slice {
  return {
    requests: slices.reduce((sum, slice) => sum + slice.requests, 0),
    bytes: slices.reduce((sum, slice) => sum + slice.bytes, 0),
    ms: slices.reduce((sum, slice) => sum + slice.ms, 0),
    latenciesMs: slices.flatMap((slice) => slice.latenciesMs),
  }
}

/** The value below which `share` of the values lie; 0 when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
