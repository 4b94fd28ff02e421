// The main thread's side of the writer: collects transactions while the writer is busy, and sends them as one group.

import type { Worker } from 'node:worker_threads'
import { S3Error } from '../../contract/errors.js'
import { passPoint } from '../fault-points.js'
import { writingStopped } from '../writing-stopped.js'
import { errorOf, type ErrorData } from './error-data.js'
import type { Migrated } from './migrate.js'
import type { Transaction } from './steps.js'
import { startThread } from './thread.js'
import type { FromWriter, GroupMessage, WriterSettings } from './writer-messages.js'

/** Transactions in one group: at 60 us each a group holds the writer for some 30 ms at most. */
const groupCountMax = 512

/** Bytes of arguments in one group. */
const groupBytesMax = 8 * 1024 * 1024

/** Transactions that may wait; beyond it they are refused with SlowDown. It is a second's work. */
export const waitingCountMax = 10_000

/** Bytes of arguments that may wait. */
export const waitingBytesMax = 128 * 1024 * 1024

interface Waiting {
  readonly name: string
  readonly args: unknown
  readonly sizeBytes: number
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** Of a transaction only its name goes to the writer. */
type Named<Arguments, Result> = Pick<Transaction<Arguments, Result>, 'name'>

/** The writer thread, and those who wait for it. */
export class Writer {
  readonly #worker: Worker
  readonly #onFailure: (error: Error) => void
  /** Not sent yet; those before `#sent` are. */
  #waiting: Waiting[] = []
  #waitingBytes = 0
  /** The group the writer is at. */
  #group: readonly Waiting[] = []
  #isScheduled = false
  #isClosing = false
  #failure: Error | undefined
  #number: number
  #whenIdle: (() => void) | undefined
  readonly #ended: Promise<void>
  /** What was done to an older catalog when it was opened. */
  readonly migrated: Migrated | undefined
  /** Told of each commit before those who asked for it are, and whether it has changed what authorization reads. */
  onAnswers: (changesAccess: boolean) => void = () => undefined

