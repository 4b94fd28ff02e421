// How many requests somebody made in the last minute: two counters each, for as many subjects as are remembered at most.
// No library fitted: rate-limiter-flexible 11 keeps a timer for each subject, has no bound on them and reads a clock of its own.

import { LRUCache } from 'lru-cache'
import type { Clock } from '../../contract/operation.js'

/** The window, ms. */
const windowMs = 60_000

/** Subjects that are remembered: those least recently seen are forgotten beyond it. About 200 bytes each. */
const subjectsMax = 10_000

/** What is known of a subject. The last minute is the window under way, and as much of the one before as it does not cover yet. */
interface Counts {
  /** Of the window under way: its number since 1970. */
  window: number
  current: number
  previous: number
  /** Counted here and not told to other processes. */
  untold: number
}

/** A subject and how many requests of it were counted: what processes tell each other. */
export type Tally = readonly [subject: string, count: number]

/** Counts requests by subject. */
export class RequestWindows {
  readonly #clock: Clock
  /** Those with something untold, of those that are remembered. */
  readonly #untold = new Set<string>()
  readonly #subjects = new LRUCache<string, Counts>({
    max: subjectsMax,
    dispose: (_, subject) => this.#untold.delete(subject),
  })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a request, unless it is one too many.
   *  @param max requests a minute
   *  @returns 0 when it was counted, else how long to wait until there is room again, ms */
  take(subject: string, max: number): number {
    const nowMs = this.#clock.now()
    const counts = this.#countsAt(subject, nowMs)
    const elapsedMs = Math.max(0, nowMs - counts.window * windowMs)
    const waitMs = waitFor(counts, elapsedMs, max)
    if (waitMs > 0) return waitMs
    counts.current += 1
    counts.untold += 1
    this.#untold.add(subject)
    return 0
  }

  /** Requests of the last minute. */
  count(subject: string): number {
    const nowMs = this.#clock.now()
    const counts = this.#countsAt(subject, nowMs)
    return counts.current + counts.previous * shareOfPrevious(nowMs - counts.window * windowMs)
  }

  /** What was counted here since this was asked last. */
  takeUntold(): Tally[] {
    const tallies: Tally[] = []
    for (const subject of this.#untold) {
      const counts = this.#subjects.peek(subject)
      if (counts === undefined) continue
      tallies.push([subject, counts.untold])
      counts.untold = 0
    }
    this.#untold.clear()
    return tallies
  }

  /** Adds what another process has counted. */
  add(tallies: readonly Tally[]): void {
    const nowMs = this.#clock.now()
    for (const [subject, count] of tallies) this.#countsAt(subject, nowMs).current += count
  }

  #countsAt(subject: string, nowMs: number): Counts {
    const window = Math.floor(nowMs / windowMs)
    const counts = this.#subjects.get(subject)
    if (counts === undefined) {
      const first: Counts = { window, current: 0, previous: 0, untold: 0 }
      this.#subjects.set(subject, first)
      return first
    }
    // A clock that was set back goes on in the window it had begun.
    if (window > counts.window) {
      counts.previous = window === counts.window + 1 ? counts.current : 0
      counts.current = 0
      counts.window = window
    }
    return counts
  }
}

const shareOfPrevious = (elapsedMs: number): number => Math.min(1, Math.max(0, 1 - elapsedMs / windowMs))

/** How long until one more is not too many; 0: now. */
function waitFor({ current, previous }: Counts, elapsedMs: number, max: number): number {
  if (current + previous * shareOfPrevious(elapsedMs) + 1 <= max) return 0
  const room = max - 1
  // Within this window, once enough of the one before has passed; else in the next one, of which this is the one before.
  if (current <= room) return Math.max(1, Math.ceil(windowMs * (1 - (room - current) / previous) - elapsedMs))
  return Math.max(1, Math.ceil(windowMs - elapsedMs + windowMs * (1 - room / current)))
}
