// The refusal of who has asked for more than a limit allows.

import { S3Error } from '../../contract/errors.js'

/** Longest time that is told: a limit may have been raised by then. */
const retryAfterSecondsMax = 3600

/** SlowDown because of a limit of one caller: the server is not overloaded. */
export class LimitReached extends S3Error {
  /** @param message which limit
   *  @param waitMs until there is room again */
  constructor(message: string, waitMs: number) {
    const seconds = Math.min(retryAfterSecondsMax, Math.max(1, Math.ceil(waitMs / 1000)))
    super('SlowDown', { message, headers: { 'Retry-After': String(seconds) } })
  }
}
