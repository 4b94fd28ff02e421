// What the bench measures: each case as the requests it sends, for a slice of time, to each server.

import type { Job, Payload, RequestJob, RequestKind } from './job.js'
import type { Scale } from './scale.js'
import type { SubjectName } from './subject.js'
import { userOf } from './user.js'

/** One row of the table. */
export interface Case {
  readonly name: string
  readonly connections: number
  /** Left out unless everything is asked for, or this case by its name. */
  readonly isExtra?: boolean
  /** Whether the collector has work left after a slice. */
  readonly isWriting?: boolean
  /** The filled bucket that it lists. */
  readonly lists?: ListedBucket
  /** Whether it needs the user of user.ts. */
  readonly asUser?: boolean
  /** Servers that cannot do it, or not in any sensible time. */
  readonly without?: readonly SubjectName[]
  /** What must have been done before a slice of `job`; its time and CPU are not counted. */
  prepare?(port: number, round: number): Job[]
  job(port: number, round: number): Job
}

/** Buckets that are filled to be listed. */
export type ListedBucket = 'few' | 'many'

const KiB = 1024
const MiB = 1024 * KiB

const entriesPerPage = 1_000
const folders = 100
const fillBatch = 20_000

/** Buckets the cases use. */
export const buckets = ['objects', 'few', 'many'] as const

/** Where the object of 1 GiB is. */
const largeObject = '/objects/large'
const partBytes = 16 * MiB

/** Parts and requests for bodies of some MiB under way at a time. */
const fewConnections = 4
const connectionsOfMost = 32

/** What no server here writes durably in a millisecond: so many keys are enough for a slice in which none is written twice. */
const smallWritesPerMs = 20
const largeWritesPerMs = 0.08

/** All cases, in the order of the table. */
export function cases(scale: Scale): Case[] {
  const { fewKeys, manyKeys } = scale
  const small = { size: KiB, connections: connectionsOfMost }
  const large = { size: 8 * MiB, connections: fewConnections }
  const newKeys = Math.ceil(scale.sliceMs * smallWritesPerMs)
  return [
    reading('GET 1 KiB', { ...small, count: 1_000 }, scale),
    extra(readingAsUser('GET 1 KiB by a user with ten policies', scale)),
    extra(reading('GET 1 KiB at 1', { ...small, connections: 1, count: 1_000 }, scale)),
    extra(reading('GET 1 KiB at 256', { ...small, connections: 256, count: 1_000 }, scale)),
    reading('GET 64 KiB', { ...small, size: 64 * KiB, count: 200 }, scale),
    reading('GET 8 MiB', { ...large, count: 16 }, scale),
    ranges('GET 64 KiB of 1 GiB', scale),
    writing('PUT 1 KiB', { ...small, count: newKeys }, scale),
    extra(writing('PUT 1 KiB at 1', { ...small, connections: 1, count: newKeys }, scale)),
    extra(writing('PUT 1 KiB at 256', { ...small, connections: 256, count: newKeys }, scale)),
    ...modes('PUT 1 KiB', { ...small, count: newKeys }, scale),
    extra(overwriting('PUT 1 KiB over another', scale)),
    writing('PUT 16 KiB', { ...small, size: 16 * KiB, count: newKeys }, scale),
    writing('PUT 64 KiB', { ...small, size: 64 * KiB, count: 2_000 }, scale),
    writing('PUT 8 MiB', { ...large, count: 32 }, scale),
    ...modes('PUT 8 MiB', { ...large, count: Math.ceil(scale.sliceMs * largeWritesPerMs) }, scale),
    extra(uploading('PUT 1 GiB in parts', scale)),
    reading('HEAD', { ...small, count: 1_000 }, scale, 'HEAD'),
    deleting('DELETE', scale),
    extra(mixed('mixed 70/20/5/5', scale)),
    listing('few', fewKeys, scale),
    listing('many', manyKeys, scale),
    foldersOf('few', fewKeys, scale),
    foldersOf('many', manyKeys, scale),
  ]
}

/** The row of pages of 1,000 keys in a bucket of so many. */
export function pageRow(keys: number): string {
  return `LIST 1,000 of ${keys.toLocaleString('en')}`
}

