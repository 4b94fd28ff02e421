// How much memory the payloads that are held whole may take together, over all connections. Who finds no room waits for its turn, and its client
// is held back meanwhile: nobody reads its socket. While somebody waits, who holds memory and is slow to fill it loses it.

import { S3Error } from '../../contract/errors.js'

/** Up to here a piece is held by anybody: no more than a read of the socket, which every connection may hold as well. SDKs' usual chunks pass. */
const freeSizeBytesMax = 64 * 1024

/** Pieces up to this size have a quarter of the memory to themselves: a few of the largest cannot keep everybody waiting. */
const usualSizeBytesMax = 1024 * 1024

/** Longer than a queue of clients takes whose slow ones are turned out, and an end to waiting. */
const waitMsMax = 60 * 1000

/** Who waits holds a connection and a request's place; more than a few turns of the memory are not worth waiting for. */
const waitingCountMax = 256

/** While others wait, a piece has to arrive within a grace and the time its bytes take at this rate. */
const graceMs = 10_000
const rateBytesMin = 256 * 1024

/** How often it is looked who is late; only while somebody waits. */
const lookMs = 1_000

/** Whose client fills, or empties, what is held. */
export interface Holder {
  /** Whether it is the client that is waited for now. */
  readonly isWaiting: boolean
  /** Ends it; the memory is given back in consequence. */
  fail(error: Error): void
}

interface Waiting {
  readonly sizeBytes: number
  readonly enter: () => void
}

interface Held {
  readonly sizeBytes: number
  readonly sinceMs: number
  readonly holder: Holder | undefined
}

/** An amount of memory that is given out in the order it is asked for. Who holds some must not take more before it has given that back. */
export class HeldMemory {
  readonly #sizeBytesMax: number
  readonly #clock: () => number
  readonly #waiting = new Set<Waiting>()
  readonly #held = new Set<Held>()
  #takenSizeBytes = 0
  /** Of it, by pieces larger than usual. */
  #largeSizeBytes = 0
  #timer: NodeJS.Timeout | undefined

  /** @param clock ms that only grow */
  constructor(sizeBytesMax: number, clock: () => number = () => performance.now()) {
    this.#sizeBytesMax = sizeBytesMax
    this.#clock = clock
  }

  /** How many wait for their turn. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Bytes given out and not yet given back. */
  get takenSizeBytes(): number {
    return this.#takenSizeBytes
  }

  /** Waits until there is room for so many bytes. More than there will ever be counts as all there is.
   *  @param signal ends the wait with its reason
   *  @param holder is failed with RequestTimeout when its client is too slow while others wait
   *  @returns gives the room back; to be called in `finally`, once or more
   *  @throws the signal's reason; SlowDown after a minute, or at once where too many wait */
  async take(sizeBytes: number, signal?: AbortSignal, holder?: Holder): Promise<() => void> {
    if (sizeBytes <= freeSizeBytesMax) return () => undefined
    signal?.throwIfAborted()
    const counted = this.#counted(sizeBytes)
    if (this.#isTurnOf(counted) && this.#hasRoom(counted)) this.#count(counted)
    else await this.#turn(counted, signal)
    return this.#hold(counted, holder)
  }

  /** As `take`, without waiting: nothing when there is no room. Whoever is slow is turned out then, for the next who asks. */
  takeNow(sizeBytes: number, holder: Holder): (() => void) | undefined {
    const counted = this.#counted(sizeBytes)
    if (!this.#hasRoom(counted)) {
      this.turnOutLate()
      return undefined
    }
    this.#count(counted)
    return this.#hold(counted, holder)
  }

  /** Fails all whose clients are waited for and late. */
  turnOutLate(): void {
    const nowMs = this.#clock()
    for (const { sizeBytes, sinceMs, holder } of this.#held) {
      if (holder?.isWaiting !== true) continue
      if (nowMs - sinceMs > graceMs + (sizeBytes * 1000) / rateBytesMin) holder.fail(new S3Error('RequestTimeout'))
    }
  }

  #hold(sizeBytes: number, holder: Holder | undefined): () => void {
    const held: Held = { sizeBytes, sinceMs: this.#clock(), holder }
    this.#held.add(held)
    return () => {
      if (!this.#held.delete(held)) return
      this.#count(-sizeBytes)
      this.#admit()
    }
  }

  /** Settles with the room taken, or fails without. */
  #turn(sizeBytes: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.size >= waitingCountMax) return Promise.reject(new S3Error('SlowDown'))
    this.#timer ??= setInterval(() => this.#look(), lookMs).unref()
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiting)
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      const give = (error: Error): void => {
        leave()
        reject(error)
        // The one behind may be smaller.
        this.#admit()
      }
      const onAbort = (): void => give(abortReason(signal))
      const waiting: Waiting = {
        sizeBytes,
        enter: () => {
          leave()
          this.#count(sizeBytes)
          resolve()
        },
      }
      const timer = setTimeout(() => give(new S3Error('SlowDown')), waitMsMax)
      signal?.addEventListener('abort', onAbort)
      this.#waiting.add(waiting)
    })
  }

  #look(): void {
    if (this.#waiting.size > 0) return this.turnOutLate()
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Gives room to those who wait, in their order. */
  #admit(): void {
    for (const { sizeBytes, enter } of this.#waiting) {
      // Large pieces wait for each other, and keep nobody else waiting.
      if (!this.#hasRoomOfItsKind(sizeBytes)) continue
      if (!this.#hasRoom(sizeBytes)) return
      enter()
    }
  }

  /** Whether nobody waits who goes before a piece of this size. */
  #isTurnOf(sizeBytes: number): boolean {
    for (const waiting of this.#waiting) {
      if (isLarge(sizeBytes) || this.#hasRoomOfItsKind(waiting.sizeBytes)) return false
    }
    return true
  }

  #hasRoom(sizeBytes: number): boolean {
    return this.#takenSizeBytes + sizeBytes <= this.#sizeBytesMax && this.#hasRoomOfItsKind(sizeBytes)
  }

  #hasRoomOfItsKind(sizeBytes: number): boolean {
    return !isLarge(sizeBytes) || this.#largeSizeBytes + sizeBytes <= this.#largeSizeBytesMax
  }

  #counted(sizeBytes: number): number {
    return Math.min(sizeBytes, isLarge(sizeBytes) ? this.#largeSizeBytesMax : this.#sizeBytesMax)
  }

  /** @param sizeBytes below zero when they are given back */
  #count(sizeBytes: number): void {
    this.#takenSizeBytes += sizeBytes
    if (isLarge(Math.abs(sizeBytes))) this.#largeSizeBytes += sizeBytes
  }

  get #largeSizeBytesMax(): number {
    return this.#sizeBytesMax * (3 / 4)
  }
}

const isLarge = (sizeBytes: number): boolean => sizeBytes > usualSizeBytesMax

function abortReason(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('aborted while waiting for memory')
}

/** The memory is the process's, and so is its bound: three signed chunks of the largest size, or a hundred times as many usual ones. With it the
 *  server stays well below the 500 MB it may use, whatever its clients send. */
export const heldMemory = new HeldMemory(64 * 1024 * 1024)

/** The memory of answers that are there as a whole, listings most of all, and that their clients have not taken yet. */
export const heldAnswers = new HeldMemory(64 * 1024 * 1024)
