// The processes below a server's supervisor, found as the operating system knows them.

import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** The processes of a server of several, by process id. */
export interface Processes {
  readonly writer: number | undefined
  /** In the order of their numbers. */
  readonly workers: readonly number[]
}

/** What runs below a supervisor right now.
 *  Source: proc(5), /proc/pid/task/tid/children, /proc/pid/cmdline */
export function processesOf(supervisor: number): Processes {
  const named = childrenOf(supervisor).map((id) => ({ id, name: textOf(`/proc/${id}/cmdline`).split('\0')[0] ?? '' }))
  const workers = named.filter(({ name }) => name.startsWith('cairn worker '))
  return {
    writer: named.find(({ name }) => name === 'cairn writer')?.id,
    workers: workers.toSorted((a, b) => a.name.localeCompare(b.name)).map(({ id }) => id),
  }
}

/** Whether a process has ended, with all its threads; its parent may not have asked how.
 *  Source: proc_pid_stat(5), state Z, which that of the first thread may be while others still end */
export function hasEnded(id: number): boolean {
  if (/\) [^Z] /.test(textOf(`/proc/${id}/stat`))) return false
  try {
    return readdirSync(`/proc/${id}/task`).length <= 1
  } catch {
    return true
  }
}

/** Waits until something holds.
 *  @throws Error when it does not within `msMax` */
export async function until(what: string, holds: () => boolean | Promise<boolean>, msMax = 15_000): Promise<void> {
  for (const end = Date.now() + msMax; Date.now() < end; await wait(20)) if (await holds()) return
  throw new Error(`${what}: not within ${msMax} ms`)
}

/** Process ids of what a process has started and what has not ended. */
export function childrenOf(id: number): number[] {
  return textOf(`/proc/${id}/task/${id}/children`).split(' ').filter(Boolean).map(Number)
}

/** Empty when the process has ended. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
