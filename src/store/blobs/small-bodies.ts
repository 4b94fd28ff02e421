// Small bodies, whose bytes are in the catalog: read whole, checked, and kept in memory while they are asked for.
// What a version's bytes are never changes, so nothing here goes stale; which version a key has is asked of the catalog each time.

import { LRUCache } from 'lru-cache'
import type { Catalog } from '../catalog/catalog.js'
import { one, query, statement } from '../catalog/steps.js'
import { DamagedBlob } from './damaged-blob.js'
import { crcOf } from './digests.js'
import { smallBodySizeBytesMax } from './draft.js'

/** Bytes of content that are kept; a process has this much beside its heap. */
const keptBytesMax = 32 * 1024 * 1024

/** What keeping one costs beside its bytes: the entry, the buffer. */
const entrySizeBytes = 200

/** Whose bytes are wanted. */
export interface SmallBodyName {
  /** Of the version: a number nobody else ever has, as ids of rows may be given again. */
  readonly position: number
  readonly bodyId: number
  /** Bytes. */
  readonly size: number
}

/** See `Store.smallBody`. */
export type SmallBodyReader = (name: SmallBodyName) => Promise<Uint8Array | undefined>

const contentOf = statement<{ bodyId: number }, { content: Uint8Array | null; crc: number | null }>(
  'SELECT content, crc FROM body WHERE id = :bodyId',
)

const smallContent = query('smallContent', (bodyId: number) => one(contentOf, { bodyId }))

/** Makes the function that reads small bodies. It throws DamagedBlob. */
export function smallBodyReader(catalog: Catalog): SmallBodyReader {
  const kept = new LRUCache<number, Uint8Array>({
    maxSize: keptBytesMax,
    sizeCalculation: (bytes) => bytes.length + entrySizeBytes,
  })
  return async ({ position, bodyId, size }) => {
    if (size > smallBodySizeBytesMax) return undefined
    const known = kept.get(position)
    if (known !== undefined) return known
    const row = await catalog.read(smallContent, bodyId)
    if (row === undefined || row.content === null) return undefined
    if (crcOf(row.content) !== row.crc) {
      throw new DamagedBlob('', 'catalog', `the ${size} bytes of body ${bodyId} are damaged`)
    }
    kept.set(position, row.content)
    return row.content
  }
}
