// What the bench measures: each case as the requests it sends, for a slice of time, to either server.

import type { Job } from './job.js'

/** How long and how much. `quick` only shows that the bench works. */
export interface Scale {
  readonly rounds: number
  readonly sliceMs: number
  /** How long the server is given after a slice of writes: its collector comes by twice. */
  readonly collectorMs: number
  /** Keys of the large bucket that is listed. */
  readonly keys: number
}

/** One row of the table. */
export interface Case {
  readonly name: string
  readonly connections: number
  /** Milliseconds the server certainly has work left after a slice. */
  readonly afterwardsMs: number
  /** Whether it lists the buckets that are filled beforehand. */
  readonly isListing?: boolean
  /** Requests that must have been done before a slice of `job`; its time and CPU are not counted. */
  prepare?(port: number, round: number): Job[]
  job(port: number, round: number): Job
}

const KiB = 1024
const MiB = 1024 * KiB

/** Keys of the small bucket that is listed. */
export const fewKeys = 2_000

const entriesPerPage = 1_000

/** Buckets the cases use. */
export const buckets = ['objects', 'many', 'few']

/** All cases, in the order of the table. */
export function cases(scale: Scale): Case[] {
  return [
    reading('GET 1 KiB', 'GET', KiB, 32, 1_000, scale),
    reading('GET 64 KiB', 'GET', 64 * KiB, 32, 200, scale),
    reading('GET 8 MiB', 'GET', 8 * MiB, 4, 16, scale),
    writing('PUT 1 KiB', KiB, 32, 10_000, scale),
    writing('PUT 64 KiB', 64 * KiB, 32, 2_000, scale),
    writing('PUT 8 MiB', 8 * MiB, 4, 32, scale),
    reading('HEAD', 'HEAD', KiB, 32, 1_000, scale),
    deleting('DELETE', scale),
    listing(`LIST 1,000 of ${fewKeys.toLocaleString('en')}`, 'few', fewKeys, scale),
    listing(`LIST 1,000 of ${scale.keys.toLocaleString('en')}`, 'many', scale.keys, scale),
  ]
}

/** Requests that fill the buckets that are listed. */
export function fill(port: number, bucket: string, keys: number): Job {
  const targets = Array.from({ length: keys }, (_, i) => `/${bucket}/${listedKey(i)}`)
  return { port, connections: 64, msMax: 600_000, isOnce: true, method: 'PUT', targets, bodySize: 16, status: 200 }
}

/** The first page of a bucket, as the bare server will answer every listing. */
export function firstPage(bucket: string): string {
  return `/${bucket}?list-type=2&max-keys=${entriesPerPage}`
}

function reading(
  name: string,
  method: 'GET' | 'HEAD',
  size: number,
  connections: number,
  count: number,
  scale: Scale,
): Case {
  const targets = targetsOf(`${method.toLowerCase()}-${size}`, count)
  return {
    name,
    connections,
    afterwardsMs: 0,
    prepare: (port, round) => (round === 0 ? [put(port, targets, size, connections)] : []),
    job: (port) => ({
      port,
      connections,
      msMax: scale.sliceMs,
      isOnce: false,
      method,
      targets,
      bodySize: 0,
      status: 200,
    }),
  }
}

function writing(name: string, size: number, connections: number, count: number, scale: Scale): Case {
  return {
    name,
    connections,
    afterwardsMs: scale.collectorMs,
    job: (port, round) => ({
      ...put(port, targetsOf(`put-${size}-${size > MiB ? 0 : round}`, count), size, connections),
      msMax: scale.sliceMs,
      isOnce: false,
    }),
  }
}

function deleting(name: string, scale: Scale): Case {
  const connections = 32
  const count = Math.ceil(scale.sliceMs * 4)
  return {
    name,
    connections,
    afterwardsMs: scale.collectorMs,
    prepare: (port, round) => [put(port, targetsOf(`delete-${round}`, count), KiB, 64)],
    job: (port, round) => ({
      ...put(port, targetsOf(`delete-${round}`, count), 0, connections),
      method: 'DELETE',
      msMax: scale.sliceMs,
      status: 204,
    }),
  }
}

/** One page after the other at a time, from anywhere in the bucket where a full page follows. */
function listing(name: string, bucket: string, keys: number, scale: Scale): Case {
  const places = 499
  const targets = Array.from({ length: places }, (_, i) => {
    const after = Math.floor(((i * 271) % places) * ((keys - entriesPerPage - 1) / places))
    return `${firstPage(bucket)}&start-after=${listedKey(after)}`
  })
  return {
    name,
    connections: 1,
    afterwardsMs: 0,
    isListing: true,
    job: (port) => ({
      port,
      connections: 1,
      msMax: scale.sliceMs,
      isOnce: false,
      method: 'GET',
      targets,
      bodySize: 0,
      status: 200,
    }),
  }
}

function put(port: number, targets: readonly string[], bodySize: number, connections: number): Job {
  return { port, connections, msMax: 600_000, isOnce: true, method: 'PUT', targets, bodySize, status: 200 }
}

function targetsOf(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `/objects/${prefix}/${String(i).padStart(6, '0')}`)
}

function listedKey(i: number): string {
  return `photos/2026/album-${String(Math.floor(i / 500)).padStart(4, '0')}/picture-${String(i).padStart(7, '0')}.jpg`
}
