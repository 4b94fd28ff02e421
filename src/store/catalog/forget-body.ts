// A body that lost a name is written down for the collector, which looks whether it has another.

import { run, statement, type Steps } from './steps.js'

const insert = statement<{ bodyId: number }>(
  'INSERT INTO unnamed (body_id) VALUES (:bodyId) ON CONFLICT (body_id) DO NOTHING',
)

/** Tells the collector to look at a body. */
export function* forgetBody(bodyId: number): Steps<void> {
  yield* run(insert, { bodyId })
}
