// The scrub of a running server: one round through everything that is stored in so many days, in a thread of its own. Here it is only
// started in time, and what it tells is written down and logged.

import type { Worker } from 'node:worker_threads'
import type { Clock } from '../contract/operation.js'
import type { Catalog } from './catalog/catalog.js'
import { errorOf } from './catalog/error-data.js'
import { beginScrub, type Finding, noteScrub, scrubState } from './catalog/scrub-state.js'
import type { ServedVersion } from './catalog/served-versions.js'
import { startThread } from './catalog/thread.js'
import { nextRoundMs } from './scrub-pace.js'
import type { FromScrub, ScrubThreadSettings, ToScrub } from './scrub-thread.js'

/** How fast a scrub goes. */
export interface ScrubSettings {
  /** A round through everything takes about so many days; 0: there is none. */
  readonly days: number
  /** However much there is to read. */
  readonly mibPerSecondMax: number
}

/** What a scrub works with. */
export interface ScrubParts extends ScrubSettings {
  readonly catalog: Catalog
  /** Of the database file. */
  readonly path: string
  /** The `blobs` directory. */
  readonly root: string
  readonly clock: Clock
  readonly log: {
    info(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}

/** A server that has just been started has better things to do, and one that is stopped at once starts no thread for nothing. */
const firstAfterMs = 60_000

/** How long after an error of the catalog it is tried again. */
const againAfterMs = 3_600_000

/** A timer of Node takes no longer ones. */
const timerMsMax = 86_400_000

/** The loop. Opened with the store, stopped before it closes. */
export class Scrub {
  readonly #parts: ScrubParts
  #timer: NodeJS.Timeout | undefined
  #worker: Worker | undefined
  #round: Promise<void> = Promise.resolve()
  #isStopping = false

  constructor(parts: ScrubParts) {
    this.#parts = parts
  }

  /** Begins a minute later; keeps no process alive. Does nothing when a round has no days. */
  start(): void {
    if (this.#parts.days > 0) this.#lookAgainIn(firstAfterMs)
  }

  /** Goes on with the round under way, or begins one when it is due; settles when it has ended, or was stopped. */
  async runNow(): Promise<void> {
    await (this.#round = this.#round.then(() => this.#runWhenDue()))
  }

  /** Ends after the file that is being read. */
  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#timer)
    this.#worker?.postMessage('stop' satisfies ToScrub)
    await this.#round
  }

  #lookAgainIn(ms: number): void {
    if (this.#isStopping) return
    this.#timer = setTimeout(() => void this.runNow(), Math.min(ms, timerMsMax)).unref()
  }

  async #runWhenDue(): Promise<void> {
    if (this.#isStopping) return
    const { catalog, clock, days, log } = this.#parts
    try {
      const state = await catalog.read(scrubState, undefined)
      const isUnderWay = state !== undefined && state.ended === null
      const now = clock.now()
      const dueMs = state === undefined ? now : nextRoundMs(state.began, days)
      // A clock that was far ahead when a round began must not keep the next from beginning for years.
      const isDue = dueMs <= now || dueMs > nextRoundMs(now, days)
      if (isUnderWay || isDue) await this.#run(!isUnderWay)
      const after = await catalog.read(scrubState, undefined)
      this.#lookAgainIn(
        after === undefined ? againAfterMs : Math.max(firstAfterMs, nextRoundMs(after.began, days) - clock.now()),
      )
    } catch (error) {
      // A writer that has stopped has said so itself, and is no matter of the scrub.
      if (!this.#isStopping) log.error({ err: error }, 'the scrub could not go on')
      this.#lookAgainIn(againAfterMs)
    }
  }

  async #run(isNewRound: boolean): Promise<void> {
    if (this.#isStopping) return
    const { path, root, days, mibPerSecondMax } = this.#parts
    const workerData: ScrubThreadSettings = { path, root, days, mibPerSecondMax, isNewRound }
    const worker = startThread('../scrub-thread', workerData)
    this.#worker = worker
    worker.unref()
    let failure: Error | undefined
    worker.on('message', (message: FromScrub) => {
      if (message.kind === 'failed') {
        failure = errorOf(message.error)
        return
      }
      this.#note(message).then(
        () => worker.postMessage('noted' satisfies ToScrub),
        (error: unknown) => {
          failure = error instanceof Error ? error : new Error(String(error))
          void worker.terminate()
        },
      )
    })
    worker.on('error', (error) => (failure = error))
    await new Promise<void>((resolve) => worker.on('exit', () => resolve()))
    this.#worker = undefined
    if (failure !== undefined) throw failure
  }

  async #note(message: Exclude<FromScrub, { readonly kind: 'failed' }>): Promise<void> {
    const { catalog, clock, log } = this.#parts
    const now = clock.now()
    if (message.kind === 'begin') {
      await catalog.commit(beginScrub, { now, total: message.total })
      log.info({ bytes: message.total }, 'a round of the scrub has begun')
      return
    }
    const { note, serves } = message
    const news = await catalog.commit(noteScrub, { ...note, now })
    for (const [i, finding] of note.findings.entries()) {
      if (news[i] === true) log.error(loggedFinding(finding, serves[i] ?? []), 'the scrub found damage')
    }
    if (!note.isEnd) return
    const state = await catalog.read(scrubState, undefined)
    log.info({ bytes: state?.bytes, damaged: state?.found }, 'a round of the scrub has ended')
  }
}

function loggedFinding({ digest, location, what }: Finding, serves: readonly ServedVersion[]): object {
  return { blob: Buffer.from(digest).toString('hex'), location: location ?? 'catalog', what, serves }
}
