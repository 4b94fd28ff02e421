// Answers queries from a reading connection of its own: in the process that writes, and in every other process beside it.
// SQLite makes a commit visible to readers, of any process, only after the sync of the WAL it is in ("synchronous = FULL"): so whatever is
// read here is durable, and a commit that was answered in one process is seen by the next query in every other.

import { Connection } from './connection.js'
import { requireFormat } from './require-format.js'
import type { Query } from './steps.js'

/** Reads in one turn of the event loop from which on it pays to open a snapshot for all of them. Opening and ending one costs as much as two reads
 *  that each open their own. Measured, GET 1 KiB at 32 connections: 26.3 -> 24.6 us. */
const sharingReadsMin = 4

/** A reading connection. */
export class CatalogReader {
  readonly #connection: Connection
  /** Whether reads of a turn may share a snapshot. */
  readonly #mayShare: boolean
  /** In this turn of the event loop. */
  #reads = 0
  /** Whether the turn before had reads enough. */
  #isBusy = false
  /** Whether a snapshot is open for whoever reads. */
  #isShared = false
  /** Queries that took more than one step when they last ran, and probably will again. */
  readonly #long = new WeakSet<object>()

  /** @param path of a catalog that its writer has opened: it is in this program's format then, and what a crash left in the WAL is synced
   *  @param mayShare whether reads of one turn of the event loop may share a snapshot: in a process that is told of every commit before anybody else
   *    is, and calls `renew` then. Elsewhere a client could be told of a commit and find that it is not there.
   *  @throws Error when the format is another program's */
  constructor(path: string, mayShare = false) {
    this.#mayShare = mayShare
    this.#connection = new Connection(path, 'read')
    try {
      requireFormat(this.#connection.database)
    } catch (error) {
      this.#connection.close()
      throw error
    }
  }

  async read<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Promise<Result> {
    return this.readNow(query, args)
  }

  /** `read`, without waiting: SQLite answers at once. */
  readNow<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Result {
    if (this.#mayShare) this.#share()
    if (this.#isShared) return this.#connection.run(query.steps(args))
    if (this.#long.has(query)) return this.#readInSnapshot(query, args)
    // A single statement is a snapshot by itself. Only when a second step comes are all run again, in one transaction.
    const steps = query.steps(args)
    const first = steps.next()
    if (first.done === true) return first.value
    const second = steps.next(this.#connection.execute(first.value))
    if (second.done === true) return second.value
    this.#long.add(query)
    return this.#readInSnapshot(query, args)
  }

  #readInSnapshot<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Result {
    const connection = this.#connection
    connection.execute(begin)
    try {
      const steps = query.steps(args)
      let count = 0
      let next = steps.next()
      for (; next.done !== true; count += 1) next = steps.next(connection.execute(next.value))
      if (count < 2) this.#long.delete(query)
      return next.value
    } finally {
      connection.execute(end)
    }
  }

  /** Whoever reads from now on sees what is committed by now. */
  renew(): void {
    if (!this.#isShared) return
    this.#isShared = false
    // An error of the disk may have ended it.
    if (this.#connection.database.inTransaction) this.#connection.execute(end)
  }

  close(): void {
    this.renew()
    this.#connection.close()
  }

  /** Opens a snapshot for the rest of this turn where many will read. */
  #share(): void {
    if (this.#reads === 0) setImmediate(this.#endTurn)
    this.#reads += 1
    if (this.#isShared || !this.#isBusy) return
    this.#connection.execute(begin)
    this.#isShared = true
  }

  readonly #endTurn = (): void => {
    this.#isBusy = this.#reads >= sharingReadsMin
    this.#reads = 0
    this.renew()
  }
}

const begin = { kind: 'run', statement: { text: 'BEGIN', names: [] }, parameters: {} } as const
const end = { kind: 'run', statement: { text: 'COMMIT', names: [] }, parameters: {} } as const
