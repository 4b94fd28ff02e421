// What a scrub has looked at since it last told: gathered, so that a round costs the catalog a row's change a minute.

import type { Connection } from './catalog/connection.js'
import { servedVersions, type ServedVersion } from './catalog/served-versions.js'
import type { Finding, Recovered, ScrubNote } from './catalog/scrub-state.js'
import type { Looked } from './scrub-round.js'

/** How often progress is told while nothing is found. What was read since is read again after a crash. */
const noteEveryMs = 60_000

/** What is told. Structured-clonable. */
export interface ScrubTold {
  readonly note: Omit<ScrubNote, 'now'>
  /** What each finding spoils. */
  readonly serves: readonly (readonly ServedVersion[])[]
}

/** What has been looked at since it was last told. */
export class ScrubNews {
  readonly #connection: Connection
  #bodyId: number
  #blobId: number
  #bytes = 0
  #findings: Finding[] = []
  #recovered: Recovered[] = []
  #toldMs = performance.now()

  /** @param from ids that have been read before */
  constructor(connection: Connection, from: { readonly bodyId: number; readonly blobId: number }) {
    this.#connection = connection
    this.#bodyId = from.bodyId
    this.#blobId = from.blobId
  }

  /** Takes what has been looked at. */
  add({ of, id, size, finding, recovered }: Looked): void {
    if (of === 'blob') this.#blobId = id
    else this.#bodyId = id
    this.#bytes += size
    if (finding !== undefined) this.#findings.push(finding)
    if (recovered !== undefined) this.#recovered.push(recovered)
  }

  /** Whether it should be told now. */
  isPressing(): boolean {
    const isNew = this.#findings.length > 0 || this.#recovered.length > 0
    return isNew || performance.now() - this.#toldMs >= noteEveryMs
  }

  /** What is to be told; from then on it is old. */
  take(isEnd: boolean): ScrubTold {
    const findings = this.#findings
    const serves = findings.map(({ of, id }) =>
      this.#connection.run(servedVersions.steps(of === 'blob' ? { blobId: id } : { bodyId: id })),
    )
    const note = {
      bodyId: this.#bodyId,
      blobId: this.#blobId,
      bytes: this.#bytes,
      findings,
      recovered: this.#recovered,
      isEnd,
    }
    this.#bytes = 0
    this.#findings = []
    this.#recovered = []
    this.#toldMs = performance.now()
    return { note, serves }
  }
}
