// How many requests are worked on at a time. A request that waits for its client, to send or to take bytes, is not worked on: slow clients
// stand in nobody's way. Beyond the bound requests wait for a moment, then they are told to come back: a queue that only grew would make all late.

import { S3Error } from '../contract/errors.js'

/** How long a request waits for its turn. Shorter than any client's patience, longer than a burst. It also paces clients that come back at once. */
const turnWaitMsMax = 1_000

/** How often those who wait are looked at: one timer for all, and none when nobody waits. */
const lookMs = 100

/** Requests that may wait for their turn: as many as there are connections by default. */
const waitingCountMax = 4_096

/** Somebody who may have to wait. */
export interface Applicant {
  /** Whether the client is gone: nothing needs to be done any more. */
  readonly hasLeft: boolean
}

interface Waiting {
  readonly applicant: Applicant
  readonly sinceMs: number
  readonly enter: () => void
  readonly refuse: () => void
}

/** The requests that are worked on, and those that wait for their turn, in the order they came. */
export class Admission {
  readonly #requestsMax: number
  readonly #waitMsMax: number
  readonly #waiting = new Set<Waiting>()
  #inWork = 0
  #timer: NodeJS.Timeout | undefined

  /** @param requestsMax worked on at a time
   *  @param waitMsMax how long others wait */
  constructor(requestsMax: number, waitMsMax = turnWaitMsMax) {
    this.#requestsMax = requestsMax
    this.#waitMsMax = waitMsMax
  }

  /** Requests that are worked on. */
  get inWorkCount(): number {
    return this.#inWork
  }

  /** Requests that wait for their turn. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Begins a request; `leave` must follow, unless what is answered throws.
   *  @returns nothing when it is its turn at once, else a promise that settles when it is
   *  @throws SlowDown (by the promise) when its turn does not come within a second */
  enter(applicant: Applicant): Promise<void> | undefined {
    if (this.#inWork < this.#requestsMax && this.#waiting.size === 0) {
      this.#inWork += 1
      return undefined
    }
    return this.#turn(applicant)
  }

  /** It waits for its client, or is over: others may have their turn. */
  leave(): void {
    this.#inWork -= 1
    if (this.#waiting.size > 0) this.#admit()
  }

  /** Its client has moved on, and so does it: what was begun is never held up. */
  resume(): void {
    this.#inWork += 1
  }

  #turn(applicant: Applicant): Promise<void> {
    if (this.#waiting.size >= waitingCountMax) return Promise.reject(new S3Error('SlowDown'))
    return new Promise((resolve, reject) => {
      this.#waiting.add({
        applicant,
        sinceMs: performance.now(),
        enter: resolve,
        refuse: () => reject(new S3Error('SlowDown')),
      })
      this.#timer ??= setInterval(() => this.#refuseLate(), Math.min(lookMs, this.#waitMsMax)).unref()
    })
  }

  #admit(): void {
    for (const waiting of this.#waiting) {
      if (this.#inWork >= this.#requestsMax) return
      this.#waiting.delete(waiting)
      if (waiting.applicant.hasLeft) {
        waiting.refuse()
        continue
      }
      this.#inWork += 1
      waiting.enter()
    }
  }

  #refuseLate(): void {
    const nowMs = performance.now()
    for (const waiting of this.#waiting) {
      if (nowMs - waiting.sinceMs < this.#waitMsMax) break
      this.#waiting.delete(waiting)
      waiting.refuse()
    }
    if (this.#waiting.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
