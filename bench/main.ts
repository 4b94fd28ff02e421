// `npm run bench`: Cairn beside a bare Koa server and others, measured in turns by one generator, so that what else the machine does falls on all.
// `options.ts` says what it can be told; with `--profile` it tells instead which functions the time goes to.

import { rmSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../test/project-root.js'
import { type Case, cases } from './cases.js'
import { peakMiBOf } from './cpu.js'
import { copyPages, fillSubject } from './fill.js'
import { limitsOf } from './limits.js'
import { type Load, startLoad } from './load.js'
import { measure } from './measure.js'
import { type Options, optionsOf, usage } from './options.js'
import { profileCases } from './profile.js'
import { markdown, type Report, text } from './report.js'
import { isThere, minioVersion, startSubject, type Subject } from './subject.js'
import { tailName, tailsOf } from './tail.js'

/** From here on docs/performance.md is not generated. */
const notesHeading = '## What costs what'

if (process.argv.includes('--help')) process.stdout.write(usage)
else await bench(optionsOf(process.argv.slice(2)))

async function bench(options: Options): Promise<void> {
  const { scale, profile, isQuick } = options
  const chosen = chosenOf(cases(scale), options)
  const directory = await mkdtemp(join(options.data, 'cairn-bench-'))
  // An interrupted run takes its servers and their files along. A server that was killed a moment ago may just be writing one more.
  process.once('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 20 }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  if (profile) {
    await profileCases(chosen, profile, options, directory, join(options.data, 'cairn-profile'))
    return
  }
  const report = await measureAll(chosen, options, directory)
  console.log(text(report))
  if (options.isWritten) await writePage(report)
  // A quick run measures too little to judge by.
  if (!isQuick && limitsOf(report).some((limit) => !limit.isKept)) process.exitCode = 1
}

/** The cases with these names, the usual ones without any.
 *  @throws Error when a name is nobody's */
function chosenOf(all: readonly Case[], { only, hasExtras }: Options): readonly Case[] {
  const names = [...all.map(({ name }) => name), tailName]
  const unknown = only.filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new Error(`no case ${unknown.join(', ')}; there are: ${names.join(' | ')}`)
  return only.length === 0
    ? all.filter(({ isExtra }) => hasExtras || !isExtra)
    : all.filter(({ name }) => only.includes(name))
}

/** Starts the servers and the generator, measures, and stops them. */
async function measureAll(chosen: readonly Case[], options: Options, directory: string): Promise<Report> {
  const { scale, isQuick, only, against } = options
  const load = startLoad()
  const subjects: Subject[] = []
  try {
    const cairn = await startSubject('cairn', directory)
    subjects.push(cairn)
    for (const name of against.filter(isThere)) subjects.push(await startSubject(name, directory))
    const fillMs = await fillAll(load, chosen, subjects, options)
    const rows = chosen.length > 0 ? await measure(load, chosen, subjects, scale) : []
    const hasTails = only.length === 0 || only.includes(tailName)
    if (hasTails) process.stderr.write(`${tailName} …\n`)
    const tails = hasTails ? await tailsOf(load, subjects, scale) : []
    const peakMiB = Object.fromEntries(subjects.map(({ name, pid }) => [name, peakMiBOf(pid)]))
    const version = subjects.some(({ name }) => name === 'minio') ? minioVersion() : undefined
    return { rows, tails, scale, isQuick, fillMs, peakMiB, ...(version !== undefined && { minioVersion: version }) }
  } finally {
    await load.close()
    for (const subject of subjects) await subject.stop()
  }
}

/** Fills all servers. Answers how long the large bucket took at Cairn, in milliseconds. */
async function fillAll(
  load: Load,
  chosen: readonly Case[],
  subjects: readonly Subject[],
  { scale }: Options,
): Promise<number> {
  let cairnMs = 0
  for (const subject of subjects.filter(({ name }) => name !== 'bare')) {
    const ms = await fillSubject(load, subject, chosen, scale)
    if (subject.name === 'cairn') cairnMs = ms
  }
  const [cairn] = subjects
  const bare = subjects.find(({ name }) => name === 'bare')
  if (cairn && bare) await copyPages(load, chosen, cairn, bare)
  return cairnMs
}

/** Writes the page of the documentation; what stands in it from `notesHeading` on is written by hand and stays. */
async function writePage(found: Report): Promise<void> {
  const page = join(projectRoot, 'docs', 'performance.md')
  const before = await readFile(page, 'utf8').catch(() => '')
  const notes = before.indexOf(notesHeading)
  await writeFile(page, notes < 0 ? markdown(found) : `${markdown(found)}\n${before.slice(notes)}`)
}
