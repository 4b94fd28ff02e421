// What `npm run bench -- …` can be told.

import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import type { Scale } from './cases.js'
import { type ProfilerName, profilers } from './profiler.js'

/** What is asked of a run. */
export interface Options {
  readonly scale: Scale
  readonly isQuick: boolean
  /** Whether docs/performance.md is written. */
  readonly isWritten: boolean
  /** Names of the cases; all when empty. */
  readonly only: readonly string[]
  /** Where servers keep their files. */
  readonly data: string
  readonly profile?: ProfilerName
}

/** For `--help`, and beside what is wrong. */
export const usage = `npm run bench -- [OPTIONS]

  --only NAME,NAME     these cases alone ("GET 1 KiB,HEAD")
  --quick              a few seconds, to see that it works
  --rounds N           rounds that count
  --slice-ms MS        how long a case runs in a round
  --data DIR           where servers keep their files
  --write              also into docs/performance.md
  --profile cpu|perf   the time of Cairn's functions in these cases in place of a measurement: V8's profiler, or Linux's
`

const normal: Scale = { rounds: 4, sliceMs: 2_000, collectorMs: 11_000, keys: 200_000 }
const quick: Scale = { rounds: 1, sliceMs: 300, collectorMs: 0, keys: 10_000 }

/** V8 has compiled what it will after so long, and a function of one percent has a hundred samples and more. */
const profileSliceMs = 10_000

/** @param args the command line, from the first option on
 *  @throws Error with what is wrong */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      data: { type: 'string', default: tmpdir() },
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      'slice-ms': { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const profile = profilers.find((name) => name === values.profile)
  if (values.profile !== undefined && !profile) {
    throw new Error(`--profile ${values.profile}: allowed is one of ${profilers.join(', ')}`)
  }
  const base = values.quick ? quick : profile ? { ...normal, sliceMs: profileSliceMs, keys: 20_000 } : normal
  return {
    scale: {
      ...base,
      rounds: wholeNumber('--rounds', values.rounds) ?? base.rounds,
      sliceMs: wholeNumber('--slice-ms', values['slice-ms']) ?? base.sliceMs,
    },
    isQuick: values.quick,
    isWritten: values.write,
    only: values.only
      .split(/,(?!\d)/)
      .map((name) => name.trim())
      .filter(Boolean),
    data: values.data,
    ...(profile && { profile }),
  }
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${option} ${text}: allowed is a whole number from 1 on`)
  return Number(text)
}