/** The row of pages of 100 folders in a bucket of so many keys. */
export function foldersRow(keys: number): string {
  return `LIST ${folders} folders of ${keys.toLocaleString('en')}`
}

/** Jobs that fill a bucket that is listed, one after the other: requests are held signed, a million at a time would be a gigabyte. */
export function* fill(port: number, bucket: ListedBucket, scale: Scale): Generator<RequestJob> {
  const keys = keysOf(bucket, scale)
  for (let from = 0; from < keys; from += fillBatch) {
    const count = Math.min(fillBatch, keys - from)
    const targets = Array.from({ length: count }, (_, i) => `/${bucket}/${listedKey(from + i, keys)}`)
    yield { ...once(port, put(targets, 16)), connections: 64 }
  }
}

/** The pages the bare server answers with: what it is asked for, and where it keeps the answer. */
export function pagesOf(bucket: ListedBucket): { readonly target: string; readonly keptAt: string }[] {
  return [
    { target: pageOf(bucket), keptAt: `/${bucket}` },
    { target: foldersIn(bucket), keptAt: `/${bucket}?delimiter` },
  ]
}

interface Bodies {
  readonly size: number
  readonly connections: number
  /** How many objects. */
  readonly count: number
}

function extra(one: Case): Case {
  return { ...one, isExtra: true }
}

function reading(
  name: string,
  { size, connections, count }: Bodies,
  scale: Scale,
  method: 'GET' | 'HEAD' = 'GET',
): Case {
  const targets = targetsOf(`${method.toLowerCase()}-${size}`, count)
  return {
    name,
    connections,
    prepare: (port, round) => (round === 0 ? [{ ...once(port, put(targets, size)), connections }] : []),
    job: (port) => during(port, connections, scale, [get(targets, method)]),
  }
}

/** Beside 'GET 1 KiB', of the same objects: what it costs to ask policies. Named together both are measured in turns. */
function readingAsUser(name: string, scale: Scale): Case {
  const targets = targetsOf(`user-${KiB}`, 1_000)
  return {
    name,
    connections: connectionsOfMost,
    asUser: true,
    // The others have no IAM.
    without: ['bare', 'minio'],
    prepare: (port, round) => (round === 0 ? [once(port, put(targets, KiB))] : []),
    job: (port) => during(port, connectionsOfMost, scale, [{ ...get(targets), by: userOf(port) }]),
  }
}

/** Pieces of a large object, from anywhere in it. The bare server would read a file of its own: no measure of anything. */
function ranges(name: string, scale: Scale): Case {
  const range = { bytes: 64 * KiB, of: scale.largeBytes }
  const targets = Array.from({ length: 1_000 }, () => largeObject)
  return {
    name,
    connections: connectionsOfMost,
    without: ['bare'],
    prepare: (port, round) => (round === 0 ? [upload(port, scale)] : []),
    job: (port) => during(port, connectionsOfMost, scale, [{ ...get(targets), status: 206, range }]),
  }
}

function writing(
  name: string,
  { size, connections, count }: Bodies,
  scale: Scale,
  payload: Payload = 'unsigned',
): Case {
  const place = `put-${size}-${payload}-${connections}`
  return {
    name,
    connections,
    isWriting: true,
    job: (port, round) => {
      const targets = targetsOf(`${place}-${size > MiB ? 0 : round}`, count)
      return during(port, connections, scale, [{ ...put(targets, size), payload }])
    },
  }
}

function modes(name: string, bodies: Bodies, scale: Scale): Case[] {
  const mode = (suffix: string, payload: Payload): Case => extra(writing(`${name} ${suffix}`, bodies, scale, payload))
  return [mode('hashed', 'hash'), mode('with CRC32 trailer', 'trailer'), mode('in signed chunks', 'chunked')]
}

function overwriting(name: string, scale: Scale): Case {
  const targets = targetsOf('over', 500)
  return {
    name,
    connections: connectionsOfMost,
    isWriting: true,
    prepare: (port, round) => (round === 0 ? [once(port, put(targets, KiB))] : []),
    job: (port) => during(port, connectionsOfMost, scale, [put(targets, KiB)]),
  }
}

function uploading(name: string, scale: Scale): Case {
  return {
    name,
    connections: fewConnections,
    isWriting: true,
    without: ['bare'],
    job: (port) => upload(port, scale),
  }
}

