// The embedded catalog: SQLite, read in this thread, written by a thread of its own, checkpointed by another.

import { systemClock, type Clock } from '../../contract/operation.js'
import type { Catalog } from './catalog.js'
import { CatalogReader } from './catalog-reader.js'
import type { CheckpointSettings } from './checkpoint-thread.js'
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
    {
      path,
      now: clock.now(),
      transactions: transactions.href,
      wal: wal.shared,
    },
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
  readonly #reader: CatalogReader
  readonly #writer: Writer
  readonly #wal: WalState
  /** Changes of what authorization reads that this process knows of. */
  #accessChanges = 0
  readonly #checkpointsEnded: Promise<void>

  /** Use `openSqliteCatalog`. */
  constructor(path: string, writer: Writer, wal: WalState) {
    this.path = path
    this.#reader = new CatalogReader(path, true)
    this.#writer = writer
    writer.onAnswers = (changesAccess) => {
      this.#reader.renew()
      if (changesAccess) this.#accessChanges += 1
    }
    this.#wal = wal
    const workerData: CheckpointSettings = { path, wal: wal.shared }
    const worker = startThread('checkpoint-thread', workerData)
    worker.on('message', (error: ErrorData) => writer.fail(errorOf(error)))
    worker.on('error', (error) => writer.fail(error))
    this.#checkpointsEnded = new Promise((resolve) => worker.on('exit', () => resolve()))
  }

  read<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Promise<Result> {
    return this.#reader.read(query, args)
  }

  readNow<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Result {
    return this.#reader.readNow(query, args)
  }

  /** Every commit of every process goes through the writer of this one, and is counted before anybody is told of it: then, and not sooner, readers of this
   *  process see it too, who may share a snapshot until then. So nothing older is read under a new number, and what is kept under an old one may be newer. */
  accessNumber(): number {
    return this.#accessChanges
  }

  commit<Arguments, Result>(transaction: Transaction<Arguments, Result>, args: Arguments): Promise<Result> {
    return this.#writer.commit(transaction, args)
  }

  /** `commit` of a transaction that another process has sent.
   *  @param sealed its arguments in V8's format, in memory of their own */
  commitSealed(name: string, sealed: Uint8Array): Promise<unknown> {
    return this.#writer.commitSealed(name, sealed)
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
