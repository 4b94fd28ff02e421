// `npm run soak -- --minutes N`: mixed load on a server for as long as one likes, and after it: does anything grow, is all there that was
// acknowledged, is the data directory sound? Exit code 1 otherwise.

import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { randomFrom } from '../../test/crash/random.js'
import { runCheck, type ServerProcess, startServerProcess } from '../../test/server-process.js'
import { Client } from './http.js'
import { judged, type Verdict } from './judge.js'
import { sample, type Sample } from './sample.js'
import { buckets, type Tally, Writer } from './writer.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    connections: { type: 'string', default: '16' },
    rate: { type: 'string', default: '200' },
    workers: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    data: { type: 'string', default: tmpdir() },
  },
})
const minutes = numberOf('minutes', values.minutes)
const connections = numberOf('connections', values.connections)
/** Requests a second, of all connections together. */
const rate = numberOf('rate', values.rate)
const seed = Number(values.seed)

/** What starts late has started, and what is recycled has been filled, after a quarter of the time, or five minutes. */
const warmUpShare = 0.25
const warmUpMsMax = 5 * 60_000

/** As many samples as a line needs, and not more often than a look costs. */
const sampleMs = Math.max(1_000, Math.min(5_000, (minutes * 60_000) / 60))

/** Rows of the table that is shown. */
const rowsMax = 30

/** The collector comes by twice, and idle connections have been closed by their client. */
const restMs = 16_000

/** Descriptors that may be left of a load: blob files kept open for the next read. */
const descriptorsLeftMax = 300

const directory = await mkdtemp(join(values.data, 'cairn-soak-'))
process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exitCode = (await soak()) ? 0 : 1

