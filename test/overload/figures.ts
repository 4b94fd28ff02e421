// What a server process holds, as Linux counts it, and where it can work without waiting for a disk.

import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** Memory in MiB, and descriptors. */
export interface Figures {
  /** Memory of the process's own. */
  readonly anon: number
  /** The most it ever had resident, mapped files included. */
  readonly peak: number
  readonly descriptors: number
}

/** Looks at a process. Source: proc(5) */
export function figuresOf(pid: number): Figures {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
  return { anon: mib('RssAnon'), peak: mib('VmHWM'), descriptors: readdirSync(`/proc/${pid}/fd`).length }
}

/** Waits until something holds, looking every 50 ms; answers how long that took, ms.
 *  @throws Error when it does not within `msMax` */
export async function until(holds: () => boolean | Promise<boolean>, msMax: number, what: string): Promise<number> {
  const begun = performance.now()
  while (!(await holds())) {
    if (performance.now() - begun > msMax) throw new Error(`not within ${msMax} ms: ${what}`)
    await wait(50)
  }
  return performance.now() - begun
}

/** Memory that counts as a disk, and how much of it has to be free, bytes. */
const memoryDisk = '/dev/shm'
const memoryDiskSizeBytesMin = 2 * 1024 ** 3

/** A new, empty directory, in memory where there is room: what is measured here is the server, and a disk shared with others stalls for seconds. */
export async function quickDirectory(name: string): Promise<{ path: string; remove(): Promise<void> }> {
  const { bavail, bsize } = await statfs(memoryDisk).catch(() => ({ bavail: 0, bsize: 0 }))
  const parent = bavail * bsize >= memoryDiskSizeBytesMin ? memoryDisk : tmpdir()
  const path = await mkdtemp(join(parent, `cairn-${name}-`))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
}
