// Recycled memory for bodies on their way: large enough for few system calls, smaller when many bodies are under way, bounded in all.

import { blockSizeBytes } from './draft.js'

/** Sizes of pieces, bytes; each holds whole blocks, and a whole number of them fills a blob. */
const pieceSizes = [blockSizeBytes, 256 * 1024, 1024 * 1024] as const

/** Up to how many bodies under way pieces have 1 MiB, and up to how many 256 KiB. */
const bodiesMaxBySize = { large: 32, medium: 128 } as const

/** Memory that is taken, given back and taken again. A body that holds nothing is always given a piece, so nobody waits for
 *  anybody; more than one it gets only within the budget. */
export class Pieces {
  readonly #make: (sizeBytes: number) => Uint8Array
  readonly #budgetBytes: number
  readonly #idle = new Map<number, Uint8Array[]>(pieceSizes.map((size) => [size, []]))
  #idleBytes = 0
  #takenBytes = 0
  #bodies = 0

  /** @param make allocates: plain memory, or memory that threads share
   *  @param budgetBytes of pieces beyond the first of each body, and of idle ones */
  constructor(make: (sizeBytes: number) => Uint8Array, budgetBytes: number) {
    this.#make = make
    this.#budgetBytes = budgetBytes
  }

  /** A body begins; `leave` must follow. */
  enter(): void {
    this.#bodies += 1
  }

  /** A body has ended. */
  leave(): void {
    this.#bodies -= 1
  }

  /** A piece for up to `wantedBytes` that are to come. */
  take(wantedBytes: number): Uint8Array {
    const size = this.#sizeFor(wantedBytes)
    this.#takenBytes += size
    const idle = this.#idle.get(size)?.pop()
    if (idle === undefined) return this.#make(size)
    this.#idleBytes -= size
    return idle
  }

  /** As `take`, or nothing when that would be over the budget. */
  takeWithinBudget(wantedBytes: number): Uint8Array | undefined {
    return this.#takenBytes + this.#sizeFor(wantedBytes) <= this.#budgetBytes ? this.take(wantedBytes) : undefined
  }

  /** Gives back a piece that nobody uses any more. */
  give(piece: Uint8Array): void {
    this.#takenBytes -= piece.length
    if (this.#idleBytes + piece.length > this.#budgetBytes) return
    this.#idleBytes += piece.length
    this.#idle.get(piece.length)?.push(piece)
  }

  /** Bytes taken and not yet given back. */
  get takenBytes(): number {
    return this.#takenBytes
  }

  #sizeFor(wantedBytes: number): number {
    const [small, medium, large] = pieceSizes
    const most = this.#bodies <= bodiesMaxBySize.large ? large : this.#bodies <= bodiesMaxBySize.medium ? medium : small
    return wantedBytes <= small ? small : Math.min(most, wantedBytes <= medium ? medium : large)
  }
}

/** Plain memory of its own pages. */
export const plainMemory = (sizeBytes: number): Uint8Array => Buffer.allocUnsafeSlow(sizeBytes)

/** Memory that worker threads see too. */
export const sharedMemory = (sizeBytes: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(sizeBytes))
