// `npm run bench`: Cairn and a bare Koa server, measured in turns by one generator, so that what else the machine does falls on both.
// `options.ts` says what it can be told; with `--profile` it tells instead which functions the time goes to.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { projectRoot } from '../test/project-root.js'
import { startServerProcess } from '../test/server-process.js'
import { type Case, cases, fewKeys, firstPage } from './cases.js'
import { cpuMsOf, peakMiBOf, untilIdle } from './cpu.js'
import { fillBuckets, idleMsMax, type Subject } from './fill.js'
import { type Job, type Slice, joined } from './job.js'
import { type Load, startLoad } from './load.js'
import { type Options, optionsOf, usage } from './options.js'
import { profileCases } from './profile.js'
import { type Measured, type Report, judged, markdown, text } from './report.js'

/** From here on docs/performance.md is not generated. */
const notesHeading = '## What costs what'

/** How many times longer the round is that does not count: V8 compiles in the background for the first tens of thousands of requests of a
 *  kind, and a slice of synced writes has a few thousand. Measured: 18 % of the CPU of puts between the fifth and the ninth second. */
const warmUpSlices = 5

if (process.argv.includes('--help')) process.stdout.write(usage)
else await bench(optionsOf(process.argv.slice(2)))

async function bench(options: Options): Promise<void> {
  const { scale, only, profile, isQuick } = options
  const chosen = chosenOf(cases(scale), only)
  const directory = await mkdtemp(join(options.data, 'cairn-bench-'))
  // An interrupted run takes its servers and their files along.
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  if (profile) {
    await profileCases(chosen, profile, options, directory, join(options.data, 'cairn-profile'))
    return
  }
  const report = await measureBoth(chosen, options, directory)
  console.log(text(report))
  if (options.isWritten) await writePage(report)
  // A quick run measures too little to judge by.
  if (!isQuick && judged(report).some((limit) => !limit.isKept)) process.exitCode = 1
}

/** The cases with these names, all without any.
 *  @throws Error when a name is nobody's */
function chosenOf(all: readonly Case[], only: readonly string[]): readonly Case[] {
  const names = all.map(({ name }) => name)
  const unknown = only.filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new Error(`no case ${unknown.join(', ')}; there are: ${names.join(' | ')}`)
  return only.length === 0 ? all : all.filter(({ name }) => only.includes(name))
}

/** Writes the page of the documentation; what stands in it from `notesHeading` on is written by hand and stays. */
async function writePage(found: Report): Promise<void> {
  const page = join(projectRoot, 'docs', 'performance.md')
  const before = await readFile(page, 'utf8').catch(() => '')
  const notes = before.indexOf(notesHeading)
  await writeFile(page, notes < 0 ? markdown(found) : `${markdown(found)}\n${before.slice(notes)}`)
}

/** Starts both servers and the generator, measures, and stops them. */
async function measureBoth(chosen: readonly Case[], options: Options, directory: string): Promise<Report> {
  const cairn = await startServerProcess(join(directory, 'data'), { env: { CAIRN_LOG_LEVEL: 'error' } })
  const bare = spawn(process.execPath, [join(import.meta.dirname, 'bare-server-process.js'), directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const load = startLoad()
  try {
    const [printed] = await once(bare.stdout, 'data')
    const cairnServer = { port: Number(new URL(cairn.endpoint).port), pid: cairn.pid }
    const bareServer = { port: Number(String(printed)), pid: bare.pid ?? -1 }
    return await measureAll(load, chosen, options, cairnServer, bareServer)
  } finally {
    await load.close()
    const exited = once(bare, 'exit')
    bare.stdin.end()
    await exited
    await cairn.stop()
  }
}

async function measureAll(
  load: Load,
  chosen: readonly Case[],
  { scale, isQuick }: Options,
  cairnServer: Subject,
  bareServer: Subject,
): Promise<Report> {
  const fillMs = await fillBuckets(load, cairnServer, chosen, scale)
  await copyPages(load, chosen, cairnServer, bareServer)
  const rows = chosen.map((one) => ({ one, cairn: [] as Counted[], bare: [] as Counted[] }))
  // The first round warms both up and does not count.
  for (let round = 0; round <= scale.rounds; round += 1) {
    process.stderr.write(`round ${round} of ${scale.rounds} …\n`)
    const times = round === 0 && !isQuick ? warmUpSlices : 1
    for (const row of rows) {
      const cairnSlice = await slice(load, row.one, cairnServer, round, times, row.one.afterwardsMs)
      const bareSlice = await slice(load, row.one, bareServer, round, times, 0)
      if (round === 0) continue
      row.cairn.push(cairnSlice)
      row.bare.push(bareSlice)
    }
  }
  const measured = rows.map((row) => ({
    name: row.one.name,
    connections: row.one.connections,
    cairn: total(row.cairn),
    bare: total(row.bare),
  }))
  return { rows: measured, fillMs, keys: scale.keys, fewKeys, peakMiB: peakMiBOf(cairnServer.pid), isQuick }
}

/** The bare server answers a listing with as many bytes, ready-made. */
async function copyPages(load: Load, chosen: readonly Case[], from: Subject, to: Subject): Promise<void> {
  if (!chosen.some(({ isListing }) => isListing)) return
  const page = await load.run(oneRequest(firstPage('many'), from.port))
  for (const bucket of ['many', 'few']) {
    const answer = await fetch(`http://127.0.0.1:${to.port}/${bucket}`, {
      method: 'PUT',
      body: Buffer.alloc(page.bytes, 'x'),
    })
    await answer.arrayBuffer()
  }
}

function oneRequest(target: string, port: number): Job {
  return {
    port,
    connections: 1,
    msMax: 60_000,
    isOnce: true,
    method: 'GET',
    targets: [target],
    bodySize: 0,
    status: 200,
  }
}

interface Counted {
  readonly slice: Slice
  readonly cpuMs: number
}

async function slice(
  load: Load,
  one: Case,
  subject: Subject,
  round: number,
  times: number,
  afterwardsMs: number,
): Promise<Counted> {
  for (const job of one.prepare?.(subject.port, round) ?? []) await load.run(job)
  await untilIdle(subject.pid, idleMsMax)
  const before = cpuMsOf(subject.pid)
  const job = one.job(subject.port, round)
  const done = await load.run({ ...job, msMax: job.msMax * times })
  await wait(afterwardsMs)
  await untilIdle(subject.pid, idleMsMax)
  return { slice: done, cpuMs: cpuMsOf(subject.pid) - before }
}

function total(counted: readonly Counted[]): Measured['cairn'] {
  return {
    slice: joined(counted.map((one) => one.slice)),
    cpuMs: counted.reduce((sum, one) => sum + one.cpuMs, 0),
  }
}
