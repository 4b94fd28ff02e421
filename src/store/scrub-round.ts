// One round of the scrub: every small body and every blob is read and compared with its SHA-256 and its checksums, in the order of their ids.
// Beside whoever writes: what looks damaged is asked of the catalog again, since it may have been healed, or removed, while it was read.

import { crcOf, digestOf } from './blobs/digests.js'
import { FileReader } from './blobs/file-reader.js'
import { verifyFile } from './blobs/verify-file.js'
import type { Connection } from './catalog/connection.js'
import type { Finding, Recovered } from './catalog/scrub-state.js'
import {
  blobsAfter,
  type SmallBody,
  smallBodiesAfter,
  storedBlob,
  type StoredBlob,
  storedSmallBody,
} from './catalog/stored-blobs.js'

/** How a round goes. */
export interface RoundParts {
  readonly connection: Connection
  /** The `blobs` directory. */
  readonly root: string
  /** Where it begins: behind these ids. */
  readonly from: { readonly bodyId: number; readonly blobId: number }
  /** Told the bytes of each piece before it goes on: waits as long as the pace wants. */
  readonly rest: (bytes: number) => Promise<void> | void
}

/** Something was looked at. */
export interface Looked {
  readonly of: 'blob' | 'body'
  readonly id: number
  /** Bytes. */
  readonly size: number
  readonly finding?: Finding
  readonly recovered?: Recovered
}

const blobPageRows = 100
const smallPageRows = 100

/** How often a blob that gets another place while it is read is read again. */
const attemptsMax = 10

/** Goes through everything once. Who has enough returns it. */
export async function* scrubRound(parts: RoundParts): AsyncGenerator<Looked> {
  yield* smallBodies(parts)
  yield* blobs(parts)
}

async function* smallBodies({ connection, from, rest }: RoundParts): AsyncGenerator<Looked> {
  for (let after = from.bodyId; ;) {
    const page = connection.run(smallBodiesAfter.steps({ after, limit: smallPageRows }))
    for (const body of page) {
      after = body.id
      yield lookedAtBody(connection, body)
      await rest(body.content.length)
    }
    if (page.length < smallPageRows) return
  }
}

function lookedAtBody(connection: Connection, body: SmallBody): Looked {
  const { id, digest, content, isDamaged } = body
  const what = faultOfBody(body)
  const looked = { of: 'body', id, size: content.length } as const
  if (what === undefined) {
    return isDamaged === 1 ? { ...looked, recovered: { of: 'body', id, digest, location: null } } : looked
  }
  // The page is some seconds old: it may have been healed.
  const now = connection.run(storedSmallBody.steps({ id }))
  if (now === undefined || faultOfBody(now) === undefined) return looked
  return { ...looked, finding: { of: 'body', id, digest: now.digest, location: null, what } }
}

function faultOfBody({ id, digest, content, crc }: SmallBody): string | undefined {
  if (Buffer.compare(digest, digestOf('SHA256', content)) !== 0) return `the content of small body ${id} is damaged`
  return crc === crcOf(content) ? undefined : `the checksum of small body ${id} is wrong`
}

async function* blobs({ connection, root, from, rest }: RoundParts): AsyncGenerator<Looked> {
  const reader = new FileReader()
  for (let after = from.blobId; ;) {
    const page = connection.run(blobsAfter.steps({ after, limit: blobPageRows }))
    for (const blob of page) {
      after = blob.id
      yield await lookedAtBlob(connection, blob, (now) => verifyFile(reader, root, now, rest))
    }
    if (page.length < blobPageRows) return
  }
}

async function lookedAtBlob(
  connection: Connection,
  first: StoredBlob,
  verify: (blob: StoredBlob) => ReturnType<typeof verifyFile>,
): Promise<Looked> {
  const looked = { of: 'blob', id: first.id, size: first.size } as const
  let blob = first
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const { id, digest, location, isDamaged } = blob
    const fault = await verify(blob)
    if (fault === undefined) {
      return isDamaged === 1 ? { ...looked, recovered: { of: 'blob', id, digest, location } } : looked
    }
    const now = connection.run(storedBlob.steps({ id }))
    if (now === undefined) return looked
    const isSame = now.location === location && Buffer.compare(now.digest, digest) === 0
    if (isSame && Buffer.compare(now.blockCrcs, blob.blockCrcs) === 0) {
      return { ...looked, finding: { of: 'blob', id, digest, location, what: fault.what } }
    }
    blob = now
  }
  // It is written anew again and again: the next round will find it at rest.
  return looked
}
