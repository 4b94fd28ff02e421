// How much memory the payloads that are held whole may take together, over all connections. Who finds no room waits for its turn, and its client
// is held back meanwhile: nobody reads its socket.

import { S3Error } from '../../contract/errors.js'

/** Up to here a piece is held by anybody: no more than a read of the socket, which every connection may hold as well. SDKs' usual chunks pass. */
const freeSizeBytesMax = 64 * 1024

/** Longer than a queue of patient clients needs, and an end to waiting behind clients that send a byte at a time. */
const waitMsMax = 5 * 60 * 1000

interface Waiting {
  readonly sizeBytes: number
  readonly enter: () => void
}

/** An amount of memory that is given out in the order it is asked for. Who holds some must not take more before it has given that back. */
export class HeldMemory {
  readonly #sizeBytesMax: number
  readonly #waiting = new Set<Waiting>()
  #takenSizeBytes = 0

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax
  }

  /** How many wait for their turn. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Waits until there is room for so many bytes. More than there will ever be counts as all there is.
   *  @param signal ends the wait with its reason
   *  @returns gives the room back; to be called in `finally`, once or more
   *  @throws the signal's reason; SlowDown after five minutes */
  async take(sizeBytes: number, signal?: AbortSignal): Promise<() => void> {
    if (sizeBytes <= freeSizeBytesMax) return () => undefined
    signal?.throwIfAborted()
    const counted = Math.min(sizeBytes, this.#sizeBytesMax)
    if (this.#waiting.size > 0 || !this.#hasRoom(counted)) await this.#turn(counted, signal)
    else this.#takenSizeBytes += counted
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      this.#takenSizeBytes -= counted
      this.#admit()
    }
  }

  /** Settles with the room taken, or fails without. */
  #turn(sizeBytes: number, signal: AbortSignal | undefined): Promise<void> {
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
          this.#takenSizeBytes += sizeBytes
          resolve()
        },
      }
      const timer = setTimeout(() => give(new S3Error('SlowDown')), waitMsMax)
      signal?.addEventListener('abort', onAbort)
      this.#waiting.add(waiting)
    })
  }

  #admit(): void {
    for (const { sizeBytes, enter } of this.#waiting) {
      if (!this.#hasRoom(sizeBytes)) return
      enter()
    }
  }

  #hasRoom(sizeBytes: number): boolean {
    return this.#takenSizeBytes + sizeBytes <= this.#sizeBytesMax
  }
}

function abortReason(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('aborted while waiting for memory')
}

/** The memory is the process's, and so is its bound: four signed chunks of the largest size, or a hundred times as many usual ones. With it the
 *  server stays well below the 500 MB it may use, whatever its clients send. */
export const heldMemory = new HeldMemory(64 * 1024 * 1024)
