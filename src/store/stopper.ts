// Writing stops as a whole: when a sync fails, of a blob or of the catalog, nobody knows what the disk holds, and no part may go on.

import { failedSyncOf, faultsSinceFailedSync, forgetFailedSync, markFailedSync } from './failed-sync.js'

/** Something that writes. */
export interface Stoppable {
  /** Stops writing for good; may be called again. */
  fail(error: Error): void
}

/** Told what an operator should know. */
export interface StopperLog {
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Stops all that writes to a data directory, once, and leaves a mark there for the next start. */
export class Stopper {
  readonly #directory: string
  readonly #log: StopperLog
  readonly #parts: Stoppable[] = []
  #failure: Error | undefined
  #marked: Promise<void> = Promise.resolve()

  /** @param directory the data directory */
  constructor(directory: string, log: StopperLog) {
    this.#directory = directory
    this.#log = log
  }

  /** Why writing has stopped, if it has. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** Adds what has to stop with the others. */
  add(part: Stoppable): void {
    this.#parts.push(part)
    if (this.#failure !== undefined) part.fail(this.#failure)
  }

  /** Stops everything. */
  readonly stop = (error: Error): void => {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#log.error({ err: error }, 'writing has stopped after an error of the disk; reads go on')
    for (const part of this.#parts) part.fail(error)
    this.#marked = markFailedSync(this.#directory, error)
  }

  /** When writing stopped in an earlier run: looks at what was written last, and lets writing go on only when it is whole.
   *  To be called when the catalog is open, and before anything is written. */
  async checkEarlierRun(): Promise<void> {
    const reason = await failedSyncOf(this.#directory)
    if (reason === undefined) return
    this.#log.info({ reason }, 'an earlier run stopped writing after an error of the disk: checking what it wrote last')
    const faults = await faultsSinceFailedSync(this.#directory)
    for (const fault of faults) this.#log.error({ fault }, 'a fault was found after a failed sync')
    if (faults.length === 0) {
      await forgetFailedSync(this.#directory)
      this.#log.info({}, 'what was written last is whole: writes go on')
    } else {
      this.stop(new Error(`Faults were found after a failed sync (${reason}): run \`cairn check\``))
    }
  }

  /** Settles when the mark is left, as far as it could be. */
  async settled(): Promise<void> {
    await this.#marked
  }
}
