// One request and its answer, between Node's socket and the rest: the body as it comes in, the answer as it goes out, and what becomes of the
// connection afterwards. The one place where an answer leaves.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { S3Error } from '../contract/errors.js'
import type { Admission, Applicant } from './admission.js'
import { contentLengthOf, type FurtherHeaders, headOf, isBodiless } from './answer-head.js'
import { heldAnswers } from './body/held-memory.js'
import { ClientLeft, type Connection, type Passenger } from './connections.js'
import { announcesBody, waitsForContinue } from './http-request.js'
import { turnEnd } from './outbox.js'
import { Pace, type PaceRules } from './pace.js'
import { RequestBody, type Waiter } from './request-body.js'
import type { Answer } from '../wire/answer.js'

/** How a client may take its time. All in ms but the size. */
export interface ExchangeLimits {
  /** A client that neither sends the next byte nor takes one for so long is given up. S3: "not read from or written to within the timeout
   *  period". */
  readonly idleMsMax: number
  /** How long an answered client may go on sending a body nobody reads before the connection is cut: long enough for it to see the answer.
   *  RFC 9112, 9.6: a server that closes at once may make the client lose the answer to a TCP reset. */
  readonly lingerMsMax: number
  /** An unread body up to this many bytes is skipped and the connection kept; after a larger one it is closed. */
  readonly skippedSizeBytesMax: number
}

/** An answer up to this size is left to the socket; of larger ones the memory is counted until their clients have taken them. */
export const uncountedSizeBytesMax = 64 * 1024

