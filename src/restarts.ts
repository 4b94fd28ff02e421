// When a process that has ended is started again, and when that is given up.

/** Starts in a row that may fail. */
const failuresMax = 5

/** A process that ends again and again is waited for ever longer. */
const delayMsMin = 100
const delayMsMax = 5_000

/** What ended longer ago than this is forgotten. */
const memoryMs = 60_000

/** The ends of one process and of its successors. */
export class Restarts {
  #failures = 0
  #ends: number[] = []

  /** It has become ready. */
  noteReady(): void {
    this.#failures = 0
  }

  /** It has ended, or never become ready.
   *  @param now ms, of a clock that only goes forward
   *  @returns ms until the next start; undefined when it has failed to become ready too often */
  noteEnd(wasReady: boolean, now: number): number | undefined {
    if (!wasReady) this.#failures += 1
    if (this.#failures >= failuresMax) return undefined
    this.#ends = [...this.#ends.filter((end) => now - end < memoryMs), now]
    // The first time at once: most likely somebody has killed it.
    if (this.#ends.length === 1) return 0
    return Math.min(delayMsMax, delayMsMin * 2 ** (this.#ends.length - 2))
  }
}
