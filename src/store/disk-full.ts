// A full disk: how it is told to a caller, and how it is recognized again, from whichever thread or process it comes.

import { S3Error } from '../contract/errors.js'

const message = 'The disk of this server is full: nothing was stored. Reads and deletions go on.'

/** S3 has no code for a full disk. 503 says what is true: the server is at fault, and the same request may succeed later. */
export const diskFull = (cause?: unknown): S3Error => new S3Error('ServiceUnavailable', { message, cause })

/** Whether an error is one of `diskFull`. Threads hand on code and message, nothing else. */
export const isDiskFull = (error: unknown): boolean =>
  error instanceof S3Error && error.code === 'ServiceUnavailable' && error.message === message
