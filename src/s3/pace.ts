// The least a client has to move: bytes it sends, and bytes it takes, averaged over a while. Looked at by one sweep over all connections every
// second: a request that is quick never knows of it.

/** What is asked of clients. */
export interface PaceRules {
  /** Bytes a second; 0 asks for nothing. */
  readonly rateBytesMin: number
  /** Ms over which the rate is averaged, and that every wait may last before it counts. */
  readonly graceMs: number
}

/** How often connections are looked at, ms. Shorter only where the grace is. */
export const sweepMsFor = ({ graceMs }: PaceRules): number => Math.max(20, Math.min(1_000, Math.floor(graceMs / 4)))

/** One request's pace. Only the time counts in which its client was waited for. */
export class Pace {
  readonly #rules: PaceRules
  #waitedMs = 0
  #startSizeBytes: number | undefined
  #writeNumber = 0

  constructor(rules: PaceRules) {
    this.#rules = rules
  }

  /** The client was waited for to send more.
   *  @param elapsedMs since the last look
   *  @param receivedSizeBytes of its connection, so far
   *  @returns whether it has sent too little in the last `graceMs` it was waited for */
  isSendingTooSlowly(elapsedMs: number, receivedSizeBytes: number): boolean {
    this.#startSizeBytes ??= receivedSizeBytes
    this.#waitedMs += elapsedMs
    const { rateBytesMin, graceMs } = this.#rules
    if (rateBytesMin === 0 || this.#waitedMs < graceMs) return false
    const isTooSlow = receivedSizeBytes - this.#startSizeBytes < (rateBytesMin * this.#waitedMs) / 1000
    this.#waitedMs = 0
    this.#startSizeBytes = receivedSizeBytes
    return isTooSlow
  }

  /** The client was waited for to take what is sent.
   *  @param writeNumber tells one piece that was handed to the socket from the next
   *  @param sizeBytes of that piece
   *  @returns whether the piece is under way for longer than the grace and its bytes allow */
  isTakingTooSlowly(elapsedMs: number, writeNumber: number, sizeBytes: number): boolean {
    if (writeNumber !== this.#writeNumber) {
      this.#writeNumber = writeNumber
      this.#waitedMs = 0
      return false
    }
    this.#waitedMs += elapsedMs
    const { rateBytesMin, graceMs } = this.#rules
    return rateBytesMin > 0 && this.#waitedMs > graceMs + (sizeBytes * 1000) / rateBytesMin
  }
}
