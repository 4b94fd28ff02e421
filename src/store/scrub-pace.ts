// How fast a scrub reads. Pure, but for the wait.

import { setTimeout as wait } from 'node:timers/promises'

const MiB = 1024 * 1024

/** A scrub that has a month for little goes no slower than this, and rests for the rest of it: a disk that is idle can be so for long. */
const paceBytesPerSecondMin = MiB

/** Which part of a round's time its reading is planned for: what remains makes up for a server that was down, and for what was written meanwhile. */
const plannedPart = 0.9

const dayMs = 86_400_000

/** What decides how fast a round goes. */
export interface RoundPlan {
  /** Ms since 1970. */
  readonly began: number
  readonly days: number
  /** Bytes read, of how many. */
  readonly bytes: number
  readonly total: number
  readonly mibPerSecondMax: number
}

/** Bytes a second that bring a round to its end in time: as many as it takes for what is left in the time that is left.
 *  @param now ms since 1970; a clock that was set back or forward makes a round slower or faster, never wrong */
export function paceOf({ began, days, bytes, total, mibPerSecondMax }: RoundPlan, now: number): number {
  const passedMs = Math.max(0, now - began)
  const leftMs = days * dayMs * plannedPart - passedMs
  const max = mibPerSecondMax * MiB
  const min = Math.min(paceBytesPerSecondMin, max)
  if (leftMs <= 0) return max
  return Math.min(max, Math.max(min, (Math.max(0, total - bytes) / leftMs) * 1000))
}

/** When the next round is due, ms since 1970. */
export const nextRoundMs = (began: number, days: number): number => began + days * dayMs

/** Waits after each piece as long as a pace wants; a pause that was missed is not made up for by a burst. */
export class Pace {
  readonly #signal: AbortSignal | undefined
  #nextMs = performance.now()

  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /** @param bytes that were just read
   *  @param bytesPerSecond at which they should have been */
  async rest(bytes: number, bytesPerSecond: number): Promise<void> {
    const now = performance.now()
    this.#nextMs = Math.max(this.#nextMs, now - 100) + (bytes / bytesPerSecond) * 1000
    const ms = this.#nextMs - now
    // A timer is no finer than a few ms: what is less is waited for with the next piece.
    if (ms < 5) return
    await wait(ms, undefined, this.#signal && { signal: this.#signal }).catch(() => undefined)
  }
}
