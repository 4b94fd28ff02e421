// One SQLite connection: how it is opened, and how it runs steps. Who may write, and when, is not decided here.

import Database from 'better-sqlite3'
import type { SqlValue, Statement, Step, Steps } from './steps.js'

/** Before it, SQLite could corrupt a database when a WAL was reset. Source: sqlite.org, release notes of 3.51.3. */
const sqliteVersionMin = '3.51.3'

/** How long a connection waits for another's lock: only `cairn check` and a backup ever hold one. */
export const busyMsMax = 2_000

/** Page cache of the writer and of the checkpoints. Each commit goes through all slots of the cache's hash table (SQLite drops pages beyond the
 *  end, and counts the lock-byte page among them), so a large one costs more than the page reads it saves. Measured, 12 inserts of 1 KiB a
 *  commit into 400,000 rows: 16 to 18 us each with 64 MiB, 12 to 13 with 8 MiB. */
const cacheKiB = 8 * 1024

/** The reader maps the file instead: its page cache is emptied by each commit of the writer, the kernel's is not.
 *  Measured: a row with 1 KiB 12 us without, 5.6 with. */
const mappedBytesMax = 64 * 1024 * 1024 * 1024

/** After a reset the WAL's file is cut to this many bytes. */
const walBytesKeptMax = 64 * 1024 * 1024

/** What a connection is for. Who looks at everything ('check') reads pages of a file that may be broken: an error of the disk under a mapped
 *  page would end the process. */
export type Purpose = 'read' | 'check' | 'write' | 'checkpoint'

interface Prepared {
  readonly statement: Database.Statement<SqlValue[], unknown>
  /** Puts a step's parameters into `values`. */
  readonly fill: (values: SqlValue[], parameters: Step['parameters']) => void
  /** Makes an object of a row's values. */
  readonly rowOf: RowMaker
  readonly changes: boolean
  /** Values in the order of the names: filled anew for each call, so that no call allocates. */
  readonly values: SqlValue[]
}

/** Compares versions like "3.51.3" number by number. */
export function isOlderVersion(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number)) as [number[], number[]] // two in, two out
  for (let i = 0; i < b.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** An open connection with its prepared statements. */
export class Connection {
  readonly database: Database.Database
  readonly #prepared = new Map<Statement<never, unknown>, Prepared>()
  /** Rows that steps have inserted, changed or removed, but for those of RETURNING: one a step. */
  changedRows = 0

  /** Opens the file at `path`; only a writer creates it.
   *  @throws Error when the SQLite library is too old, or the file is none of SQLite's */
  constructor(path: string, purpose: Purpose) {
    const isReader = purpose === 'read' || purpose === 'check'
    this.database = new Database(path, { readonly: isReader, fileMustExist: purpose !== 'write' })
    try {
      const version = this.database.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? ''
      if (isOlderVersion(version, sqliteVersionMin)) {
        throw new Error(`SQLite ${version} can lose data; ${sqliteVersionMin} or newer is needed`)
      }
      const set = (pragma: string) => this.database.pragma(pragma)
      set(`busy_timeout = ${busyMsMax}`)
      if (purpose === 'write') set('journal_mode = WAL')
      // better-sqlite3 is compiled with DEFAULT_WAL_SYNCHRONOUS=1 (NORMAL), which does not sync a commit.
      set('synchronous = FULL')
      set('wal_autocheckpoint = 0')
      // Who looks at everything sorts more than memory should hold.
      set(`temp_store = ${purpose === 'check' ? 'FILE' : 'MEMORY'}`)
      if (purpose === 'read') set(`mmap_size = ${mappedBytesMax}`)
      if (!isReader) {
        set(`cache_size = -${cacheKiB}`)
        set(`journal_size_limit = ${walBytesKeptMax}`)
        set('foreign_keys = ON')
      }
    } catch (error) {
      this.database.close()
      throw error
    }
  }

  /** Runs a step. */
  execute(step: Step): unknown {
    const prepared = this.#prepared.get(step.statement) ?? this.#prepare(step.statement)
    const { values, statement } = prepared
    prepared.fill(values, step.parameters)
    switch (step.kind) {
      case 'one': {
        // better-sqlite3 takes an array in place of the list of values, and answers one in place of a row where it is told to.
        const row = statement.get(values as never) as unknown[] | undefined
        return row && prepared.rowOf(row)
      }
      case 'all': {
        const rows = statement.all(values as never) as unknown[][] // as above
        return rows.map((row) => prepared.rowOf(row))
      }
      case 'run': {
        const { changes } = statement.run(values as never) // as above
        this.changedRows += changes
        return changes
      }
      case 'insert': {
        const { changes, lastInsertRowid } = statement.run(values as never) // as above
        this.changedRows += changes
        return changes === 0 ? undefined : Number(lastInsertRowid)
      }
    }
  }

  /** Whether a step may change rows (an INSERT with RETURNING too, whatever its kind). */
  changes(step: Step): boolean {
    return (this.#prepared.get(step.statement) ?? this.#prepare(step.statement)).changes
  }

  /** Runs steps to their end, outside of any transaction of its own. */
  run<Result>(steps: Steps<Result>): Result {
    let next = steps.next()
    while (next.done !== true) next = steps.next(this.execute(next.value))
    return next.value
  }

  /** Runs steps to their end in one snapshot. */
  runInSnapshot<Result>(steps: Steps<Result>): Result {
    this.database.exec('BEGIN')
    try {
      return this.run(steps)
    } finally {
      this.database.exec('COMMIT')
    }
  }

  close(): void {
    this.#prepared.clear()
    this.database.close()
  }

  #prepare(statement: Statement<never, unknown>): Prepared {
    const compiled = this.database.prepare<SqlValue[], unknown>(statement.text)
    if (compiled.reader) compiled.raw(true)
    const prepared: Prepared = {
      statement: compiled,
      fill: filler(statement.names),
      rowOf: rowMaker(compiled.reader ? compiled.columns().map(({ name }) => name) : []),
      changes: !compiled.readonly,
      values: Array.from({ length: statement.names.length }, () => null),
    }
    this.#prepared.set(statement, prepared)
    return prepared
  }
}

/** Compiles what puts parameters of these names into an array; one that is missing is refused by the binding. A loop over the names looks each up
 *  among the parameters of all statements: 35 times a put, 1.5 % of its time. */
function filler(names: readonly string[]): Prepared['fill'] {
  const places = names.map((name, i) => `values[${i}] = parameters[${JSON.stringify(name)}]`)
  // oxlint-disable-next-line typescript/no-implied-eval -- the names are those of our own statements, and written as JSON
  return new Function('values', 'parameters', places.join('\n')) as Prepared['fill']
}

type RowMaker = (values: readonly unknown[]) => object

/** Compiles what makes rows of these columns: one object literal, so that all rows have one shape from the start. better-sqlite3 makes objects
 *  too, looking up each name again. Measured for 21 columns: 8.6 us there, 4.5 with names set one by one, 3.7 so. */
function rowMaker(columns: readonly string[]): RowMaker {
  const members = columns.map((name, i) => `${JSON.stringify(name)}: values[${i}]`)
  // oxlint-disable-next-line typescript/no-implied-eval -- the names are those of our own statements, and written as JSON
  return new Function('values', `return { ${members.join(', ')} }`) as RowMaker
}
