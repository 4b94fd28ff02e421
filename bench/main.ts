// `npm run bench`: Cairn and a bare Koa server, measured in turns by one generator, so that what else the machine does falls on both.
// --quick: a few seconds, to see that it works; --write: also into docs/performance.md; --data DIR: where both keep their files.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { projectRoot } from '../test/project-root.js'
import { credentials, region, startServerProcess } from '../test/server-process.js'
import { type Case, type Scale, buckets, cases, fewKeys, fill, firstPage } from './cases.js'
import { cpuMsOf, peakMiBOf, untilIdle } from './cpu.js'
import { type Job, type Slice, joined } from './job.js'
import { type Load, startLoad } from './load.js'
import { type Measured, type Report, judged, markdown, text } from './report.js'

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, write: { type: 'boolean' }, data: { type: 'string', default: tmpdir() } },
})
const isQuick = values.quick === true
const scale: Scale = isQuick
  ? { rounds: 1, sliceMs: 300, collectorMs: 0, keys: 10_000 }
  : { rounds: 4, sliceMs: 2_000, collectorMs: 11_000, keys: 200_000 }

/** What the server does behind its answers has this long to end before its CPU is read. */
const idleMsMax = 5_000

/** From here on docs/performance.md is not generated. */
const notesHeading = '## What costs what'

/** How many times longer the round is that does not count: V8 compiles in the background for the first tens of thousands of requests of a
 *  kind, and a slice of synced writes has a few thousand. Measured: 18 % of the CPU of puts between the fifth and the ninth second. */
const warmUpSlices = 5

interface Subject {
  readonly port: number
  readonly pid: number
}

const directory = await mkdtemp(join(values.data, 'cairn-bench-'))
// An interrupted run takes its servers and their files along.
process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const report = await measureBoth()
console.log(text(report))
if (values.write) await writePage(report)
// A quick run measures too little to judge by.
if (!isQuick && judged(report).some((limit) => !limit.isKept)) process.exitCode = 1

/** Writes the page of the documentation; what stands in it from `notesHeading` on is written by hand and stays. */
async function writePage(found: Report): Promise<void> {
  const page = join(projectRoot, 'docs', 'performance.md')
  const before = await readFile(page, 'utf8').catch(() => '')
  const notes = before.indexOf(notesHeading)
  await writeFile(page, notes < 0 ? markdown(found) : `${markdown(found)}\n${before.slice(notes)}`)
}

/** Starts both servers and the generator, measures, and stops them. */
async function measureBoth(): Promise<Report> {
  const cairn = await startServerProcess(join(directory, 'data'), { env: { CAIRN_LOG_LEVEL: 'error' } })
  const bare = spawn(process.execPath, [join(import.meta.dirname, 'bare-server-process.js'), directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const load = startLoad()
  try {
    const [printed] = await once(bare.stdout, 'data')
    const cairnServer = { port: Number(new URL(cairn.endpoint).port), pid: cairn.pid }
    return await measureAll(load, cairnServer, { port: Number(String(printed)), pid: bare.pid ?? -1 })
  } finally {
    await load.close()
    const exited = once(bare, 'exit')
    bare.stdin.end()
    await exited
    await cairn.stop()
  }
}

async function measureAll(load: Load, cairnServer: Subject, bareServer: Subject): Promise<Report> {
  const fillMs = await fillBuckets(load, cairnServer, bareServer)
  const rows = cases(scale).map((one) => ({ one, cairn: [] as Counted[], bare: [] as Counted[] }))
  // The first round warms both up and does not count.
  for (let round = 0; round <= scale.rounds; round += 1) {
    process.stderr.write(`round ${round} of ${scale.rounds} …\n`)
    for (const row of rows) {
      const cairnSlice = await slice(load, row.one, cairnServer, round, row.one.afterwardsMs)
      const bareSlice = await slice(load, row.one, bareServer, round, 0)
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

/** Buckets and listings for both servers. Answers how long the large bucket took, in milliseconds. */
async function fillBuckets(load: Load, cairnServer: Subject, bareServer: Subject): Promise<number> {
  const s3 = new S3Client({
    endpoint: `http://127.0.0.1:${cairnServer.port}`,
    region,
    credentials,
    forcePathStyle: true,
  })
  for (const Bucket of buckets) await s3.send(new CreateBucketCommand({ Bucket }))
  s3.destroy()
  process.stderr.write(`filling ${scale.keys} keys …\n`)
  await load.run(fill(cairnServer.port, 'few', fewKeys))
  const { ms } = await load.run(fill(cairnServer.port, 'many', scale.keys))
  await untilIdle(cairnServer.pid, idleMsMax)
  // The bare server answers a listing with as many bytes, ready-made.
  const page = await load.run(oneRequest(firstPage('many'), cairnServer.port))
  for (const bucket of ['many', 'few']) {
    const answer = await fetch(`http://127.0.0.1:${bareServer.port}/${bucket}`, {
      method: 'PUT',
      body: Buffer.alloc(page.bytes, 'x'),
    })
    await answer.arrayBuffer()
  }
  return ms
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

async function slice(load: Load, one: Case, subject: Subject, round: number, afterwardsMs: number): Promise<Counted> {
  for (const job of one.prepare?.(subject.port, round) ?? []) await load.run(job)
  await untilIdle(subject.pid, idleMsMax)
  const before = cpuMsOf(subject.pid)
  const job = one.job(subject.port, round)
  const done = await load.run(round === 0 && !isQuick ? { ...job, msMax: job.msMax * warmUpSlices } : job)
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
