// A group of transactions with one commit, hence one sync. Each of them happens wholly or not at all, whatever its neighbours do.

import { S3Error } from '../../contract/errors.js'
import { raisesAccessNumber } from './access-number.js'
import { diskFull } from '../disk-full.js'
import { passPoint } from '../fault-points.js'
import type { Connection } from './connection.js'
import { codeOf, errorData, type ErrorData } from './error-data.js'
import { lastNumber } from './next-number.js'
import type { Transaction } from './steps.js'

/** A transaction to be run. */
export interface Job {
  readonly transaction: Transaction<never, unknown>
  readonly args: unknown
}

/** How the first jobs of a group ended, in order: a result, or the error at the same index. Both lists are equally long. */
export interface Answers {
  readonly results: unknown[]
  readonly errors: (ErrorData | undefined)[]
  /** Whether one of the jobs raised the access number. */
  changesAccess: boolean
  /** Number of the newest change with them; undefined: nothing was committed. */
  number?: number
}

/** A commit failed in a way after which nobody knows what the disk holds. It is never tried again. */
class CommitFailed extends Error {
  override readonly name = 'CommitFailed'
}

/** Only this thread writes, unless an operator's tool holds the lock for longer than a connection waits. */
const locked = () => new S3Error('ServiceUnavailable', { message: 'The catalog is locked by another program.' })

/** Runs jobs in order in one SQLite transaction and commits it, as many as fit in `holdMsMax` (one at least). When this returns,
 *  all answers are durable; so is what the refusals saw. Jobs without an answer have not been run.
 *  @throws CommitFailed when the sync failed: nothing may be answered, and the connection must not write again */
export function runGroup(connection: Connection, jobs: readonly Job[], holdMsMax: number): Answers {
  /** Jobs that made SQLite roll back everybody, and why: they are not run again. */
  const culprits = new Map<Job, ErrorData>()
  // Almost every refusal comes before its transaction's first write, so the first attempt does without savepoints.
  // One that comes later costs the group a second attempt, with them.
  for (let hasSavepoints = false; ; hasSavepoints = true) {
    const answers = attempt(connection, jobs, performance.now() + holdMsMax, culprits, hasSavepoints)
    if (answers !== 'again') return answers
  }
}

/** Answers 'again' when everything was rolled back and must be run anew. */
function attempt(
  connection: Connection,
  jobs: readonly Job[],
  until: number,
  culprits: Map<Job, ErrorData>,
  hasSavepoints: boolean,
): Answers | 'again' {
  const { database } = connection
  const answers: Answers = { results: [], errors: [], changesAccess: false }
  try {
    connection.execute(statements.begin)
  } catch (error) {
    return refuseAll(jobs, error)
  }
  for (const job of jobs) {
    if (answers.errors.length > 0 && performance.now() > until) break
    const culprit = culprits.get(job)
    if (culprit !== undefined) {
      answers.results.push(undefined)
      answers.errors.push(culprit)
      continue
    }
    const work = new Work(connection, hasSavepoints)
    try {
      answers.results.push(work.run(job))
      work.keep()
      if (work.changesAccess) answers.changesAccess = true
      answers.errors.push(undefined)
    } catch (error) {
      if (codeOf(error) === 'SQLITE_IOERR_FSYNC') throw failure(connection, error)
      const data = errorData(hasNoRoom(error) ? diskFull() : error)
      if (!database.inTransaction) {
        culprits.set(job, data)
        return 'again'
      }
      if (!work.undo()) {
        database.exec('ROLLBACK')
        return 'again'
      }
      const i = answers.errors.length
      answers.results[i] = undefined
      answers.errors[i] = data
    }
  }
  return commit(connection, jobs, answers)
}

/** What one job of a group does. */
class Work {
  readonly #connection: Connection
  readonly #hasSavepoints: boolean
  #hasWritten = false
  changesAccess = false

  constructor(connection: Connection, hasSavepoints: boolean) {
    this.#connection = connection
    this.#hasSavepoints = hasSavepoints
  }

  run(job: Job): unknown {
    const connection = this.#connection
    // The sender named this transaction beside these arguments: `commit` ties their types together.
    const steps = job.transaction.steps(job.args as never)
    let next = steps.next()
    while (next.done !== true) {
      const step = next.value
      if (!this.#hasWritten && connection.changes(step)) {
        if (this.#hasSavepoints) connection.database.exec('SAVEPOINT job')
        this.#hasWritten = true
      }
      if (step.statement === raisesAccessNumber) this.changesAccess = true
      next = steps.next(connection.execute(step))
    }
    return next.value
  }

  keep(): void {
    if (this.#hasWritten && this.#hasSavepoints) this.#connection.database.exec('RELEASE job')
  }

  /** Answers whether it could be undone alone. */
  undo(): boolean {
    if (!this.#hasWritten) return true
    if (!this.#hasSavepoints) return false
    this.#connection.database.exec('ROLLBACK TO job; RELEASE job')
    return true
  }
}

function commit(connection: Connection, jobs: readonly Job[], answers: Answers): Answers {
  try {
    passPoint('group ready')
    // Here it takes no lock of its own.
    answers.number = connection.run(lastNumber())
    connection.execute(statements.commit)
    passPoint('group committed')
    return answers
  } catch (error) {
    // A write that found no space has harmed nothing: the frames without a commit do not count, and no sync was asked for.
    if (!hasNoRoom(error)) throw failure(connection, error)
    if (connection.database.inTransaction) connection.database.exec('ROLLBACK')
    return refuseAll(jobs.slice(0, answers.errors.length), diskFull())
  }
}

/** Nothing was done for anybody. */
function refuseAll(jobs: readonly Job[], error: unknown): Answers {
  const isLocked = codeOf(error)?.startsWith('SQLITE_BUSY') === true
  const data = errorData(isLocked ? locked() : hasNoRoom(error) ? diskFull() : error)
  return { results: jobs.map(() => undefined), errors: jobs.map(() => data), changesAccess: false }
}

function failure(connection: Connection, cause: unknown): CommitFailed {
  try {
    if (connection.database.inTransaction) connection.database.exec('ROLLBACK')
  } catch {
    // The first error is the one to tell.
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new CommitFailed(`The catalog could not be committed (${codeOf(cause) ?? 'unknown'}: ${reason})`, { cause })
}

const hasNoRoom = (error: unknown): boolean => codeOf(error) === 'SQLITE_FULL'

const statements = {
  begin: { kind: 'run', statement: { text: 'BEGIN IMMEDIATE', names: [] }, parameters: {} },
  commit: { kind: 'run', statement: { text: 'COMMIT', names: [] }, parameters: {} },
} as const
