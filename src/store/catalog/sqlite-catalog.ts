// The embedded catalog: SQLite, read in this thread, written by a thread of its own, checkpointed by another.

import { systemClock, type Clock } from '../../contract/operation.js'
import type { Catalog } from './catalog.js'
import type { CheckpointSettings } from './checkpoint-thread.js'
import { Connection } from './connection.js'
import { errorOf, type ErrorData } from './error-data.js'
import type { Migrated } from './migrate.js'
import type { Query, Transaction } from './steps.js'
import { moduleURL, startThread } from './thread.js'
import { WalState } from './wal-state.js'
import { Writer } from './writer.js'

/** How a catalog is opened. */
export interface SqliteCatalogSettings {
  /** Of the database file; it is made when there is none. Its directory must exist. No other code of this process may open that
   *  file: closing any descriptor of it would drop SQLite's locks. */
  readonly path: string
  readonly clock?: Clock
  /** Told once, when writes have stopped for good; reads go on. */
  readonly onFailure?: (error: Error) => void
  /** Module that exports `transactions`; the catalog's own when absent. */
  readonly transactions?: URL
}

/** Opens a catalog, making or migrating its tables.
 *  @throws Error when its format is newer than this program, the file is no catalog, or the SQLite library is too old */
export async function openSqliteCatalog(settings: SqliteCatalogSettings): Promise<SqliteCatalog> {
  const { path, clock = systemClock, onFailure = () => undefined, transactions = moduleURL('transactions') } = settings
  const wal = new WalState()
  const writer = await Writer.open(
    { path, now: clock.now(), transactions: transactions.href, wal: wal.shared },
    onFailure,
  )
  try {
    return new SqliteCatalog(path, writer, wal)
  } catch (error) {
    await writer.close()
    throw error
  }
}

/** An open catalog. */
export class SqliteCatalog implements Catalog {
  /** Of the database file. */
  readonly path: string
  readonly #reader: Connection
  readonly #writer: Writer
  readonly #wal: WalState
  readonly #checkpointsEnded: Promise<void>
  /** Queries that took more than one step when they last ran, and probably will again. */
  readonly #long = new WeakSet<object>()

  /** Use `openSqliteCatalog`. */
  constructor(path: string, writer: Writer, wal: WalState) {
    this.path = path
    this.#reader = new Connection(path, 'read')
    this.#writer = writer
    this.#wal = wal
    const workerData: CheckpointSettings = { path, wal: wal.shared }
    const worker = startThread('checkpoint-thread', workerData)
    worker.on('message', (error: ErrorData) => writer.fail(errorOf(error)))
    worker.on('error', (error) => writer.fail(error))
    this.#checkpointsEnded = new Promise((resolve) => worker.on('exit', () => resolve()))
  }

  async read<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Promise<Result> {
    return this.readNow(query, args)
  }

  /** `read`, without waiting: SQLite answers at once. */
  readNow<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Result {
    if (this.#long.has(query)) return this.#readInSnapshot(query, args)
    // A single statement is a snapshot by itself. Only when a second step comes are all run again, in one transaction.
    const steps = query.steps(args)
    const first = steps.next()
    if (first.done === true) return first.value
    const second = steps.next(this.#reader.execute(first.value))
    if (second.done === true) return second.value
    this.#long.add(query)
    return this.#readInSnapshot(query, args)
  }

  #readInSnapshot<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Result {
    const reader = this.#reader
    reader.execute(begin)
    try {
      const steps = query.steps(args)
      let count = 0
      let next = steps.next()
      for (; next.done !== true; count += 1) next = steps.next(reader.execute(next.value))
      if (count < 2) this.#long.delete(query)
      return next.value
    } finally {
      reader.execute(end)
    }
  }

  commit<Arguments, Result>(transaction: Transaction<Arguments, Result>, args: Arguments): Promise<Result> {
    return this.#writer.commit(transaction, args)
  }

  number(): number {
    return this.#writer.number()
  }

  /** What was done to an older catalog when it was opened; undefined when nothing had to be. */
  migrated(): Migrated | undefined {
    return this.#writer.migrated
  }

  /** Why writes have stopped, if they have. */
  failure(): Error | undefined {
    return this.#writer.failure()
  }

  /** Stops writing for good; reads go on. */
  fail(error: Error): void {
    this.#writer.fail(error)
  }

  /** Lets every commit under way end, then closes everything; the WAL is empty afterwards. */
  async close(): Promise<void> {
    // Whoever reads or checkpoints would keep the writer from emptying the WAL; it goes last.
    this.#reader.close()
    this.#wal.stop()
    await this.#checkpointsEnded
    await this.#writer.close()
  }
}

const begin = { kind: 'run', statement: { text: 'BEGIN', names: [] }, parameters: {} } as const
const end = { kind: 'run', statement: { text: 'COMMIT', names: [] }, parameters: {} } as const
