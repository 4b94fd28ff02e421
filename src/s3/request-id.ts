// Ids that name a request in answers, errors and the log.

import { randomBytes } from 'node:crypto'

const idSizeBytes = 8
const digits = 2 * idSizeBytes

/** Ids to come, one behind the other. */
let pool = ''
let used = 0

/** A new id as S3's `x-amz-request-id`: 16 upper-case hex digits. They are drawn for 512 requests at a time. */
export function newRequestId(): string {
  if (used === pool.length) {
    pool = randomBytes(idSizeBytes * 512)
      .toString('hex')
      .toUpperCase()
    used = 0
  }
  used += digits
  return pool.slice(used - digits, used)
}

/** S3's `x-amz-id-2`, which names the host that answered: 64 characters of base64, another one each time a server starts. */
export const newHostId = (): string => randomBytes(48).toString('base64')
