// What a thrown error becomes: a refusal the caller is told about, or an InternalError that is logged once with its stack.

import { LimitReached } from '../auth/limits/slow-down.js'
import { S3Error } from '../contract/errors.js'
import type { Log } from '../contract/log.js'
import { ClientLeft } from './connections.js'

/** SlowDown is told of once in so many ms, with how many it were: a line for each would cost more than the refusal. */
const slowDownLogMs = 10_000

/** Counts refusals with SlowDown by the log they are told to. */
const slowDowns = new WeakMap<Log, { count: number; toldMs: number }>()

/** The refusal that answers `error`. What is no `S3Error` is a bug or a broken machine: it is logged here and nowhere else. */
export function refusalOf(error: unknown, log: Log, requestId: string, what: string): S3Error {
  if (error instanceof S3Error) {
    // What one caller's limits refuse says nothing of the server.
    if (error instanceof LimitReached) return error
    if (error.code === 'SlowDown') tellSlowDown(log)
    else if (error.status >= 500 && error.status !== 501) log.error({ requestId, request: what, err: error }, 'refused')
    return error
  }
  if (error instanceof ClientLeft) return new S3Error('IncompleteBody', { cause: error })
  log.error({ requestId, request: what, err: error }, 'internal error')
  return new S3Error('InternalError', { cause: error })
}

function tellSlowDown(log: Log): void {
  const nowMs = performance.now()
  let told = slowDowns.get(log)
  if (told === undefined) slowDowns.set(log, (told = { count: 0, toldMs: -slowDownLogMs }))
  told.count += 1
  if (nowMs - told.toldMs < slowDownLogMs) return
  log.warn({ requests: told.count }, 'overloaded: requests were refused with SlowDown')
  told.count = 0
  told.toldMs = nowMs
}
