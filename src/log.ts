// The log: one JSON line an event on standard error, or a short line for a person at a terminal. Never a secret (see `auth/secret.ts`).

import { pino } from 'pino'
import type { Log } from './contract/log.js'

/** How much is logged, from everything to nothing. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** One of `logLevels`. */
export type LogLevel = (typeof logLevels)[number]

/** Opens the log on standard error. Lines are written at once: what a crash follows must not be lost in a buffer.
 *  @param name of this process, said in every line, where a server has several: "worker 1" */
export function openLog(level: LogLevel, isTerminal: boolean = process.stderr.isTTY, name?: string): Log {
  const options = {
    level,
    base: name === undefined ? null : { process: name },
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  if (isTerminal) return pino(options, { write: (line) => void process.stderr.write(shortLine(line)) })
  return pino(options, pino.destination({ fd: process.stderr.fd, sync: true }))
}

/** "10:15:02 error  message  {…}" of pino's JSON. */
function shortLine(line: string): string {
  // pino wrote it from the options above: an object with these members.
  const { level, time, msg, err, ...rest } = JSON.parse(line) as {
    level: number
    time: string
    msg: string
    err?: { stack?: string }
  }
  const details = Object.keys(rest).length === 0 ? '' : `  ${JSON.stringify(rest)}`
  const stack = err?.stack === undefined ? '' : `\n${err.stack}`
  return `${time.slice(11, 19)} ${(pino.levels.labels[level] ?? '').padEnd(5)} ${msg}${details}${stack}\n`
}
