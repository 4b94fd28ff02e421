// What clients may meet when a process of a server of several is killed.

import { S3ServiceException } from '@aws-sdk/client-s3'

/** A connection that breaks, or a writer that did not answer. Anything else is a fault, above all a refusal by a condition that held. */
export function isInterruption(error: unknown): boolean {
  if (error instanceof S3ServiceException) return error.name === 'ServiceUnavailable'
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  return ['ECONNRESET', 'EPIPE', 'ECONNREFUSED'].includes(String(code))
}
