// What a thrown error becomes: a refusal the caller is told about, or an InternalError that is logged once with its stack.

import { S3Error } from '../contract/errors.js'
import type { Log } from '../contract/log.js'
import { ClientLeft } from './connections.js'

/** The refusal that answers `error`. What is no `S3Error` is a bug or a broken machine: it is logged here and nowhere else. */
export function refusalOf(error: unknown, log: Log, requestId: string, what: string): S3Error {
  if (error instanceof S3Error) {
    if (error.status >= 500 && error.status !== 501) log.error({ requestId, request: what, err: error }, 'refused')
    return error
  }
  if (error instanceof ClientLeft) return new S3Error('IncompleteBody', { cause: error })
  log.error({ requestId, request: what, err: error }, 'internal error')
  return new S3Error('InternalError', { cause: error })
}
