// What the bench asks of its load generator, and what that answers. Both are sent between processes.

import type { Signer } from './user.js'

/** How a request's body is protected: its hash is not signed, as SDKs have it over TLS; its hash is; in chunks with a CRC32 behind them, as SDKs send
 *  streams; in chunks each of which is signed. */
export type Payload = 'unsigned' | 'hash' | 'trailer' | 'chunked'

/** Requests of one kind. */
export interface RequestKind {
  readonly method: 'GET' | 'PUT' | 'HEAD' | 'DELETE'
  /** Path and query of each request, percent-encoded; taken again from the first after the last. */
  readonly targets: readonly string[]
  /** Bytes of each request's body. No two bodies are alike, save where a target comes again whose hash is signed. */
  readonly bodySize: number
  readonly payload: Payload
  /** The only status that counts. */
  readonly status: number
  /** How many of the job's requests are of this kind, in relation to its other kinds. */
  readonly share: number
  /** Who signs; root where it is left out. */
  readonly by?: Signer
  /** Asks for so many bytes from anywhere in an object of so many. */
  readonly range?: { readonly bytes: number; readonly of: number }
}

/** Requests to send to one server for a while. */
export interface RequestJob {
  readonly port: number
  readonly connections: number
  /** Ends after so many milliseconds, or … */
  readonly msMax: number
  /** … after each target of its only kind was sent once. */
  readonly isOnce: boolean
  readonly kinds: readonly RequestKind[]
  /** Requests that become due in a second, whether or not the server keeps up; without it each connection sends its next one after an answer. */
  readonly perSecond?: number
}

/** One object to upload in parts. */
export interface UploadJob {
  readonly port: number
  /** Parts under way at a time. */
  readonly connections: number
  readonly uploadTo: string
  readonly bytes: number
  readonly partBytes: number
}

/** What a generator does. */
export type Job = RequestJob | UploadJob

/** What one job came to. */
export interface Slice {
  readonly requests: number
  /** Bytes of bodies, sent and received. */
  readonly bytes: number
  /** From the first request sent to the last answer received. */
  readonly ms: number
  /** Milliseconds of each request, from its first byte sent (or when it was due) to the last byte of its answer. */
  readonly latenciesMs: readonly number[]
  /** CPU the generator used meanwhile. */
  readonly loadCpuMs: number
}

/** Slices of the same job, put together. */
export function joined(slices: readonly Slice[]): Slice {
  const sum = (of: (slice: Slice) => number): number => slices.reduce((total, slice) => total + of(slice), 0)
  return {
    requests: sum(({ requests }) => requests),
    bytes: sum(({ bytes }) => bytes),
    ms: sum(({ ms }) => ms),
    latenciesMs: slices.flatMap(({ latenciesMs }) => latenciesMs),
    loadCpuMs: sum(({ loadCpuMs }) => loadCpuMs),
  }
}

/** The value below which `share` of the values lie; 0 when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** In which order kinds take turns so that each keeps its share at any time: [3, 1] → [0, 0, 1, 0]. */
export function turns(shares: readonly number[]): number[] {
  const all = shares.reduce((sum, share) => sum + share, 0)
  const credits = shares.map(() => 0)
  return Array.from({ length: all }, () => {
    for (const [i, share] of shares.entries()) credits[i] = (credits[i] ?? 0) + share
    const next = credits.indexOf(Math.max(...credits))
    credits[next] = (credits[next] ?? 0) - all
    return next
  })
}
