// The number of what authorization reads: raised in the same transaction by everything that changes identities, or what decides who may do what
// with a bucket. Whoever keeps compiled rights compares it, and so a key that was disabled stops working at once in every process.

import { one, query, run, statement, type Steps } from './steps.js'

/** What raises the number. The writer thread looks for it, and tells its process, which need not look up the number then. */
export const raisesAccessNumber = statement<Record<string, never>>('UPDATE access_state SET number = number + 1')
const current = statement<Record<string, never>, { number: number }>('SELECT number FROM access_state')

/** Notes that something authorization reads has changed. */
export function* raiseAccessNumber(): Steps<void> {
  // Without its row the number would stand still, and rights that were taken away go on.
  if ((yield* run(raisesAccessNumber, {})) !== 1) throw new Error('The catalog has no access number: run cairn repair')
}

/** Differs from an earlier answer when anything authorization reads has changed since. */
export const accessNumber = query('accessNumber', function* () {
  const row = yield* one(current, {})
  if (row === undefined) throw new Error('The catalog has no access number')
  return row.number
})
