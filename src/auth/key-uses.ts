// When keys were used last, for whoever decides which can go: noted in memory, and written now and then, off every request's way.

import type { Log } from '../contract/log.js'
import type { Catalog } from '../store/catalog/catalog.js'
import { type KeyUse, noteKeyUses } from '../store/catalog/identity/access-keys.js'

/** A use is written at most once in so many ms for a key. */
const noteMsMin = 60_000

/** Uses wait so long for others to be written with. */
const writeDelayMs = 5_000

/** Where uses are noted. */
export class KeyUses {
  readonly #catalog: Pick<Catalog, 'commit'>
  readonly #region: string
  readonly #log: Log
  /** When the use that was noted last was, ms since 1970, by key id. Keys that were proven, which are those of the catalog. */
  readonly #noted = new Map<string, number>()
  #waiting: KeyUse[] = []

  /** @param region the server's */
  constructor(catalog: Pick<Catalog, 'commit'>, region: string, log: Log) {
    this.#catalog = catalog
    this.#region = region
    this.#log = log
  }

  /** @param nowMs ms since 1970 */
  note(id: string, service: string, nowMs: number): void {
    const before = this.#noted.get(id)
    if (before !== undefined && nowMs - before < noteMsMin) return
    this.#noted.set(id, nowMs)
    this.#waiting.push({ id, usedMs: nowMs, service, region: this.#region })
    if (this.#waiting.length === 1) setTimeout(() => void this.#write(), writeDelayMs).unref()
  }

  async #write(): Promise<void> {
    const uses = this.#waiting
    this.#waiting = []
    try {
      await this.#catalog.commit(noteKeyUses, uses)
    } catch (error) {
      // The next use is noted again in a minute: nothing hangs on one of them.
      this.#log.debug({ err: error }, 'uses of access keys were not written')
    }
  }
}
