// `npm run bench -- --profile …`: where Cairn's time goes in each case, by thread and function.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startServerProcess } from '../test/server-process.js'
import type { Case } from './cases.js'
import { cpuMsOf } from './cpu.js'
import { fillSubject } from './fill.js'
import type { Job } from './job.js'
import { startLoad } from './load.js'
import type { Options } from './options.js'
import { profiler, type ProfilerName } from './profiler.js'
import { selfTimeTable, wholeTimeTable } from './self-time.js'
import { workers } from './subject.js'

/** Functions shown of each thread. */
const rows = 40

/** V8 compiles for so long after a case's first request. */
const warmUpMs = 5_000

/** Profiles Cairn in each case, one after the other, and writes the tables to standard output.
 *  @param directory for the server's files
 *  @param kept for the profiles of the last case, which stay there */
export async function profileCases(
  chosen: readonly Case[],
  name: ProfilerName,
  { scale, isQuick }: Options,
  directory: string,
  kept: string,
): Promise<void> {
  mkdirSync(kept, { recursive: true })
  const taker = profiler(name, kept)
  const server = await startServerProcess(join(directory, 'data'), {
    args: workers(1),
    nodeArgs: taker.nodeArgs,
    env: { ...taker.env, CAIRN_LOG_LEVEL: 'error' },
  })
  const load = startLoad()
  try {
    const port = Number(new URL(server.endpoint).port)
    await fillSubject(load, { name: 'cairn', port, pid: server.pid }, chosen, scale)
    for (const one of chosen) {
      for (const job of one.prepare?.(port, 0) ?? []) await load.run(job)
      if (!isQuick) await load.run(warmUpOf(one.job(port, 0)))
      for (const job of one.prepare?.(port, 1) ?? []) await load.run(job)
      let requests = 0
      let cpuMs = 0
      const { self, whole } = await taker.during(server.pid, async () => {
        const before = cpuMsOf(server.pid)
        requests = (await load.run(one.job(port, 1))).requests
        cpuMs = cpuMsOf(server.pid) - before
      })
      const each = ((cpuMs / requests) * 1000).toFixed(1)
      console.log(`${one.name}: ${requests} requests, ${each} µs of CPU each while profiled\n`)
      console.log(selfTimeTable(self, requests, rows))
      if (whole.length > 0) console.log(`With what they call:\n${wholeTimeTable(whole, requests, rows)}\n`)
    }
    console.log(`Profiles of the last case are in ${kept}`)
  } finally {
    await load.close()
    await server.stop()
  }
}

function warmUpOf(job: Job): Job {
  return 'msMax' in job ? { ...job, msMax: warmUpMs } : job
}
