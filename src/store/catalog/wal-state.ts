// What the writer and the checkpoint thread share about the WAL: three numbers in shared memory, and no messages.

/** Frames (pages of 4 KiB) not yet copied into the database from which on the checkpoint thread is woken: 32 MiB. A page that was
 *  written several times meanwhile is copied once: measured, 4 MiB cost a put of 1 KiB 9 us more. */
export const walFramesToCheckpoint = 8 * 1024

/** Length from which on the WAL is to start over: 64 MiB. A WAL that is written to all the time never does so by itself, as no
 *  passive checkpoint ever reaches its end: so the checkpoint thread runs again and again then, and in a pause of it the writer does the rest. */
export const walFramesMax = 16 * 1024

/** How much of it may be left for the writer, between two groups: 8 MiB, some 20 ms. At twice `walFramesMax` it does all. */
export const walFramesForWriter = 2 * 1024

/** Length from which on it is emptied when the disk has next to no room: 2 MiB. */
export const walFramesWhenScarce = 512

const wanted = 0
const stopped = 1
const working = 2

/** The shared numbers. */
export class WalState {
  readonly shared: SharedArrayBuffer
  readonly #numbers: Int32Array

  constructor(shared = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.#numbers = new Int32Array(shared)
  }

  /** Wakes the checkpoint thread. */
  wantCheckpoint(): void {
    if (Atomics.exchange(this.#numbers, wanted, 1) === 0) Atomics.notify(this.#numbers, wanted)
  }

  /** Whether the checkpoint thread has nothing to do: only one connection can checkpoint at a time. Only who wakes it may rely on this. */
  isIdle(): boolean {
    return Atomics.load(this.#numbers, wanted) === 0 && Atomics.load(this.#numbers, working) === 0
  }

  /** Ends the checkpoint thread, once it has done what it is at. */
  stop(): void {
    Atomics.store(this.#numbers, stopped, 1)
    this.wantCheckpoint()
  }

  /** Blocks the checkpoint thread until there is something to do; answers false when that is to end. */
  waitForWork(): boolean {
    Atomics.store(this.#numbers, working, 0)
    Atomics.wait(this.#numbers, wanted, 0)
    Atomics.store(this.#numbers, working, 1)
    Atomics.store(this.#numbers, wanted, 0)
    return Atomics.load(this.#numbers, stopped) === 0
  }
}
