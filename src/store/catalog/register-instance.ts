// Instances: each process that writes blob files has a folder of its own, named by its row here.

import { all, query, run, statement, transaction } from './steps.js'

/** A process that writes, or wrote, blob files. */
export type InstanceRow = {
  /** Its folder's name: random, 16 hex digits. */
  readonly id: string
  /** Ms since 1970. */
  readonly startedMs: number
}

const insert = statement<InstanceRow>('INSERT INTO instance (id, started) VALUES (:id, :startedMs)')
const notSwept = statement<Record<string, never>, InstanceRow>(
  'SELECT id, started AS "startedMs" FROM instance WHERE swept = 0 ORDER BY started, id',
)
const sweep = statement<{ id: string }>('UPDATE instance SET swept = 1 WHERE id = :id')

/** Registers a process before it writes its first blob file. */
export const registerInstance = transaction('registerInstance', function* (instance: InstanceRow) {
  yield* run(insert, { id: instance.id, startedMs: instance.startedMs })
})

/** Every instance whose folder has not been searched for orphans: the living one too. */
export const unsweptInstances = query('unsweptInstances', () => all(notSwept, {}))

/** Notes that a dead instance's folder holds no file without a row any more. */
export const markInstanceSwept = transaction('markInstanceSwept', function* ({ id }: { readonly id: string }) {
  yield* run(sweep, { id })
})
