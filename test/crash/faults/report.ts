// What the runs showed, as the tables of docs/durability.md. Written when DURABILITY_WRITE is set, between two marks in that file.

import { equal } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { type FaultPoint, faultPoints } from '../../../src/store/fault-points.js'
import { projectRoot } from '../../project-root.js'

/** One run: an operation, a fault at a point or all the while, and whether everything held afterwards. */
export interface Run {
  readonly operation: string
  /** Absent: the fault was there all the while. */
  readonly point?: FaultPoint
  readonly fault: string
  readonly held: boolean
}

const begin = '<!-- generated: npm run test:durability -- --write -->'
const end = '<!-- end of what is generated -->'

const runs: Run[] = []

/** Remembers a run. */
export function addRun(run: Run): void {
  runs.push(run)
}

/** Does a run, and remembers whether it held. */
export type RunOne = (what: { point?: FaultPoint; fault: string }, work: () => Promise<void>) => Promise<void>

/** Runs of one operation: each is remembered, and those that did not hold are told together.
 *  @throws AssertionError when there are such */
export async function allHold(operation: string, runAll: (run: RunOne) => Promise<void>): Promise<void> {
  const failures: string[] = []
  await runAll(async (what, work) => {
    let held = true
    try {
      await work()
    } catch (error) {
      held = false
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
      failures.push(`${what.fault}${what.point === undefined ? '' : ` at "${what.point}"`}: ${reason}`)
    }
    addRun({ operation, held, ...what })
  })
  equal(failures.length, 0, failures.join('\n'))
}

/** Points at which no run ended by one of the faults that come at every point, as "point: fault". */
export function pointsWithoutRun(): readonly string[] {
  const has = (point: string, fault: string): boolean => runs.some((run) => run.point === point && run.fault === fault)
  return Object.keys(faultPoints).flatMap((point) =>
    ['kill', 'power cut'].filter((fault) => !has(point, fault)).map((fault) => `${point}: ${fault}`),
  )
}

/** "12 of 12 held". */
function cell(some: readonly Run[]): string {
  if (some.length === 0) return ''
  const held = some.filter((run) => run.held).length
  return held === some.length ? `${held} held` : `**${some.length - held} of ${some.length} did not hold**`
}

const distinct = <Value>(values: readonly Value[]): Value[] => [...new Set(values)]

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function tables(): string {
  const atPoints = runs.filter((run) => run.point !== undefined)
  const throughout = runs.filter((run) => run.point === undefined)
  const lines: string[] = []
  const operations = (some: readonly Run[]): string => distinct(some.map((run) => run.operation)).join('; ')
  lines.push('### Ended at a point', '')
  const faultsAtPoints = ['kill', 'kill of one process', 'power cut']
  lines.push(row(['point', 'what has happened there', ...faultsAtPoints, 'while']), row(Array(6).fill('---')))
  for (const [point, what] of Object.entries(faultPoints)) {
    const some = atPoints.filter((run) => run.point === point)
    const cells = faultsAtPoints.map((fault) => cell(some.filter((run) => run.fault === fault)))
    lines.push(row([point, what, ...cells, operations(some)]))
  }
  const faults = distinct(throughout.map((run) => run.fault))
  lines.push('', '### Faults that last through an operation', '')
  lines.push(row(['operation', ...faults]), row(['---', ...faults.map(() => '---')]))
  for (const operation of distinct(throughout.map((run) => run.operation))) {
    const some = throughout.filter((run) => run.operation === operation)
    lines.push(row([operation, ...faults.map((fault) => cell(some.filter((run) => run.fault === fault)))]))
  }
  return lines.join('\n')
}

function machine(): string {
  const day = new Date().toISOString().slice(0, 10)
  const memory = Math.round(totalmem() / 1024 ** 3)
  const held = runs.filter((run) => run.held).length
  const where = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? arch()}), ${memory} GiB, Linux ${release()}, ext4, Node ${process.version}`
  const form = process.env['DURABILITY'] === 'short' ? 'The short form' : 'The full form'
  return `${form}: ${runs.length} runs on ${day}, ${held} of them held. ${where}.`
}

// In the root suite: after the last test of all files.
after(() => {
  if (process.env['DURABILITY_WRITE'] === undefined) return
  const path = join(projectRoot, 'docs', 'durability.md')
  const text = readFileSync(path, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${path} has lost the marks between which the tables stand`)
  writeFileSync(path, `${text.slice(0, from)}${begin}\n\n${machine()}\n\n${tables()}\n\n${text.slice(to)}`)
})
