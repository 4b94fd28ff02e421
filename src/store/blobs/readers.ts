// Who is reading what: as long as a body opened at a change number is read, no row or file that was visible then is removed.

/** The reads under way in this process. */
export class Readers {
  readonly #counts = new Map<number, number>()
  readonly #forgotten = new FinalizationRegistry<() => void>((end) => end())

  /** Registers a read of a body opened in the snapshot of change `number`.
   *  @param owner what is read through: should it be dropped without having been ended, the read ends with it
   *  @returns ends the read; calling it again does nothing */
  begin(number: number, owner: object): () => void {
    this.#counts.set(number, (this.#counts.get(number) ?? 0) + 1)
    let isUnderWay = true
    const end = (): void => {
      if (!isUnderWay) return
      isUnderWay = false
      this.#forgotten.unregister(end)
      const left = (this.#counts.get(number) ?? 1) - 1
      if (left === 0) this.#counts.delete(number)
      else this.#counts.set(number, left)
    }
    this.#forgotten.register(owner, end, end)
    return end
  }

  /** The lowest change number any read under way was opened at, or `current` when that is lower or nobody reads. */
  oldest(current: number): number {
    let oldest = current
    for (const number of this.#counts.keys()) if (number < oldest) oldest = number
    return oldest
  }
}
