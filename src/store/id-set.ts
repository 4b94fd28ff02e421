// A set of row ids, a bit each: a hundred million of them are 12 MiB.

const pageIds = 65_536

/** Ids that were seen. */
export class IdSet {
  readonly #pages = new Map<number, Uint8Array>()

  add(id: number): void {
    const at = Math.floor(id / pageIds)
    let page = this.#pages.get(at)
    if (page === undefined) this.#pages.set(at, (page = new Uint8Array(pageIds / 8)))
    const bit = id % pageIds
    page[bit >> 3] = (page[bit >> 3] ?? 0) | (1 << (bit & 7))
  }

  has(id: number): boolean {
    const bit = id % pageIds
    return (((this.#pages.get(Math.floor(id / pageIds))?.[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1
  }
}
