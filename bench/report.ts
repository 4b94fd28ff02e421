// What the bench found, as text and as a page of the documentation.

import { cpus, totalmem, type as osType, release } from 'node:os'
import { cpuUs, latencyMs, loadShare, megabytesPerSecond, rate, ratio } from './figures.js'
import { type Findings, goalsOf, type Limit, limitsOf } from './limits.js'
import type { Counted, Measured } from './measure.js'
import type { Scale } from './scale.js'
import type { SubjectName } from './subject.js'
import { figure, table, thousands } from './table.js'
import type { Tail } from './tail.js'

/** Everything a run found. */
export interface Report extends Findings {
  readonly scale: Scale
  readonly isQuick: boolean
  /** Milliseconds to fill the large bucket through the API; 0 when it was not filled. */
  readonly fillMs: number
  /** Most memory each server had resident, MiB. */
  readonly peakMiB: Readonly<Partial<Record<SubjectName, number>>>
  /** MinIO's version, when it was measured. */
  readonly minioVersion?: string
}

/** A part of the report. */
interface Section {
  readonly heading: string
  /** Sentences above the table. */
  readonly about: string
  readonly table: string
  readonly isVerdict?: boolean
}

const subjectTitles: Readonly<Record<SubjectName, string>> = {
  cairn: 'Cairn',
  bare: 'bare Koa',
  two: 'Cairn, two workers',
  minio: 'MinIO',
}

/** For a terminal. A quick run measures too little to judge by. */
export function text(report: Report): string {
  const shown = sections(report).filter(({ isVerdict }) => !isVerdict || !report.isQuick)
  const parts = shown.map(({ heading, table: own }) => `${heading}\n\n${own}`)
  const notes = [...machine(report), ...(report.isQuick ? ['A quick run: too short to judge by.'] : [])]
  return `${[...parts, notes.join('\n')].join('\n\n')}\n`
}

/** docs/performance.md, without the notes that are written by hand. */
export function markdown(report: Report): string {
  const parts = sections(report).map(({ heading, about, table: own }) => `## ${heading}\n\n${about}\n\n${own}`)
  return `# Performance

Written by \`npm run bench -- --full --write\`, but for the last section. \`npm run bench -- --help\` says what else it can do, and
\`npm run bench -- --profile cpu --only 'GET 1 KiB'\` which functions the time of a case goes to.

Cairn runs as \`cairn serve\` does: every request is signed (SigV4, the payload unsigned as SDKs have it over TLS unless the row says otherwise), every
answer to a write leaves after its sync. One generator, a process of its own on the same machine, sends the same requests to all servers in turns, so that
what else the machine does falls on all of them; a column tells how many processors it used itself: near 1 it is the generator that limits the rate, and CPU
is what to compare. No two bodies are alike, so nothing is saved by storing content once. CPU is that of all processes and threads of a server, from
before the first request until the server rests, and in the case of Cairn's writes until its collector has come by twice.

- ${machine(report).join('\n- ')}

${parts.join('\n\n')}
`
}

function sections(report: Report): Section[] {
  const { rows, tails } = report
  return [
    {
      heading: 'Cairn and bare Koa',
      about: `Bare Koa keeps bodies up to 64 KiB in memory, writes larger ones to a file and streams them with \`fs.createReadStream\`: no signatures, no
checksums, no sync; it answers a listing with as many ready-made bytes.`,
      table: ownTable(rows),
    },
    {
      heading: 'Two workers',
      about: 'Cairn with two processes on the same data directory, and how it compares with one.',
      table: otherTable(rows, 'two', ['two', 'cairn']),
    },
    {
      heading: 'MinIO',
      about: `MinIO's server with its defaults, one directory on the same disk, without TLS, and how Cairn compares with it.`,
      table: otherTable(rows, 'minio', ['cairn', 'minio']),
    },
    {
      heading: 'The latest answers',
      about: `GETs of 1 KiB become due at half of the greatest rate, whether or not the server keeps up, while objects are overwritten at a tenth of the greatest rate
of PUTs (so that the collector has work) and 32 MiB a second are read by \`cairn scrub\`, at other servers by GETs of 8 MiB. Requests become due each millisecond, several at a time.
Of several rounds that in the middle by p99 / p50 is shown.`,
      table: tailTable(tails),
    },
    {
      heading: 'Limits',
      about: 'Ratios of this run.',
      table: limitTable(limitsOf(report), ['kept', 'not kept']),
      isVerdict: true,
    },
    {
      heading: 'Goals',
      about: 'Figures for two cores that the generator shares. They are not judged: they depend on the machine.',
      table: limitTable(goalsOf(report), ['reached', 'not reached']),
      isVerdict: true,
    },
  ].filter((section) => section.table !== '')
}

