// The number of the next change: the catalog's only clock.

import { one, statement, type Steps } from './steps.js'

const newest = statement<Record<string, never>, { number: number }>(
  'SELECT number FROM change ORDER BY number DESC LIMIT 1',
)

/** The number the next change must be appended under. It is nobody else's: transactions run one after another. */
export function* nextNumber(): Steps<number> {
  return (yield* lastNumber()) + 1
}

/** The number of the newest change; 0 in an empty catalog. */
export function* lastNumber(): Steps<number> {
  return (yield* one(newest, {}))?.number ?? 0
}
