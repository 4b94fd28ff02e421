// What `npm run bench -- …` can be told.

import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { type ProfilerName, profilers } from './profiler.js'
import { full, normal, profiled, quick, type Scale } from './scale.js'
import { type SubjectName, subjectNames } from './subject.js'

/** What is asked of a run. */
export interface Options {
  readonly scale: Scale
  readonly isQuick: boolean
  /** Whether cases that are otherwise left out belong to it. */
  readonly hasExtras: boolean
  /** Whether docs/performance.md is written. */
  readonly isWritten: boolean
  /** Names of the cases; all when empty. */
  readonly only: readonly string[]
  /** Servers measured beside Cairn, of those that can be started here. */
  readonly against: readonly SubjectName[]
  /** Where servers keep their files. */
  readonly data: string
  readonly profile?: ProfilerName
}

/** For `--help`. */
export const usage = `npm run bench -- [OPTIONS]

  --quick               all cases once, in a minute and a half, to see that it works; nothing is judged
  --full                all cases, a million keys, two workers: an hour and more
  --only NAME,NAME      these cases alone ("GET 1 KiB,HEAD")
  --against NAME,NAME   servers measured beside Cairn: bare (Koa), minio (when it is on PATH), two (workers)
  --rounds N            rounds that count
  --slice-ms MS         how long a case runs in a round
  --data DIR            where servers keep their files
  --write               also into docs/performance.md
  --profile cpu|perf    where the time of Cairn's threads goes in these cases, in place of a measurement. cpu: by V8's profiler, of wall time, so that a
                        thread waiting in a sync counts; perf: by Linux's, of CPU time, native code and the kernel too
`

const others = subjectNames.filter((name) => name !== 'cairn')

/** @param args the command line, from the first option on
 *  @throws Error with what is wrong */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      data: { type: 'string', default: tmpdir() },
      only: { type: 'string', default: '' },
      against: { type: 'string' },
      rounds: { type: 'string' },
      'slice-ms': { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const profile = oneOf('--profile', profilers, values.profile)
  const only = listOf(values.only)
  if (values.write && only.length > 0) throw new Error('--write with --only: the page would lose its other cases')
  if (values.quick && values.full) throw new Error('--quick with --full: choose one')
  const base = values.quick ? quick : profile ? profiled : values.full ? full : normal
  const against = values.against === undefined ? usualAgainst(values.quick || values.full) : listOf(values.against)
  return {
    scale: {
      ...base,
      rounds: wholeNumber('--rounds', values.rounds) ?? base.rounds,
      sliceMs: wholeNumber('--slice-ms', values['slice-ms']) ?? base.sliceMs,
    },
    isQuick: values.quick,
    hasExtras: values.quick || values.full,
    isWritten: values.write,
    only,
    against: against.flatMap((name) => oneOf('--against', others, name) ?? []),
    data: values.data,
    ...(profile && { profile }),
  }
}

function usualAgainst(isEverything: boolean): SubjectName[] {
  return isEverything ? ['bare', 'two', 'minio'] : ['bare', 'minio']
}

/** Names between commas; a comma before a digit belongs to a number ("LIST 1,000 of 10,000"). */
function listOf(text: string): string[] {
  return text
    .split(/,(?!\d)/)
    .map((name) => name.trim())
    .filter(Boolean)
}

function oneOf<Name extends string>(
  option: string,
  allowed: readonly Name[],
  text: string | undefined,
): Name | undefined {
  const found = allowed.find((name) => name === text)
  if (text === undefined || found) return found
  throw new Error(`${option} ${text}: allowed is one of ${allowed.join(', ')}`)
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${option} ${text}: allowed is a whole number from 1 on`)
  return Number(text)
}
