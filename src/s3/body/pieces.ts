// Bytes that wait together: large pieces as they are, small ones gathered, so that a sender of single bytes cannot fill the memory with their bookkeeping.

const gatheredSizeBytes = 64 * 1024

/** Pieces from here on keep their own memory. */
const largeSizeBytes = 8 * 1024

/** A list of byte runs that is added to, then read once. The pieces added must not change until then. */
export class Pieces {
  readonly #whole: Uint8Array[] = []
  #gathered: Uint8Array | undefined
  #used = 0

  add(piece: Uint8Array): void {
    if (piece.length >= largeSizeBytes) {
      this.#flush()
      this.#whole.push(piece)
      return
    }
    if (this.#used + piece.length > gatheredSizeBytes) this.#flush()
    this.#gathered ??= new Uint8Array(gatheredSizeBytes)
    this.#gathered.set(piece, this.#used)
    this.#used += piece.length
  }

  /** Everything added, in order. */
  all(): readonly Uint8Array[] {
    this.#flush()
    return this.#whole
  }

  /** Small pieces between large ones keep no more memory than they have bytes. */
  #flush(): void {
    if (this.#gathered !== undefined && this.#used > 0) this.#whole.push(this.#gathered.slice(0, this.#used))
    this.#used = 0
  }
}