/** Answers whether all was well. */
async function soak(): Promise<boolean> {
  const data = join(directory, 'data')
  const probeFile = join(directory, 'probe.json')
  const server = await startServerProcess(data, {
    args: values.workers === undefined ? [] : ['--workers', values.workers],
    env: {
      CAIRN_LOG_LEVEL: 'warn',
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'probe.js')}`,
      SOAK_PROBE_FILE: probeFile,
      // As bin/cairn.cjs has it: too late there, once the probe has been loaded.
      UV_THREADPOOL_SIZE: '16',
    },
  })
  const faults: string[] = []
  try {
    const before = sample(server.pid, data, probeFile, 0)
    const tally: Tally = { requests: 0, slowDowns: 0, bytes: 0, kinds: new Map() }
    const client = new Client(server.endpoint, connections)
    const writers = await filled(client, tally)
    const samples = await load(server, writers, data, probeFile)
    const compared = await all(writers.map((writer) => writer.verify()))
    client.close()
    await wait(restMs)
    const after = sample(server.pid, data, probeFile, minutes * 60)
    const verdicts = judged(
      samples.filter(({ at }) => at * 1000 >= Math.min(warmUpMsMax, minutes * 60_000 * warmUpShare)),
    )

    print(samples, verdicts, tally)
    console.log(
      `All of it was read back: ${compared.reduce((sum, count) => sum + count, 0)} versions besides the newest.`,
    )
    console.log(
      `At rest afterwards: ${fixed(after.anon)} MiB of its own (${fixed(before.anon)} before), ${after.descriptors} descriptors ` +
        `(${before.descriptors}), ${after.waiting} rows and ${after.unnamedFiles} files that wait to be removed.`,
    )
    for (const { name, isFlat } of verdicts) if (!isFlat) faults.push(`${name} grows, or is too much`)
    if (after.waiting > 0) faults.push(`${after.waiting} rows still wait to be removed`)
    if (after.unnamedFiles > 0) faults.push(`${after.unnamedFiles} files that no row names are left`)
    if (after.descriptors > before.descriptors + descriptorsLeftMax) faults.push('descriptors are left open')
    const code = await server.stop()
    if (code !== 0) faults.push(`the server ended with ${code}`)
    const check = await runCheck(data)
    console.log(check.output.trim().split('\n').at(-1))
    if (check.code !== 0) faults.push('cairn check found faults')
  } catch (error) {
    faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
    faults.push(server.output().slice(-2_000))
  } finally {
    await server.kill()
  }
  for (const fault of faults) console.log(`FAIL  ${fault}`)
  if (faults.length === 0) console.log('PASS  nothing grows, nothing is lost')
  return faults.length === 0
}

async function filled(client: Client, tally: Tally): Promise<Writer[]> {
  for (const bucket of buckets) await client.send({ method: 'PUT', target: `/${bucket}` })
  const enabled = Buffer.from('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>')
  await client.send({ method: 'PUT', target: '/soak-versions?versioning=', body: enabled })
  const random = randomFrom(seed)
  const writers = Array.from(
    { length: connections },
    (_, i) => new Writer(client, i, randomFrom(random.integer(2 ** 31)), tally),
  )
  await all(writers.map((writer) => writer.fill()))
  return writers
}

/** Keeps the writers busy and looks at the server meanwhile. */
async function load(
  server: ServerProcess,
  writers: readonly Writer[],
  data: string,
  probeFile: string,
): Promise<Sample[]> {
  const begun = performance.now()
  const isOver = (): boolean => performance.now() - begun >= minutes * 60_000 || hasFailed
  let hasFailed = false
  const work = all(writers.map((writer) => writer.run(isOver, (1000 * writers.length) / rate)))
  work.catch(() => (hasFailed = true))
  const samples: Sample[] = []
  while (!isOver()) {
    await wait(sampleMs)
    samples.push(sample(server.pid, data, probeFile, Math.round((performance.now() - begun) / 1000)))
  }
  await work
  return samples
}

/** Waits for all of them, and only then tells of the first that failed. */
async function all<Result>(promises: readonly Promise<Result>[]): Promise<Result[]> {
  const ends = await Promise.allSettled(promises)
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason
    return end.value
  })
}

function print(samples: readonly Sample[], verdicts: readonly Verdict[], tally: Tally): void {
  const step = Math.max(1, Math.ceil(samples.length / rowsMax))
  const heads =
    's|anon MiB|file MiB|heap|buffers|fds|threads|WAL MiB|catalog|used|blob files|unnamed|waiting|bodies|changes|late ms'
  const rows = samples
    .filter((_, i) => i % step === 0 || i === samples.length - 1)
    .map((one) => Object.values(one).map((value: number) => fixed(value)))
  console.log(table([heads.split('|'), ...rows]))
  console.log('')
  const judgedRows = verdicts.map(({ name, first, last, most, rise, perHour, riseMax, isFlat }) => [
    name,
    ...[first, last, most, rise, riseMax, perHour].map(fixed),
    isFlat ? 'flat' : 'GROWS',
  ])
  console.log(
    table([
      ['after the warm-up', 'first third', 'last third', 'most', 'rise', 'allowed', 'an hour', ''],
      ...judgedRows,
    ]),
  )
  console.log('')
  const kinds = [...tally.kinds].map(([kind, count]) => `${kind} ${count}`).join(', ')
  console.log(
    `${minutes} minutes, ${connections} connections, seed ${seed}: ${tally.requests} requests, ${fixed(tally.bytes / 2 ** 30)} GiB, ${tally.slowDowns} told SlowDown (${kinds})`,
  )
  console.log(`Node ${process.version}, ${cpus().length} cores of ${cpus()[0]?.model.trim()}`)
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`
  const [head = [], ...rest] = rows.map(line)
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [head, rule, ...rest].join('\n')
}

function fixed(value: number): string {
  return Math.abs(value) >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1)
}

function numberOf(name: string, text: string): number {
  const number = Number(text)
  if (Number.isFinite(number) && number > 0) return number
  throw new Error(`--${name} is ${text}; allowed is a number above 0`)
}
