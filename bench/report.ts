// What the bench found, as text, as a page of the documentation, and against its limits.

import { cpus, totalmem, type as osType, release } from 'node:os'
import { type Slice, percentile } from './job.js'

/** One case, measured at both servers. */
export interface Measured {
  readonly name: string
  readonly connections: number
  readonly cairn: { readonly slice: Slice; readonly cpuMs: number }
  readonly bare: { readonly slice: Slice; readonly cpuMs: number }
}

/** Everything a run found. */
export interface Report {
  readonly rows: readonly Measured[]
  /** Milliseconds to fill the large bucket through the API. */
  readonly fillMs: number
  readonly keys: number
  readonly fewKeys: number
  /** Most memory the server had resident, MiB. */
  readonly peakMiB: number
  readonly isQuick: boolean
}

/** A limit, and whether it was kept. */
export interface Limit {
  readonly sentence: string
  readonly value: number
  readonly max: number
  readonly isKept: boolean
}

/** Server CPU of a request as a multiple of bare Koa's, at most. */
const cpuRatioMax = [
  { row: 'GET 1 KiB', max: 2.5 },
  { row: 'PUT 1 KiB', max: 4 },
  { row: 'GET 8 MiB', max: 1 },
]

/** Time of a page in the large bucket as a multiple of that in the small one, at most. */
const listRatioMax = 1.2

/** The limits of a report, each with its value. */
export function judged(report: Report): Limit[] {
  const limits = cpuRatioMax.map(({ row, max }) => {
    const measured = report.rows.find(({ name }) => name === row)
    return limit(`${row}: CPU, multiple of bare Koa's`, measured ? cpuRatio(measured) : Number.NaN, max)
  })
  const [few, many] = report.rows.filter(({ name }) => name.startsWith('LIST'))
  const listRatio = few && many ? median(many) / median(few) : Number.NaN
  limits.push(
    limit(`LIST: time of a page, multiple of that in ${thousands(report.fewKeys)} keys`, listRatio, listRatioMax),
  )
  return limits
}

/** For a terminal. */
export function text(report: Report): string {
  const lines = [
    table(report),
    '',
    ...machine(),
    `Filled ${thousands(report.keys)} keys in ${fixed(report.fillMs / 1000, 1)} s`,
  ]
  lines.push(`Server's memory at most ${report.peakMiB} MiB`, '')
  if (report.isQuick) lines.push('A quick run: too short to judge by.')
  lines.push(...judged(report).map(verdict))
  return lines.join('\n')
}

/** docs/performance.md. */
export function markdown(report: Report): string {
  return `# Performance

Written by \`npm run bench -- --write\`, but for the last section.

Cairn runs as \`cairn serve\` does: every request is signed (SigV4, the payload unsigned as SDKs have it over TLS), every answer to a write leaves
after its sync. Beside it stands a bare Koa server that keeps bodies up to 64 KiB in memory, writes larger ones to a file and streams
them with \`fs.createReadStream\`: no signatures, no checksums, no sync; it answers a listing with as many ready-made bytes. One generator, a
process of its own on the same machine, sends the same requests to both in turns, so that what else the machine does falls on both. No two bodies
are alike, so nothing is saved by storing content once. CPU is that of all processes and threads of the server, from before the first request
until the server rests, and in the case of writes until its collector has come by twice.

${table(report)}

- ${machine().join('\n- ')}
- ${thousands(report.keys)} keys were put in ${fixed(report.fillMs / 1000, 1)} s through the API.
- The server's memory was ${report.peakMiB} MiB at most.

## Limits

| limit | measured | at most | |
| --- | --- | --- | --- |
${judged(report)
  .map(
    ({ sentence, value, max, isKept }) =>
      `| ${sentence} | ${fixed(value, 2)} | ${fixed(max, 1)} | ${isKept ? 'kept' : 'not kept'} |`,
  )
  .join('\n')}
`
}

function table(report: Report): string {
  const head = [
    'operation',
    'connections',
    'requests/s',
    'MB/s',
    'p50 ms',
    'p99 ms',
    'CPU µs',
    'bare Koa requests/s',
    'CPU µs',
    'CPU ratio',
  ]
  const rows = report.rows.map((row) => [
    row.name,
    String(row.connections),
    thousands(rate(row.cairn.slice)),
    fixed(row.cairn.slice.bytes / 1000 / row.cairn.slice.ms, 1),
    fixed(percentile(row.cairn.slice.latenciesMs, 0.5), 2),
    fixed(percentile(row.cairn.slice.latenciesMs, 0.99), 2),
    fixed(cpuUs(row.cairn), 0),
    thousands(rate(row.bare.slice)),
    fixed(cpuUs(row.bare), 0),
    fixed(cpuRatio(row), 2),
  ])
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

function machine(): string[] {
  const processors = cpus()
  return [
    `${processors.length} cores of ${processors[0]?.model.trim() ?? 'an unknown processor'}, ${fixed(totalmem() / 2 ** 30, 0)} GiB of memory, shared with the generator`,
    `${osType()} ${release()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
  ]
}

function limit(sentence: string, value: number, max: number): Limit {
  return { sentence, value, max, isKept: value <= max }
}

function verdict({ sentence, value, max, isKept }: Limit): string {
  return `${isKept ? 'PASS' : 'FAIL'}  ${sentence}: ${fixed(value, 2)}, at most ${fixed(max, 1)}`
}

function median(row: Measured): number {
  return percentile(row.cairn.slice.latenciesMs, 0.5)
}

function rate(slice: Slice): number {
  return (slice.requests / slice.ms) * 1000
}

function cpuUs(measured: Measured['cairn']): number {
  return (measured.cpuMs / measured.slice.requests) * 1000
}

function cpuRatio(row: Measured): number {
  return cpuUs(row.cairn) / cpuUs(row.bare)
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function fixed(value: number, digits: number): string {
  return value.toFixed(digits)
}
