// What callers are told once writing has stopped: after an error of the disk nobody knows what it holds.

import { S3Error } from '../contract/errors.js'

/** @param cause why; it is logged, and not told to clients */
export const writingStopped = (cause: Error): S3Error =>
  new S3Error('ServiceUnavailable', {
    message:
      'This server has stopped writing after an error of its disk, and its store must be reopened: restart it, and see its log. Reads go on.',
    cause,
  })
