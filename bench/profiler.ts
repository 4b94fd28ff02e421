// Takes the CPU profile of a running server for a while: V8's own, of every thread, or perf's, of native code and the kernel too.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { projectRoot } from '../test/project-root.js'
import { processesOf } from './cpu.js'
import { type CpuProfile, type FunctionTime, selfTimesOf, selfTimesOfPerf, wholeTimesOf } from './self-time.js'

/** What `--profile` may say. */
export const profilers = ['cpu', 'perf'] as const

/** V8's profiler, or Linux's. */
export type ProfilerName = (typeof profilers)[number]

/** A profiler of one server. */
export interface Profiler {
  /** Arguments of Node and environment that the server must be started with. */
  readonly nodeArgs: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Profiles a server, its children included, while `work` runs. */
  during(pid: number, work: () => Promise<void>): Promise<Times>
}

/** Where time went. */
export interface Times {
  readonly self: readonly FunctionTime[]
  /** Functions with what they call; empty where the profiler does not know. */
  readonly whole: readonly FunctionTime[]
}

/** How long threads are given to take notice, and to write what they have. */
const noticeMs = 300
const writtenMsMax = 20_000

/** Samples a second that perf takes of each processor; odd, so that it keeps no step with timers. */
const perfHz = 1_997

/** @param directory where profiles are left, for other programs to open */
export function profiler(name: ProfilerName, directory: string): Profiler {
  return name === 'cpu' ? v8Profiler(directory) : perfProfiler(directory)
}

function v8Profiler(directory: string): Profiler {
  return {
    nodeArgs: ['--import', join(import.meta.dirname, 'profiler-thread.js')],
    env: { PROFILE_DIRECTORY: directory },
    async during(pid, work) {
      for (const old of profilesIn(directory)) rmSync(join(directory, old))
      const processes = processesOf(pid)
      for (const one of processes) process.kill(one, 'SIGUSR2')
      await wait(noticeMs)
      await work()
      for (const one of processes) process.kill(one, 'SIGUSR2')
      const until = performance.now() + writtenMsMax
      do {
        if (performance.now() > until) throw new Error(`threads have not written their profiles in ${writtenMsMax} ms`)
        await wait(noticeMs)
      } while (readdirSync(directory).some((file) => file.endsWith('.running')))
      const profiles = profilesIn(directory).map((file) => ({
        thread: threadOf(file, pid),
        // The profiler of V8 wrote it.
        profile: JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile,
      }))
      return {
        self: profiles.flatMap(({ thread, profile }) => selfTimesOf(profile, thread, projectRoot)),
        whole: profiles.flatMap(({ thread, profile }) => wholeTimesOf(profile, thread, projectRoot)),
      }
    },
  }
}

function profilesIn(directory: string): string[] {
  return readdirSync(directory).filter((file) => file.endsWith('.cpuprofile'))
}

/** "PID.THREAD.cpuprofile" → "main", "thread 2", "process 4711, main" */
function threadOf(file: string, main: number): string {
  const [pid, thread] = file.split('.')
  const name = thread === '0' ? 'main' : `thread ${thread}`
  return Number(pid) === main ? name : `process ${pid}, ${name}`
}

function perfProfiler(directory: string): Profiler {
  const data = join(directory, 'perf.data')
  return {
    nodeArgs: ['--perf-basic-prof', '--interpreted-frames-native-stack'],
    env: {},
    async during(pid, work) {
      const processes = processesOf(pid)
      const recorder = spawn('perf', ['record', '-q', '-F', String(perfHz), '-p', processes.join(','), '-o', data], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      await once(recorder, 'spawn')
      await wait(noticeMs)
      await work()
      recorder.kill('SIGINT')
      await once(recorder, 'exit')
      try {
        return { self: selfTimesOfPerf(await perfReport(data), 1000 / perfHz, pid, projectRoot), whole: [] }
      } finally {
        // V8 leaves the names of its functions where perf looks for them.
        for (const one of processes) if (existsSync(`/tmp/perf-${one}.map`)) rmSync(`/tmp/perf-${one}.map`)
      }
    },
  }
}

async function perfReport(data: string): Promise<string> {
  const columns = ['-F', 'sample,pid,dso,sym', '--sort', 'pid,dso,sym', '-t', '\t', '-g', 'none']
  const child = spawn('perf', ['report', '-q', '--stdio', '--no-children', ...columns, '-i', data], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(`perf report ended with ${child.exitCode}`)
  return Buffer.concat(chunks).toString()
}
