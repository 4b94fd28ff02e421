// A worker's side of the socket to the writer: sends what its requests want committed, as it comes, and gives each the answer that is its own.
// When the writer dies, what was sent may or may not have been committed: its senders are told just that. What was not sent yet waits
// for the next writer.

import { createConnection, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { serialize } from 'node:v8'
import { S3Error } from '../../contract/errors.js'
import { errorOf } from '../catalog/error-data.js'
import type { Transaction } from '../catalog/steps.js'
import { waitingBytesMax, waitingCountMax } from '../catalog/writer.js'
import { passPoint } from '../fault-points.js'
import { writingStopped } from '../writing-stopped.js'
import { FrameReader, frameOf } from './frames.js'
import type { FromWorker, ToWorker } from './link-messages.js'
import { socketPath } from './socket-path.js'

/** Bytes of arguments sent in one message. */
const messageBytesMax = 8 * 1024 * 1024

/** How long transactions wait for a writer to come back. Its restart takes a second, less where the WAL is short. */
const awayMsMax = 10_000

/** Between two attempts to reach the writer. */
const retryMs = 25

/** What a worker tells, and is told, over its link. */
export interface WriterLinkParts {
  /** Data directory. */
  readonly directory: string
  /** See `FromWorker`. */
  readonly run: string
  readonly instance: string
  /** See `Readers.oldest`. */
  readonly oldest: (current: number) => number
  /** See `OpenFiles.forget`. */
  readonly forget: (location: string) => void
  /** Told when the link is there again: files may have been removed meanwhile. */
  readonly onReturn: () => void
  /** Told once, when the writer has no use for this worker: it is of a server that is over. */
  readonly onRefusal: (error: Error) => void
}

interface Waiting {
  readonly name: string
  readonly args: Uint8Array
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** The link, which restores itself. */
export class WriterLink {
  readonly #parts: WriterLinkParts
  /** Set while the writer has bidden welcome. */
  #socket: Socket | undefined
  #next = 0
  /** Not sent yet, in order. */
  #gathered: Waiting[] = []
  /** Sent, by ticket. */
  readonly #unanswered = new Map<number, Waiting>()
  #waitingBytes = 0
  #isScheduled = false
  #isClosing = false
  #number = 0
  /** Why writes have stopped for good. */
  #failure: Error | undefined
  /** Why writes cannot be had at the moment: nobody waits for the writer any longer. */
  #absence: Error | undefined
  #whenIdle: (() => void) | undefined

  constructor(parts: WriterLinkParts) {
    this.#parts = parts
  }

  /** Settles when the writer has bidden welcome for the first time. */
  async open(): Promise<void> {
    await this.#connect()
  }

  /** Number of the newest durable change this process knows of. The collector tells it every few seconds, so that reads here do not
   *  seem older than they are. */
  number(): number {
    return this.#number
  }

  /** Why writes have stopped for good, if they have. */
  stopped(): Error | undefined {
    return this.#failure
  }

  /** Why writes cannot be had, when they cannot: for good, or while the writer is away. */
  failure(): Error | undefined {
    return this.#failure ?? (this.#socket === undefined ? away() : undefined)
  }

  /** See `Catalog.commit`.
   *  @throws SlowDown when too many wait; ServiceUnavailable when writes have stopped, the writer stays away, or it ended before it answered */
  commit<Arguments, Result>({ name }: Transaction<Arguments, Result>, args: Arguments): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(writingStopped(this.#failure))
      if (this.#isClosing) return reject(new Error('The catalog is closed'))
      if (this.#absence !== undefined) return reject(this.#absence)
      const count = this.#gathered.length + this.#unanswered.size
      if (count >= waitingCountMax || this.#waitingBytes >= waitingBytesMax) return reject(new S3Error('SlowDown'))
      const bytes = serialize(args)
      this.#waitingBytes += bytes.length
      // What comes back under this ticket is what the transaction of this name answered.
      this.#gathered.push({ name, args: bytes, resolve: resolve as (result: unknown) => void, reject })
      this.#schedule()
    })
  }

  /** Lets everything that was sent be answered, then ends. */
  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#socket !== undefined && this.#gathered.length + this.#unanswered.size > 0) {
      await new Promise<void>((resolve) => (this.#whenIdle = resolve))
    }
    for (const waiting of this.#gathered.splice(0)) waiting.reject(away())
    this.#socket?.destroy()
  }

  /** Those who come in the same turn of the event loop go together. They do not wait for the answer of those before them: the writer
   *  takes what all workers have sent into its next group. */
  #schedule(): void {
    if (this.#isScheduled || this.#socket === undefined) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#send()
    })
  }

  #send(): void {
    const socket = this.#socket
    if (socket === undefined) return
    while (this.#gathered.length > 0) {
      let count = 0
      let bytes = 0
      for (const { args } of this.#gathered) {
        if (count > 0 && bytes + args.length > messageBytesMax) break
        count += 1
        bytes += args.length
      }
      const some = this.#gathered.splice(0, count)
      const first = this.#next
      this.#next += count
      for (const [i, waiting] of some.entries()) this.#unanswered.set(first + i, waiting)
      say(socket, {
        kind: 'commit',
        first,
        names: some.map(({ name }) => name),
        args: some.map(({ args }) => args),
      })
      passPoint('commit sent')
    }
  }

  /** Tries until the writer bids welcome, or this link is closed. */
  async #connect(): Promise<void> {
    const late = setTimeout(() => this.#giveUpWaiting(), awayMsMax)
    late.unref()
    while (!this.#isClosing) {
      if (await this.#greet()) break
      await wait(retryMs)
    }
    clearTimeout(late)
  }

  /** Answers whether the writer bade welcome. */
  #greet(): Promise<boolean> {
    const { directory, run, instance } = this.#parts
    const address = socketPath(directory)
    const socket = createConnection(address.path)
    return new Promise((resolve) => {
      const frames = new FrameReader()
      socket.on('connect', () => {
        address.release()
        say(socket, { kind: 'hello', run, instance })
      })
      socket.on('data', (chunk) => {
        try {
          // The writer, which is this very program, sends nothing else.
          for (const message of frames.push(chunk)) this.#receive(socket, message as ToWorker, resolve)
        } catch (error) {
          socket.destroy(error instanceof Error ? error : undefined)
        }
      })
      socket.on('error', () => undefined) // 'close' follows
      socket.on('close', () => {
        address.release()
        resolve(false)
        this.#lose(socket)
      })
    })
  }

  #receive(socket: Socket, message: ToWorker, greeted: (isWelcome: boolean) => void): void {
    switch (message.kind) {
      case 'welcome':
        this.#number = Math.max(this.#number, message.number)
        if (message.failure !== undefined) this.#fail(errorOf(message.failure))
        this.#socket = socket
        this.#absence = undefined
        passPoint('link made')
        this.#parts.onReturn()
        this.#schedule()
        return greeted(true)
      case 'refused':
        this.#parts.onRefusal(new Error(message.reason))
        return
      case 'answers':
        return this.#settle(message)
      case 'oldest':
        this.#number = Math.max(this.#number, message.number)
        say(socket, { kind: 'oldest', ask: message.ask, number: this.#parts.oldest(message.current) })
        passPoint('oldest told')
        return
      case 'forget':
        for (const location of message.locations) this.#parts.forget(location)
        passPoint('files forgotten')
        return
      case 'failed':
        return this.#fail(errorOf(message.failure))
    }
  }

  #settle({ tickets, results, errors, number }: ToWorker & { kind: 'answers' }): void {
    this.#number = Math.max(this.#number, number)
    passPoint('commit answers taken')
    for (const [i, ticket] of tickets.entries()) {
      const waiting = this.#unanswered.get(ticket)
      if (waiting === undefined) continue
      this.#unanswered.delete(ticket)
      this.#waitingBytes -= waiting.args.length
      const error = errors[i]
      if (error === undefined) waiting.resolve(results[i])
      else waiting.reject(errorOf(error))
    }
    if (this.#gathered.length + this.#unanswered.size === 0) this.#whenIdle?.()
  }

  /** The writer has gone: nobody knows what became of what was sent. */
  #lose(socket: Socket): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    passPoint('link lost')
    this.#rejectUnanswered(unknownOutcome())
    this.#whenIdle?.()
    if (!this.#isClosing) void this.#connect()
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#rejectGathered(writingStopped(error))
    // Those that were sent are answered by the writer, or their link ends.
  }

  #giveUpWaiting(): void {
    if (this.#socket !== undefined) return
    this.#absence = away()
    this.#rejectGathered(this.#absence)
  }

  #rejectUnanswered(error: Error): void {
    for (const waiting of this.#unanswered.values()) {
      this.#waitingBytes -= waiting.args.length
      waiting.reject(error)
    }
    this.#unanswered.clear()
  }

  #rejectGathered(error: Error): void {
    for (const waiting of this.#gathered.splice(0)) {
      this.#waitingBytes -= waiting.args.length
      waiting.reject(error)
    }
  }
}

const say = (socket: Socket, message: FromWorker): void => void socket.write(frameOf(message))

/** ServiceUnavailable, not SlowDown: that one is said of requests of which nothing was done. Not a refusal by condition either: the
 *  transaction may have been committed, and its condition have held. */
const unknownOutcome = (): S3Error =>
  new S3Error('ServiceUnavailable', {
    message:
      'The process that writes the catalog ended before it answered; the request may have taken effect. Try again.',
    headers: retrySoon,
  })

const away = (): S3Error =>
  new S3Error('ServiceUnavailable', {
    message: 'The process that writes the catalog is not running; nothing was changed. Try again.',
    headers: retrySoon,
  })

/** Seconds. */
const retrySoon = { 'Retry-After': '1' }
