// What a catalog can do for the rooms above, whichever engine stands behind it.

import type { Query, Transaction } from './steps.js'

/** Names in SQL. */
export interface Catalog {
  /** Answers from one consistent, durable snapshot. */
  read<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Promise<Result>
  /** `read`, at once: for what every request asks before anything else is done for it. */
  readNow<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Result
  /** Another number than before once anything was changed that authorization reads (`raiseAccessNumber`): whoever was told of the change, in any process,
   *  finds it changed. Read it before what is kept with it. For comparing only. */
  accessNumber(): number
  /** Runs a transaction; settles, with its result or its S3Error, only after the sync of everything it saw or did. */
  commit<Arguments, Result>(transaction: Transaction<Arguments, Result>, args: Arguments): Promise<Result>
  /** Number of a change that is durable; never ahead of the catalog. */
  number(): number
  close(): Promise<void>
}