function deleting(name: string, scale: Scale): Case {
  const count = Math.ceil(scale.sliceMs * 4)
  const targets = (round: number): string[] => targetsOf(`delete-${round}`, count)
  return {
    name,
    connections: connectionsOfMost,
    isWriting: true,
    prepare: (port, round) => [once(port, put(targets(round), KiB))],
    job: (port, round) => ({
      ...once(port, { ...put(targets(round), 0), method: 'DELETE', status: 204 }),
      msMax: scale.sliceMs,
    }),
  }
}

/** Of twenty requests fourteen GETs, four PUTs, one page of 100 keys, one DELETE of what was put before. */
function mixed(name: string, scale: Scale): Case {
  const read = targetsOf('mixed', 1_000)
  return {
    name,
    connections: connectionsOfMost,
    isWriting: true,
    without: ['bare'],
    prepare: (port, round) => (round === 0 ? [once(port, put(read, KiB))] : []),
    job: (port, round) => {
      const written = targetsOf(`mixed-${round}`, 20_000)
      return during(port, connectionsOfMost, scale, [
        { ...get(read), share: 14 },
        { ...put(written, KiB), share: 4 },
        { ...get([`/objects?list-type=2&max-keys=100&prefix=mixed%2F`]), share: 1 },
        { ...put(written, 0), method: 'DELETE', status: 204, share: 1 },
      ])
    },
  }
}

/** One page after the other, from anywhere in the bucket where a full page follows. */
function listing(bucket: ListedBucket, keys: number, scale: Scale): Case {
  const places = 499
  const targets = Array.from({ length: places }, (_, i) => {
    const after = Math.floor(((i * 271) % places) * ((keys - entriesPerPage - 1) / places))
    return `${pageOf(bucket)}&start-after=${encodeURIComponent(listedKey(after, keys))}`
  })
  return {
    ...listingCase(pageRow(keys), bucket),
    job: (port) => during(port, listingConnections, scale, [get(targets)]),
  }
}

function foldersOf(bucket: ListedBucket, keys: number, scale: Scale): Case {
  const targets = [foldersIn(bucket)]
  return {
    ...listingCase(foldersRow(keys), bucket),
    job: (port) => during(port, listingConnections, scale, [get(targets)]),
  }
}

const listingConnections = 8

/** The large bucket is there to compare Cairn with itself. */
function listingCase(name: string, bucket: ListedBucket): Omit<Case, 'job'> {
  const without: SubjectName[] = bucket === 'many' ? ['minio'] : []
  return { name, connections: listingConnections, lists: bucket, without }
}

function during(port: number, connections: number, scale: Scale, kinds: RequestKind[]): RequestJob {
  return { port, connections, msMax: scale.sliceMs, isOnce: false, kinds }
}

function once(port: number, kind: RequestKind): RequestJob {
  return { port, connections: connectionsOfMost, msMax: 900_000, isOnce: true, kinds: [kind] }
}

function upload(port: number, { largeBytes }: Scale): Job {
  return { port, connections: fewConnections, uploadTo: largeObject, bytes: largeBytes, partBytes }
}

function put(targets: readonly string[], bodySize: number): RequestKind {
  return { method: 'PUT', targets, bodySize, payload: 'unsigned', status: 200, share: 1 }
}

function get(targets: readonly string[], method: 'GET' | 'HEAD' = 'GET'): RequestKind {
  return { method, targets, bodySize: 0, payload: 'unsigned', status: 200, share: 1 }
}

function targetsOf(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `/objects/${prefix}/${String(i).padStart(6, '0')}`)
}

function pageOf(bucket: ListedBucket): string {
  return `/${bucket}?list-type=2&max-keys=${entriesPerPage}`
}

function foldersIn(bucket: ListedBucket): string {
  return `/${bucket}?list-type=2&delimiter=%2F&prefix=photos%2F`
}

function keysOf(bucket: ListedBucket, { fewKeys, manyKeys }: Scale): number {
  return bucket === 'few' ? fewKeys : manyKeys
}

/** In the order of their numbers, as many in each folder. */
function listedKey(i: number, keys: number): string {
  const folder = Math.floor(i / Math.ceil(keys / folders))
  return `photos/album-${String(folder).padStart(3, '0')}/picture-${String(i).padStart(7, '0')}.jpg`
}
