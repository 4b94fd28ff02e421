// One look at a server from outside: memory, descriptors, threads, files, rows.

import Database from 'better-sqlite3'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { childrenOf } from '../cpu.js'

const MiB = 1024 * 1024

/** Bytes of a change in the feed, its row and index: what the catalog grows by until the feed is as long as it is kept. Measured: 62. */
const changeSizeBytes = 64

/** What was seen. Sizes in MiB. */
export interface Sample {
  /** Seconds since the load began. */
  readonly at: number
  /** Memory of the process's own, heap and buffers: RssAnon. */
  readonly anon: number
  /** Memory of mapped files, the catalog most of all: RssFile. The kernel takes it back when it needs it. */
  readonly file: number
  readonly heap: number
  readonly buffers: number
  readonly descriptors: number
  readonly threads: number
  readonly wal: number
  readonly catalog: number
  /** Pages in use, without the feed. */
  readonly catalogUsed: number
  readonly blobFiles: number
  /** Files that no row names: being written, or waiting to be removed. */
  readonly unnamedFiles: number
  /** Rows of what waits to be removed. */
  readonly waiting: number
  readonly bodies: number
  readonly changes: number
  /** Of the event loop, p99 within a second, ms. */
  readonly lateMs: number
}

/** Looks at a server.
 *  @param pid of its first process; its children count too */
export function sample(pid: number, directory: string, probeFile: string, at: number): Sample {
  const processes = [pid, ...descendantsOf(pid)]
  const sum = (of: (pid: number) => number): number => processes.reduce((total, one) => total + of(one), 0)
  const blobFiles = filesBelow(join(directory, 'blobs'))
  const rows = rowsOf(join(directory, 'catalog.db'))
  const probe = probed(probeFile)
  return {
    at,
    anon: sum((one) => statusOf(one, 'RssAnon')) / 1024,
    file: sum((one) => statusOf(one, 'RssFile')) / 1024,
    heap: probe.heapUsed / MiB,
    buffers: probe.external / MiB,
    descriptors: sum((one) => readdirSync(`/proc/${one}/fd`).length),
    threads: sum((one) => statusOf(one, 'Threads')),
    wal: sizeOf(join(directory, 'catalog.db-wal')) / MiB,
    catalog: sizeOf(join(directory, 'catalog.db')) / MiB,
    catalogUsed: (rows.usedBytes - rows.changes * changeSizeBytes) / MiB,
    blobFiles,
    unnamedFiles: blobFiles - rows.places,
    waiting: rows.waiting,
    bodies: rows.bodies,
    changes: rows.changes,
    lateMs: probe.lateMs,
  }
}

interface Rows {
  readonly usedBytes: number
  readonly places: number
  readonly waiting: number
  readonly bodies: number
  readonly changes: number
}

/** Another process's connection: it reads, and is gone at once. */
function rowsOf(path: string): Rows {
  const database = new Database(path, { readonly: true })
  try {
    const count = (sql: string): number => Number(database.prepare<[], unknown>(sql).pluck().get() ?? 0)
    const pages = count('PRAGMA page_count') - count('PRAGMA freelist_count')
    return {
      usedBytes: pages * count('PRAGMA page_size'),
      places: count('SELECT count(*) FROM place'),
      waiting: count(
        'SELECT (SELECT count(*) FROM removal) + (SELECT count(*) FROM unnamed) + (SELECT count(*) FROM version WHERE gone IS NOT NULL)',
      ),
      bodies: count('SELECT count(*) FROM body'),
      changes: count('SELECT count(*) FROM change'),
    }
  } finally {
    database.close()
  }
}

interface Probe {
  readonly heapUsed: number
  readonly external: number
  readonly lateMs: number
}

function probed(path: string): Probe {
  try {
    // probe.ts writes it with these members; in the first second there is none.
    return JSON.parse(readFileSync(path, 'utf8')) as Probe
  } catch {
    return { heapUsed: 0, external: 0, lateMs: 0 }
  }
}

/** A number of /proc/PID/status; kB where it is a size. Source: proc(5) */
function statusOf(pid: number, name: string): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0)
}

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)])
}

function filesBelow(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
