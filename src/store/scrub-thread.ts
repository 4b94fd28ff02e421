// The thread that scrubs: reads, hashes and waits, for one round. What it finds it tells the main side, which writes it down.

import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { Connection } from './catalog/connection.js'
import { errorData, type ErrorData } from './catalog/error-data.js'
import { scrubState } from './catalog/scrub-state.js'
import { storedBytes } from './catalog/stored-blobs.js'
import { ScrubNews, type ScrubTold } from './scrub-news.js'
import { Pace, paceOf } from './scrub-pace.js'
import { scrubRound } from './scrub-round.js'

/** How the thread is started (`workerData`). */
export interface ScrubThreadSettings {
  /** Of the catalog. */
  readonly path: string
  /** The `blobs` directory. */
  readonly root: string
  readonly days: number
  readonly mibPerSecondMax: number
  /** Else it goes on with the one under way. */
  readonly isNewRound: boolean
}

/** What it says: each is answered by 'noted' once it is durable. */
export type FromScrub =
  | { readonly kind: 'begin'; readonly total: number }
  | ({ readonly kind: 'note' } & ScrubTold)
  | { readonly kind: 'failed'; readonly error: ErrorData }

/** What it is told. */
export type ToScrub = 'noted' | 'stop'

/** Nice value, of this thread alone on Linux: whoever serves goes first. */
const niceness = 10

// The main side starts this file with exactly these settings.
const settings = workerData as ScrubThreadSettings
const port = parentPort
if (port === null) throw new Error('This file is a thread of the store')

const stopping = new AbortController()
let noted: (() => void) | undefined
port.on('message', (message: ToScrub) => {
  if (message === 'stop') stopping.abort()
  else noted?.()
})

const say = (message: FromScrub): Promise<void> => {
  const answered = new Promise<void>((resolve) => (noted = resolve))
  port.postMessage(message)
  return answered
}

try {
  // Not every system lets a thread be nicer than its process.
  setPriority(niceness)
} catch {
  // Then it is no nicer.
}

const connection = new Connection(settings.path, 'check')
try {
  await scrub()
} catch (error) {
  port.postMessage({ kind: 'failed', error: errorData(error) } satisfies FromScrub)
} finally {
  connection.close()
  port.close()
}

async function scrub(): Promise<void> {
  if (settings.isNewRound) await say({ kind: 'begin', total: connection.run(storedBytes.steps(undefined)) })
  const state = connection.run(scrubState.steps(undefined))
  if (state === undefined) throw new Error('The scrub has begun and has no row')

  const pace = new Pace(stopping.signal)
  const { began, total } = state
  let read = state.bytes
  const rest = async (bytes: number): Promise<void> => {
    read += bytes
    await pace.rest(bytes, paceOf({ ...settings, began, total, bytes: read }, Date.now()))
  }
  const round = scrubRound({ connection, root: settings.root, from: state, rest })
  const news = new ScrubNews(connection, state)
  for await (const looked of round) {
    // A blob that the stop has hurried through was read all the same.
    news.add(looked)
    if (stopping.signal.aborted) break
    if (news.isPressing()) await say({ kind: 'note', ...news.take(false) })
  }
  await say({ kind: 'note', ...news.take(!stopping.signal.aborted) })
}
