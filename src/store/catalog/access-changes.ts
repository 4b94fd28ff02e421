// How often what authorization reads has changed since the catalog was opened: one number that the writer thread raises and the main thread reads,
// in memory they share. Reading it costs nothing, so that every request can.

/** The number. It is compared with itself only: what it counts from, and that it wraps around after 2^32 changes, is nobody's concern. */
export class AccessChanges {
  readonly shared: SharedArrayBuffer
  readonly #number: Int32Array

  constructor(shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.#number = new Int32Array(shared)
  }

  number(): number {
    return Atomics.load(this.#number, 0)
  }

  /** Called after the commit and before anybody is told of it: who has been told finds another number, who has not may find either. */
  raise(): void {
    Atomics.add(this.#number, 0, 1)
  }
}
