// The bytes of a request as they arrive: read only when somebody asks, with backpressure, and ended by whatever ends the connection.
// It knows nothing of chunk signatures or lengths; that is `body/`.

import type { IncomingMessage } from 'node:http'
import type { Holder } from './body/held-memory.js'

/** How many bytes may wait to be asked for before the client is held back. Several socket reads of 64 KiB, so that hashing does not wait. */
const queuedSizeBytesMax = 256 * 1024

/** Bytes that may wait in all bodies together; beyond it each holds what one read of its socket brought, up to 64 KiB. */
const allQueuedSizeBytesMax = 64 * 1024 * 1024

/** Bytes that wait in all bodies of the process. */
let allQueuedSizeBytes = 0

/** Told when a body waits for its client, and when it goes on. */
export interface Waiter {
  pause(): void
  resume(): void
}

/** A request's raw payload. May be iterated once; giving it up early leaves the connection alone. */
export class RequestBody implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #message: IncomingMessage
  readonly #queue: Uint8Array[] = []
  #queuedSizeBytes = 0
  #hasStarted = false
  #isFlowing = false
  #hasEnded = false
  #isGivenUp = false
  #failure: Error | undefined
  #abort: AbortController | undefined
  #wake: (() => void) | undefined
  readonly #waiter: Waiter
  #receivedSizeBytes = 0

  constructor(message: IncomingMessage, waiter: Waiter) {
    this.#message = message
    this.#waiter = waiter
  }

  /** Who answers for memory that is held for this body. */
  get holder(): Holder {
    return this
  }

  /** Bytes that have come, those nobody wanted not counted. */
  get receivedSizeBytes(): number {
    return this.#receivedSizeBytes
  }

  /** Whether somebody is waiting for the client's next byte. */
  get isWaiting(): boolean {
    return this.#wake !== undefined
  }

  /** Whether it ended with an error: the rest of it will not come. */
  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** Aborted when the body fails, with its error as the reason: for who waits for something else than the next chunk. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#failure !== undefined) this.#abort.abort(this.#failure)
    return this.#abort.signal
  }

  /** Ends the body with an error: it is thrown to whoever waits for the next chunk or asks for one. Of several the first counts. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#abort?.abort(this.#failure)
    this.#wakeUp()
  }

  /** Nobody wants the rest: what still arrives is dropped. */
  giveUp(): void {
    this.close()
    this.#message.resume()
  }

  /** Nobody reads on: what waits is dropped. */
  close(): void {
    this.#isGivenUp = true
    this.#queue.length = 0
    this.#count(-this.#queuedSizeBytes)
  }

  [Symbol.asyncIterator](): this {
    if (this.#hasStarted) throw new Error('a request body is read a second time')
    this.#hasStarted = true
    return this
  }

  /** The next bytes as they came off the socket. */
  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#isFlowing) {
      // A small body has mostly come with its head: it is taken where it lies, and nothing needs to be listened to.
      const message = this.#message
      if (message.complete && this.#failure === undefined) {
        const chunk = message.read() as Uint8Array | null
        this.#receivedSizeBytes += chunk?.length ?? 0
        return resultOf(chunk)
      }
      this.#flow()
    }
    for (;;) {
      const chunk = this.#queue.shift()
      if (chunk !== undefined) {
        this.#count(-chunk.length)
        if (this.#queuedSizeBytes < queuedSizeBytesMax / 2 && this.#message.isPaused()) this.#message.resume()
        return { value: chunk, done: false }
      }
      if (this.#hasEnded) return over
      if (this.#failure !== undefined) throw this.#failure
      this.#waiter.pause()
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#waiter.resume()
    }
  }

  /** Nothing to give back: `giveUp` says what becomes of the rest. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    return over
  }

  #flow(): void {
    this.#isFlowing = true
    this.#message.on('data', (chunk: Uint8Array) => {
      if (this.#isGivenUp) return
      this.#queue.push(chunk)
      this.#receivedSizeBytes += chunk.length
      this.#count(chunk.length)
      if (this.#queuedSizeBytes >= queuedSizeBytesMax || allQueuedSizeBytes >= allQueuedSizeBytesMax)
        this.#message.pause()
      this.#wakeUp()
    })
    this.#message.on('end', () => {
      this.#hasEnded = true
      this.#wakeUp()
    })
  }

  #count(sizeBytes: number): void {
    this.#queuedSizeBytes += sizeBytes
    allQueuedSizeBytes += sizeBytes
  }

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

const over = { value: undefined, done: true } as const

const resultOf = (chunk: Uint8Array | null): IteratorResult<Uint8Array, undefined> =>
  chunk === null ? over : { value: chunk, done: false }
