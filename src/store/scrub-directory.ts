// `cairn scrub`: a whole round through a data directory at once, beside a running server or without one, and what the server's own scrub
// has come to. Changes nothing.

import { one, statement } from './catalog/steps.js'
import { type Damage, damagesAfter, type ScrubState, scrubState } from './catalog/scrub-state.js'
import { servedVersions, type ServedVersion } from './catalog/served-versions.js'
import { storedBytes } from './catalog/stored-blobs.js'
import { openToCheck } from './open-to-check.js'
import { Pace } from './scrub-pace.js'
import { scrubRound } from './scrub-round.js'

/** A blob or a small body that is not what was written. */
export interface DamagedContent {
  /** A sentence. */
  readonly what: string
  /** SHA-256 in hex. */
  readonly blob: string
  /** Below `blobs/`; absent: in the catalog. */
  readonly location?: string
  /** Living versions that are spoilt by it, 20 at most. */
  readonly serves: readonly ServedVersion[]
  /** Ms since 1970, when the server's scrub has found it. */
  readonly found?: number
  /** A repair has told of it before, and could not heal it. */
  readonly isAccepted: boolean
}

/** How a round goes. */
export interface ScrubOptions {
  /** At most; as fast as it can be when absent. */
  readonly mibPerSecond?: number
  /** Told after each blob, and each small body. */
  readonly progress: (read: ScrubProgress) => void
  readonly damaged: (content: DamagedContent) => void
}

/** What a round has read. */
export interface ScrubProgress {
  /** Blobs and small bodies. */
  readonly count: number
  readonly bytes: number
  readonly totalBytes: number
}

const MiB = 1024 * 1024

const acceptedOf = {
  blob: statement<{ id: number }, { accepted: number | null }>('SELECT accepted FROM damage WHERE blob_id = :id'),
  body: statement<{ id: number }, { accepted: number | null }>('SELECT accepted FROM damage WHERE body_id = :id'),
}

/** Reads everything once.
 *  @returns what was read
 *  @throws Error when it is no data directory, or its format is another program's */
export async function scrubDirectory(directory: string, options: ScrubOptions): Promise<ScrubProgress> {
  const { connection, root, close } = openToCheck(directory, true)
  try {
    const pace = new Pace()
    const { mibPerSecond } = options
    const rest = (bytes: number): Promise<void> | void =>
      mibPerSecond === undefined ? undefined : pace.rest(bytes, mibPerSecond * MiB)
    const totalBytes = connection.run(storedBytes.steps(undefined))
    let [count, bytes] = [0, 0]
    const read = (): ScrubProgress => ({ count, bytes, totalBytes: Math.max(totalBytes, bytes) })
    options.progress(read())
    for await (const { of, id, size, finding } of scrubRound({
      connection,
      root,
      from: { bodyId: 0, blobId: 0 },
      rest,
    })) {
      count += 1
      bytes += size
      if (finding !== undefined) {
        const { what, digest, location } = finding
        const serves = connection.run(servedVersions.steps(of === 'blob' ? { blobId: id } : { bodyId: id }))
        const isAccepted = (connection.run(one(acceptedOf[of], { id }))?.accepted ?? null) !== null
        options.damaged({ what, blob: hex(digest), ...(location !== null && { location }), serves, isAccepted })
      }
      options.progress(read())
    }
    return { count, bytes, totalBytes: bytes }
  } finally {
    close()
  }
}

/** How far the server's scrub is, and what it found and nobody has healed yet.
 *  @returns undefined when no round has begun yet
 *  @throws Error as `scrubDirectory` */
export function scrubStatus(directory: string, damaged: (content: DamagedContent) => void): ScrubState | undefined {
  const { connection, close } = openToCheck(directory, true)
  try {
    for (let after = 0; ;) {
      const page: (Damage & { row: number })[] = connection.run(damagesAfter.steps({ after, limit: 500 }))
      for (const { row, of, id, digest, location, what, found, accepted } of page) {
        after = row
        const serves = connection.run(servedVersions.steps(of === 'blob' ? { blobId: id } : { bodyId: id }))
        const isAccepted = accepted !== null
        damaged({ what, blob: hex(digest), ...(location !== null && { location }), serves, found, isAccepted })
      }
      if (page.length < 500) break
    }
    return connection.run(scrubState.steps(undefined))
  } finally {
    close()
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
