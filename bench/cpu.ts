// CPU time and memory of a process with all its threads and children, as Linux counts them.

import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** A clock tick of /proc: USER_HZ is 100 on every Linux Node runs on. Source: proc(5) */
const tickMs = 10

/** Milliseconds of CPU a process, its threads and its children have used so far, those that ended included. */
export function cpuMsOf(pid: number): number {
  const fields = statOf(pid)
  // proc(5), from the field behind the name: utime 14, stime 15, cutime 16, cstime 17; state is 3.
  const own = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i] ?? 0), 0) * tickMs
  return childrenOf(pid).reduce((sum, child) => sum + cpuMsOf(child), own)
}

/** A process and its children, and theirs. */
export function processesOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(processesOf)]
}

/** The most memory a process and its children have had resident, each at its own time, in MiB. */
export function peakMiBOf(pid: number): number {
  const kB = processesOf(pid).map((one) =>
    Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? 0),
  )
  return Math.round(kB.reduce((sum, own) => sum + own, 0) / 1024)
}

/** Waits until a process rests: what it does after its last answer (checkpoints, the collector) counts too. */
export async function untilIdle(pid: number, msMax: number): Promise<void> {
  const until = performance.now() + msMax
  let before = cpuMsOf(pid)
  while (performance.now() < until) {
    await wait(100)
    const now = cpuMsOf(pid)
    if (now - before < tickMs) return
    before = now
  }
}

function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}
