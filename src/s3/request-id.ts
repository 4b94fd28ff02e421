// Ids that name a request in answers, errors and the log.

import { randomBytes, randomFillSync } from 'node:crypto'

const idSizeBytes = 8
const pool = Buffer.allocUnsafe(idSizeBytes * 512)
let used = pool.length

/** A new id as S3's `x-amz-request-id`: 16 upper-case hex digits. Random bytes are drawn for 512 requests at a time. */
export function newRequestId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const start = used
  used += idSizeBytes
  return pool.toString('hex', start, used).toUpperCase()
}

/** S3's `x-amz-id-2`, which names the host that answered: 64 characters of base64, another one each time a server starts. */
export const newHostId = (): string => randomBytes(48).toString('base64')
