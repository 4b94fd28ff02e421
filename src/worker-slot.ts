// One of a server's workers, by its number, as its supervisor sees it: whichever process is that worker at the moment.

import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { Child } from './child.js'
import type { Denial } from './auth/denials.js'
import type { Log } from './contract/log.js'
import { Inquiries } from './inquiries.js'
import type { FromWorkerProcess, Tallies, ToWorkerProcess } from './process-messages.js'
import { Restarts } from './restarts.js'
import { newInstance } from './store/bodies.js'
import { errorOf } from './store/catalog/error-data.js'
import { passPoint } from './store/fault-points.js'

/** What a worker is started with, beside what is its own. */
export type WorkerStart = Omit<ToWorkerProcess & { kind: 'start' }, 'instance' | 'number'>

/** What happens to a worker. */
export interface WorkerEvents {
  readonly onReady: () => void
  /** Its process has ended; the folder it wrote to has no writer any more. */
  readonly onDeath: (instance: string) => void
  /** It has counted requests. */
  readonly onTallies: (tallies: Tallies, from: WorkerSlot) => void
  /** A sync has failed in it. */
  readonly onStoppedWriting: (reason: string) => void
  /** It asks what the other workers have denied to a request. */
  readonly denialsOfOthers: (requestId: string) => Promise<readonly Denial[]>
  /** It cannot be started any more. */
  readonly onBroken: (error: Error) => void
}

/** A worker. It is started again whenever it ends, until it is told to stop. */
export class WorkerSlot {
  readonly #number: number
  readonly #log: Log
  readonly #events: WorkerEvents
  readonly #restarts = new Restarts()
  readonly #inquiries = new Inquiries<readonly Denial[]>()
  #child: Child<ToWorkerProcess, FromWorkerProcess> | undefined
  #isReady = false
  #isStopping = false
  #connections = 0
  #instance: string | undefined

  /** @param number from 1 */
  constructor(number: number, log: Log, events: WorkerEvents) {
    this.#number = number
    this.#log = log
    this.#events = events
  }

  /** Whether it takes connections. */
  get isReady(): boolean {
    return this.#isReady && !this.#isStopping
  }

  /** Connections that were handed to it and have not closed. */
  get connections(): number {
    return this.#connections
  }

  /** The folder its process writes blob files to, while there is one. */
  get instance(): string | undefined {
    return this.#instance
  }

  /** Starts it for the first time; settles when it is ready.
   *  @throws Error when it could not start */
  start(start: WorkerStart): Promise<void> {
    return this.#fork(start, true)
  }

  hand(socket: Socket): void {
    this.#connections += 1
    this.#child?.hand({ kind: 'connection' }, socket)
    passPoint('connection handed')
  }

  /** Tells it what another worker has counted. */
  tell(tallies: Tallies): void {
    if (this.isReady) this.#child?.say(tallies)
  }

  /** What it has denied to a request; nothing when it does not say in time. */
  async denials(requestId: string): Promise<readonly Denial[]> {
    if (!this.isReady) return []
    const ask = (number: number): void => this.#child?.say({ kind: 'denialsWanted', number, requestId })
    return (await this.#inquiries.ask(ask)) ?? []
  }

  /** Tells it to finish what is under way. Told again, the shorter grace counts. */
  stop(graceMs: number): void {
    this.#isStopping = true
    this.#child?.say({ kind: 'stop', graceMs })
  }

  /** Settles when its process has ended; after `msMax` it is killed. */
  async ended(msMax: number): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    const late = setTimeout(() => child.kill(), msMax)
    await child.ended
    clearTimeout(late)
  }

  #fork(start: WorkerStart, isFirst: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const instance = newInstance()
      let refusal: Error | undefined
      const child = new Child<ToWorkerProcess, FromWorkerProcess>('worker-process', {
        onMessage: (message) => {
          switch (message.kind) {
            case 'ready':
              this.#isReady = true
              this.#restarts.noteReady()
              resolve()
              return this.#events.onReady()
            case 'refused':
              refusal = errorOf(message.error)
              return child.kill()
            case 'connections':
              this.#connections -= message.closed
              return child.noteTaken(message.taken)
            case 'tallies':
              return this.#events.onTallies(message, this)
            case 'denials':
              return this.#inquiries.answer(message.number, message.denials)
            case 'denialsWanted':
              return void this.#events
                .denialsOfOthers(message.requestId)
                .then((denials) => child.say({ kind: 'denials', number: message.number, denials }))
            case 'stoppedWriting':
              return this.#events.onStoppedWriting(message.reason)
          }
        },
        onExit: (how) => {
          const wasReady = this.#isReady
          this.#isReady = false
          this.#child = undefined
          this.#instance = undefined
          this.#connections = 0
          this.#inquiries.abandon()
          this.#events.onDeath(instance)
          reject(refusal ?? new Error(`Worker ${this.#number} ended before it was ready (${how})`))
          // The first start is the operator's to try again.
          if (!this.#isStopping && (wasReady || !isFirst)) void this.#restart(start, wasReady, how, refusal)
        },
      })
      this.#instance = instance
      this.#child = child
      child.say({ ...start, instance, number: this.#number })
      passPoint('instance handed out')
    })
  }

  async #restart(start: WorkerStart, wasReady: boolean, how: string, refusal: Error | undefined): Promise<void> {
    const worker = this.#number
    const delayMs = this.#restarts.noteEnd(wasReady, performance.now())
    this.#log.error({ worker, how, ...(refusal && { err: refusal }), delayMs }, 'a worker has ended')
    if (delayMs === undefined) {
      return this.#events.onBroken(new Error(`Worker ${worker} could not be started again`, { cause: refusal }))
    }
    await wait(delayMs)
    if (this.#isStopping) return
    // Should it fail, `onExit` comes back here.
    await this.#fork(start, false).then(
      () => this.#log.info({ worker }, 'the worker is back'),
      () => undefined,
    )
  }
}