function ownTable(rows: readonly Measured[]): string {
  const head = [...countedHead, 'bare Koa requests/s', 'CPU µs', 'generator', 'CPU ratio']
  const found = rows.flatMap((row) => {
    const { cairn, bare } = row.by
    if (!cairn) return []
    const beside = bare ? [rate, cpuUs, loadShare].map((of) => figure(of(bare))) : ['–', '–', '–']
    return [[...counted(row, cairn), ...beside, figure(ratio(row, cpuUs, 'cairn', 'bare'))]]
  })
  return found.length === 0 ? '' : table(head, found)
}

/** Another server's figures, and `compared[0]`'s as multiples of `compared[1]`'s. */
function otherTable(
  rows: readonly Measured[],
  name: SubjectName,
  compared: readonly [SubjectName, SubjectName],
): string {
  const whose = `${subjectTitles[compared[0]]} / ${subjectTitles[compared[1]]}`
  const head = [...countedHead, `${whose}: requests/s`, 'p99', 'CPU']
  const found = rows.flatMap((row) => {
    const other = row.by[name]
    if (!other) return []
    const latest = (one: Counted): number => latencyMs(one, 0.99)
    return [[...counted(row, other), ...[rate, latest, cpuUs].map((of) => figure(ratio(row, of, ...compared)))]]
  })
  return found.length === 0 ? '' : table(head, found)
}

const countedHead = ['operation', 'connections', 'requests/s', 'MB/s', 'p50 ms', 'p99 ms', 'CPU µs', 'generator']

function counted(row: Measured, one: Counted): string[] {
  const figures = [megabytesPerSecond(one), latencyMs(one, 0.5), latencyMs(one, 0.99), cpuUs(one), loadShare(one)]
  return [row.name, String(row.connections), figure(rate(one)), ...figures.map(figure)]
}

function tailTable(tails: readonly Tail[]): string {
  const head = ['server', 'greatest GET/s', 'GET/s', 'PUT/s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'p99 / p50', 'read by']
  const found = tails.map((tail) => [
    subjectTitles[tail.subject],
    ...[tail.greatestPerSecond, tail.getsPerSecond, tail.putsPerSecond].map(thousands),
    ...[tail.p50Ms, tail.p99Ms, tail.p999Ms, tail.p99Ms / tail.p50Ms].map(figure),
    tail.reader,
  ])
  return found.length === 0 ? '' : table(head, found)
}

function limitTable(limits: readonly Limit[], [kept, notKept]: readonly [string, string]): string {
  const found = limits.map(({ sentence, value, bound, isLowerBound, isKept }) => [
    sentence,
    figure(value),
    `at ${isLowerBound ? 'least' : 'most'} ${bound.toLocaleString('en')}`,
    isKept ? kept : notKept,
  ])
  return found.length === 0 ? '' : table(['', 'measured', 'wanted', 'verdict'], found)
}

function machine({ scale, fillMs, peakMiB, minioVersion }: Report): string[] {
  const processors = cpus()
  const memory = Object.entries(peakMiB).map(
    ([name, MiB]) => `${subjectTitles[name as SubjectName]} ${thousands(MiB)} MiB`,
  )
  return [
    `${processors.length} cores of ${processors[0]?.model.trim() ?? 'an unknown processor'}, ${thousands(totalmem() / 2 ** 30)} GiB of memory, shared with the generator`,
    `${osType()} ${release()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
    `${scale.rounds} rounds of ${scale.sliceMs} ms of each case`,
    ...(fillMs > 0
      ? [`Cairn took ${figure(fillMs / 1000)} s for ${thousands(scale.manyKeys)} keys put through the API`]
      : []),
    `Memory at most: ${memory.join(', ')}`,
    ...(minioVersion === undefined ? [] : [`MinIO ${minioVersion}`]),
    ...(scale.largeBytes < 2 ** 30
      ? [`In place of 1 GiB objects of ${thousands(scale.largeBytes / 2 ** 20)} MiB were measured`]
      : []),
  ]
}