/** A request under way. */
export class Exchange implements Passenger, Applicant, Waiter {
  /** The raw payload. */
  readonly body: RequestBody
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #connection: Connection
  readonly #limits: ExchangeLimits
  readonly #admission: Admission
  /** Whether it counts as worked on. */
  #isInWork = false
  #isKnown = false
  #isLingering = false
  #pace: Pace | undefined
  #writeNumber = 0
  #unsentSizeBytes = 0
  /** Gives back the memory of an answer that is held whole. */
  #release: (() => void) | undefined
  #awaitsContinue: boolean
  /** Set while bytes are on their way to the client. */
  #interrupt: ((reason: Error) => void) | undefined
  #hasLeft = false
  #isSent = false
  #isDistrusted = false
  /** The answer's body, where it comes in chunks, and the chunk that is to be sent next. */
  #source: AsyncIterator<Uint8Array> | undefined
  #first: IteratorResult<Uint8Array, unknown> | undefined

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    limits: ExchangeLimits,
    admission: Admission,
  ) {
    this.#admission = admission
    this.#request = request
    this.#response = response
    this.#connection = connection
    this.#limits = limits
    this.#awaitsContinue = waitsForContinue(request)
    this.body = new RequestBody(request, this)
    connection.enter(this)
    // Node asks the answer whose turn it is when nothing moved on the socket.
    response.on('timeout', () => this.#onIdle())
  }

  /** Whether the client waits to be told to send its body. */
  get asksFirst(): boolean {
    return this.#awaitsContinue
  }

  /** Tells a client that waits for it to send its body. */
  readonly sendContinue = (): void => {
    if (!this.#awaitsContinue) return
    this.#awaitsContinue = false
    this.#response.writeContinue()
  }

  /** Waits for its turn among all requests, when there are too many.
   *  @returns nothing when it is its turn
   *  @throws SlowDown */
  enter(): Promise<void> | undefined {
    if (this.#connection.isSurplus) throw new S3Error('SlowDown')
    const turn = this.#admission.enter(this)
    if (turn !== undefined) return this.#entered(turn)
    this.#isInWork = true
    return undefined
  }

  async #entered(turn: Promise<void>): Promise<void> {
    await turn
    this.#isInWork = true
  }

  /** It is known who sent it. */
  recognize(): void {
    this.#isKnown = true
  }

  /** Until `resume` it is the client that is waited for. */
  pause(): void {
    if (!this.#isInWork) return
    this.#isInWork = false
    this.#admission.leave()
  }

  resume(): void {
    if (this.#isInWork || this.#isSent) return
    this.#isInWork = true
    this.#admission.resume()
  }

  get hasLeft(): boolean {
    return this.#hasLeft
  }

  get isExpendable(): boolean {
    return this.#isLingering || (!this.#isKnown && this.body.isWaiting)
  }

  keepPace(elapsedMs: number, rules: PaceRules): void {
    if (this.body.isWaiting) {
      this.#pace ??= new Pace(rules)
      const isTooSlow = this.#pace.isSendingTooSlowly(elapsedMs, this.#request.socket.bytesRead)
      if (isTooSlow) this.body.fail(new S3Error('RequestTimeout'))
    } else if (this.#unsentSizeBytes > 0) {
      this.#pace ??= new Pace(rules)
      const isTooSlow = this.#pace.isTakingTooSlowly(elapsedMs, this.#writeNumber, this.#unsentSizeBytes)
      if (isTooSlow) this.#connection.destroy()
    }
  }

  /** Where the request ends is in doubt: the connection is not used again. */
  distrust(): void {
    this.#isDistrusted = true
  }

  lose(reason: Error): void {
    if (reason instanceof ClientLeft) {
      this.#hasLeft = true
      this.#interrupt?.(reason)
    }
    if (!this.#request.complete) this.body.fail(reason)
  }

  /** Asks a body for its first chunk, before anything of its answer is sent: what cannot be read from its start on can still be refused.
   *  A body that is not to be sent is closed. `send` must follow with the same answer, unless this throws.
   *  @throws whatever reading the body throws; SlowDown when too much waits for clients to take it */
  async open(body: AsyncIterable<Uint8Array> | Uint8Array, status: number): Promise<void> {
    if (body instanceof Uint8Array) return this.#hold(body)
    const source = body[Symbol.asyncIterator]()
    if (this.#hasLeft || this.#request.method === 'HEAD' || isBodiless(status)) {
      await source.return?.()
      return
    }
    this.#first = await source.next()
    this.#source = source
  }

  /** Sends an answer and says how the connection goes on. Settles when everything was handed to the socket.
   *  @param answer a body in chunks was opened before
   *  @param extra further headers by name
   *  @throws ClientLeft; whatever `extra` or reading the answer's body throws: the connection is cut then, so that half a body never looks whole */
  async send(answer: Answer, extra: FurtherHeaders | Promise<FurtherHeaders>): Promise<void> {
    const response = this.#response
    try {
      const further = extra instanceof Promise ? await extra : extra
      if (answer.body === undefined || answer.body instanceof Uint8Array) await turnEnd()
      if (this.#hasLeft) throw new ClientLeft()
      const fate = this.#fateOfRequestBody()
      const length = contentLengthOf(answer)
      const head = headOf(answer, further, length)
      if (fate === 'close' || this.#connection.isLast) head.push('Connection', 'close')
      response.writeHead(answer.status, head)

      const body = this.#request.method === 'HEAD' || isBodiless(answer.status) ? undefined : answer.body
      if (fate === 'close') {
        if (body === undefined) response.flushHeaders()
        else if (body instanceof Uint8Array) await this.#write(body)
        else await this.#pour(length)
        await this.#linger()
        response.end()
      } else {
        if (body === undefined) response.end()
        else if (body instanceof Uint8Array && this.#release === undefined) response.end(body)
        else if (body instanceof Uint8Array) {
          await this.#write(body)
          response.end()
        } else {
          await this.#pour(length)
          response.end()
        }
        if (fate === 'skip') this.body.giveUp()
      }
    } catch (error) {
      this.#connection.destroy()
      // Nobody asks for the rest: what the body holds is given back.
      await this.#source?.return?.()
      throw error
    } finally {
      this.pause()
      this.#isSent = true
      this.#release?.()
      this.body.close()
      this.#connection.leave(this)
    }
  }

  /** Counts the memory of an answer that is there as a whole.
   *  @throws SlowDown when there is no room: slow clients have it all */
  #hold(body: Uint8Array): void {
    if (this.#request.method === 'HEAD') return
    const connection = this.#connection
    this.#release = heldAnswers.takeNow(body.length, { isWaiting: true, fail: () => connection.destroy() })
    if (this.#release === undefined) throw new S3Error('SlowDown')
  }

  /** What is done with the rest of the request's body. What nobody read must never become the next request. */
  #fateOfRequestBody(): 'whole' | 'skip' | 'close' {
    const request = this.#request
    if (this.#isDistrusted || this.body.hasFailed) return 'close'
    if (request.complete || !announcesBody(request)) return 'whole'
    // RFC 9110, 10.1.1: a client that got its final answer instead of `100 Continue` may or may not send the body: nobody can tell.
    if (this.#awaitsContinue) return 'close'
    const size = request.headers['content-length']
    return size !== undefined && Number(size) <= this.#limits.skippedSizeBytesMax ? 'skip' : 'close'
  }

  /** Writes chunk after chunk, each one only when the last is with the kernel: its memory may be used again then. */
  async #pour(length: number | undefined): Promise<void> {
    let sentSizeBytes = 0
    let next = this.#first
    while (next !== undefined && next.done !== true) {
      sentSizeBytes += next.value.length
      if (length !== undefined && sentSizeBytes > length) break
      await this.#write(next.value)
      next = await this.#source?.next()
    }
    if (length !== undefined && sentSizeBytes !== length) {
      throw new Error(`an answer of ${length} bytes was given ${sentSizeBytes > length ? 'more' : sentSizeBytes} bytes`)
    }
  }

  #write(chunk: Uint8Array): Promise<void> {
    if (this.#hasLeft) throw new ClientLeft()
    this.pause()
    this.#writeNumber += 1
    this.#unsentSizeBytes = chunk.length
    return new Promise((resolve, reject) => {
      this.#interrupt = reject
      this.#response.write(chunk, (error) => {
        this.#interrupt = undefined
        this.#unsentSizeBytes = 0
        this.resume()
        if (error) reject(new ClientLeft())
        else resolve()
      })
    })
  }

  /** Drops what the client still sends until it has seen the answer and closes, or its time is up. */
  async #linger(): Promise<void> {
    if (this.#request.complete || this.#hasLeft) return
    this.body.giveUp()
    this.pause()
    this.#isLingering = true
    await new Promise<void>((resolve) => {
      const stop = (): void => {
        clearTimeout(timer)
        this.#interrupt = undefined
        this.#request.socket.off('end', stop)
        resolve()
      }
      const timer = setTimeout(stop, this.#limits.lingerMsMax)
      this.#interrupt = stop
      // Either all of the request has come, or the client has said that nothing more will.
      this.#request.once('end', stop)
      this.#request.socket.once('end', stop)
    })
  }

  /** Nothing moved on the socket for `idleMsMax`. Whose turn was it? */
  #onIdle(): void {
    if (this.body.isWaiting) this.body.fail(new S3Error('RequestTimeout'))
    else if (this.#isSent || this.#interrupt !== undefined) this.#connection.destroy()
    else this.#request.socket.setTimeout(this.#limits.idleMsMax)
  }
}