  private constructor(
    worker: Worker,
    { number, migrated }: { number: number; migrated: Migrated | undefined },
    onFailure: (error: Error) => void,
  ) {
    this.#worker = worker
    this.#number = number
    this.migrated = migrated
    this.#onFailure = onFailure
    worker.on('message', (message: FromWriter) => this.#receive(message))
    worker.on('error', (error) => this.fail(error))
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        if (!this.#isClosing) this.fail(new Error('The writer thread ended'))
        resolve()
      })
    })
  }

  /** Starts the thread and opens the catalog in it.
   *  @param onFailure told once, when writes have stopped for good */
  static async open(settings: WriterSettings, onFailure: (error: Error) => void): Promise<Writer> {
    const worker = startThread('writer-thread', settings)
    const first = await firstMessage(worker)
    if (first.kind === 'opened') return new Writer(worker, first, onFailure)
    await worker.terminate()
    throw first.kind === 'refused' ? errorOf(first.error) : new Error('The writer thread spoke out of turn')
  }

  /** Number of the newest durable change this process knows of. */
  number(): number {
    return this.#number
  }

  /** Why writes have stopped, if they have. */
  failure(): Error | undefined {
    return this.#failure
  }

  /** See `Catalog.commit`.
   *  @throws SlowDown when too many wait; ServiceUnavailable when writes have stopped */
  commit<Arguments, Result>({ name }: Named<Arguments, Result>, args: Arguments): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(writingStopped(this.#failure))
      if (this.#isClosing) return reject(new Error('The catalog is closed'))
      if (this.#waiting.length >= waitingCountMax || this.#waitingBytes >= waitingBytesMax) {
        return reject(new S3Error('SlowDown'))
      }
      const sizeBytes = sizeOf(args)
      // What comes back under this name is what the transaction of this name answered.
      this.#waiting.push({
        name,
        args,
        sizeBytes,
        resolve: resolve as (result: unknown) => void,
        reject,
      })
      this.#waitingBytes += sizeBytes
      this.#schedule()
    })
  }

  /** `commit` of a transaction that another process has sent.
   *  @param sealed its arguments in V8's format, in memory of their own */
  commitSealed(name: string, sealed: Uint8Array): Promise<unknown> {
    return this.commit<unknown, unknown>({ name }, sealed)
  }

  /** Lets everything that waits be committed, then ends the thread. */
  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true
      if (this.#group.length > 0 || this.#waiting.length > 0) {
        await new Promise<void>((resolve) => (this.#whenIdle = resolve))
      }
      if (this.#failure === undefined) this.#worker.postMessage({ kind: 'close' })
    }
    await this.#ended
  }

  /** Stops writing for good: everybody who waits is told. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    const losers = [...this.#group, ...this.#waiting]
    this.#group = []
    this.#waiting = []
    this.#waitingBytes = 0
    for (const loser of losers) loser.reject(writingStopped(error))
    this.#whenIdle?.()
    void this.#worker.terminate()
    this.#onFailure(error)
  }

  /** Those who come in the same turn of the event loop go together. */
  #schedule(): void {
    if (this.#isScheduled || this.#group.length > 0) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      if (this.#group.length === 0) this.#send()
    })
  }

  #send(): void {
    if (this.#waiting.length === 0) return this.#whenIdle?.()
    let count = 0
    let bytes = 0
    for (const { sizeBytes } of this.#waiting) {
      if (count === groupCountMax || (count > 0 && bytes + sizeBytes > groupBytesMax)) break
      count += 1
      bytes += sizeBytes
    }
    const group = this.#waiting.splice(0, count)
    this.#waitingBytes -= bytes
    this.#group = group
    // Pushed one by one: what `map` makes had its length first, and V8 sends that as a sparse array, index by index.
    const names: string[] = []
    const args: unknown[] = []
    for (const waiting of group) {
      names.push(waiting.name)
      args.push(waiting.args)
    }
    const message: GroupMessage = { kind: 'group', names, args }
    try {
      this.#worker.postMessage(message)
      passPoint('group sent')
    } catch (error) {
      this.#refuseUncloneable(error)
    }
  }

  /** Arguments that cannot be cloned are their sender's bug, and nobody else's. */
  #refuseUncloneable(cause: unknown): void {
    const group = this.#group
    this.#group = []
    for (const waiting of group) {
      try {
        structuredClone(waiting.args)
        this.#waiting.push(waiting)
        this.#waitingBytes += waiting.sizeBytes
      } catch {
        waiting.reject(new TypeError(`Arguments of ${waiting.name} cannot be sent to the writer`, { cause }))
      }
    }
    this.#schedule()
  }

  #receive(message: FromWriter): void {
    if (message.kind === 'failed') return this.fail(errorOf(message.error))
    if (message.kind !== 'answers') return
    passPoint('group answered')
    this.onAnswers(message.changesAccess)
    this.#number = message.number
    // A group that takes long is answered piece by piece.
    const answered = this.#group.slice(0, message.errors.length)
    this.#group = this.#group.slice(message.errors.length)
    // First the next group: the writer should not wait for what the answers set off here.
    if (this.#group.length === 0) this.#send()
    for (const [i, waiting] of answered.entries()) settle(waiting, message.results[i], message.errors[i])
  }
}

function settle(waiting: Waiting, result: unknown, error: ErrorData | undefined): void {
  if (error === undefined) waiting.resolve(result)
  else waiting.reject(errorOf(error))
}

const firstMessage = (worker: Worker): Promise<FromWriter> =>
  new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })

/** Bytes that arguments hold, about: what text and byte arrays weigh, two levels down. */
function sizeOf(args: unknown, depth = 0): number {
  if (typeof args === 'string') return args.length
  if (args instanceof Uint8Array) return args.byteLength
  if (typeof args !== 'object' || args === null || depth > 4) return 8
  let sum = 8
  // Arguments are plain data: they have no members but their own.
  for (const name in args) sum += sizeOf((args as Readonly<Record<string, unknown>>)[name], depth + 1)
  return sum
}
