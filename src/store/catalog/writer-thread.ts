// The thread that owns the only writing connection: it runs groups of transactions, one commit and one sync a group.

import { deserialize } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { S3Error } from '../../contract/errors.js'
import { isScarceBeside } from '../space.js'
import { passPoint } from '../fault-points.js'
import { checkpoint } from './checkpoint.js'
import { busyMsMax, Connection } from './connection.js'
import { errorData } from './error-data.js'
import { type Migrated, openFormat } from './migrate.js'
import { lastNumber } from './next-number.js'
import { runGroup, type Job } from './run-group.js'
import { transaction, type Transaction } from './steps.js'
import { WalState, walFramesForWriter, walFramesMax, walFramesToCheckpoint, walFramesWhenScarce } from './wal-state.js'
import type { FromWriter, GroupMessage, ToWriter, WriterSettings } from './writer-messages.js'

/** After so long a group is committed as far as it has come, so that nobody waits for the many big transactions behind his. */
const holdMsMax = 20

/** So many changed rows later the length of the WAL is looked at again: to look takes 6 us, and 64 puts of 16 KiB fill 2 MiB of it. */
const rowsToLook = 256

/** How long emptying the WAL may wait for those who read. */
const restartBusyMsMax = 20

if (parentPort === null) throw new Error('writer-thread.ts runs in a worker thread only')
const port = parentPort
// The main side starts this file with exactly these settings.
const settings = workerData as WriterSettings
const say = (message: FromWriter) => port.postMessage(message)

try {
  const { connection, migrated } = await open()
  const transactions = await transactionsOf(settings.transactions)
  serve(connection, transactions)
  say({ kind: 'opened', number: connection.run(lastNumber()), migrated })
} catch (error) {
  say({ kind: 'refused', error: errorData(error) })
}

async function open(): Promise<{ readonly connection: Connection; readonly migrated: Migrated | undefined }> {
  const connection = new Connection(settings.path, 'write')
  try {
    const migrated = await openFormat(connection.database, settings.path, settings.now)
    // After a crash the WAL may hold commits that were written but never synced. This syncs them before anybody reads them.
    checkpoint(connection, 'TRUNCATE')
    return { connection, migrated }
  } catch (error) {
    connection.close()
    throw error
  }
}

async function transactionsOf(url: string): Promise<ReadonlyMap<string, Transaction<never, unknown>>> {
  // The module named by the main side exports this map: transactions.ts, or a test's own.
  const module = (await import(url)) as { transactions: ReadonlyMap<string, Transaction<never, unknown>> }
  return module.transactions
}

function serve(connection: Connection, transactions: ReadonlyMap<string, Transaction<never, unknown>>): void {
  const wal = new WalState(settings.wal)
  let framesMax = walFramesMax
  let framesScarce = walFramesWhenScarce
  let looked = 0
  const isScarce = () => isScarceBeside(settings.path)

  port.on('message', (message: ToWriter) => {
    if (message.kind === 'close') {
      close(connection)
      return
    }
    passPoint('group received')
    try {
      let jobs = jobsOf(message, transactions)
      while (jobs.length > 0) {
        const answers = runGroup(connection, jobs, holdMsMax)
        const { results, errors, changesAccess, number = connection.run(lastNumber()) } = answers
        say({ kind: 'answers', results, errors, changesAccess, number })
        boundWal()
        jobs = jobs.slice(errors.length)
      }
    } catch (error) {
      say({ kind: 'failed', error: errorData(error) })
      port.close()
    }
  })

  /** Keeps the WAL short: see wal-state.ts. */
  function boundWal(): void {
    if (connection.changedRows - looked < rowsToLook || !wal.isIdle()) return
    looked = connection.changedRows
    const { frames, copied } = checkpoint(connection, 'NOOP')
    if (frames >= framesScarce && isScarce()) {
      // Its room is needed by those who delete. Where there is not even enough for the database to grow, there may be soon.
      framesScarce = walFramesWhenScarce + (startOver('TRUNCATE') ? 0 : frames)
      return
    }
    const left = frames - copied
    const isOurs = frames >= framesMax && (left <= walFramesForWriter || frames >= 2 * framesMax)
    if (!isOurs) {
      if (frames >= framesMax || left >= walFramesToCheckpoint) wal.wantCheckpoint()
      return
    }
    // Somebody reads for long: the WAL has to grow meanwhile, and waiting for him each time would only slow everybody down.
    framesMax = startOver('RESTART') ? walFramesMax : frames * 2
  }

  /** Answers whether the WAL begins anew. */
  function startOver(kind: 'RESTART' | 'TRUNCATE'): boolean {
    connection.database.pragma(`busy_timeout = ${restartBusyMsMax}`)
    const { isIncomplete } = checkpoint(connection, kind)
    connection.database.pragma(`busy_timeout = ${busyMsMax}`)
    return !isIncomplete
  }
}

function jobsOf(message: GroupMessage, transactions: ReadonlyMap<string, Transaction<never, unknown>>): Job[] {
  return message.names.map((name, i) => ({
    transaction: transactions.get(name) ?? unknown(name),
    args: unsealed(message.args[i]),
  }))
}

/** Arguments are an object, or nothing; those of other processes come as bytes, and are not looked into before this thread does. */
const unsealed = (args: unknown): unknown => (args instanceof Uint8Array ? deserialize(args) : args)

const unknown = (name: string) =>
  // oxlint-disable-next-line require-yield -- it only refuses
  transaction(name, function* () {
    throw new S3Error('InternalError', { message: `There is no catalog transaction named ${name}` })
  })

function close(connection: Connection): void {
  checkpoint(connection, 'TRUNCATE')
  connection.close()
  port.close()
}
