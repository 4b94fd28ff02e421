// Reads a body or a range of it. Each 64 KiB block is checked before any of its bytes leaves; a damaged one never does.

import * as fs from 'node:fs'
import { type BodyExtent, bodyExtents, type FileExtent } from '../catalog/body-extents.js'
import type { Catalog } from '../catalog/catalog.js'
import type { ByteRange, OpenBody } from '../store.js'
import { DamagedBlob } from './damaged-blob.js'
import { crcOf } from './digests.js'
import { blockSizeBytes } from './draft.js'
import type { OpenFiles } from './open-files.js'
import type { Pieces } from './pieces.js'
import type { Readers } from './readers.js'

/** Extents asked of the catalog at a time: 256 MiB of whole blobs. */
const extentsMax = 16

/** What bodies are read with. */
export interface BodyReaderParts {
  readonly catalog: Catalog
  readonly files: OpenFiles
  /** Of plain memory. */
  readonly pieces: Pieces
  readonly readers: Readers
}

/** Makes the function that reads bodies, see `Store.readBody`.
 *  It throws RangeError for a range beyond the body; the iterable throws DamagedBlob where it comes to a damaged block. */
export const bodyReader =
  (parts: BodyReaderParts) =>
  (body: OpenBody, range: ByteRange = { start: 0, end: body.size }): AsyncIterable<Uint8Array> => {
    if (range.start < 0 || range.start > range.end || range.end > body.size) {
      throw new RangeError(`Bytes ${range.start} to ${range.end} of a body of ${body.size}`)
    }
    return new BodyRead(parts, body, range)
  }

/** What is to be yielded next, and how its memory is given back. */
interface Filled {
  readonly bytes: Uint8Array
  readonly give: () => void
}

/** A read under way. It ends with its last chunk, an error or `return`; one that is dropped before its first chunk holds no memory. */
class BodyRead implements AsyncIterableIterator<Uint8Array> {
  readonly #chunks: AsyncGenerator<Uint8Array, undefined>
  readonly #end: () => void

  constructor(parts: BodyReaderParts, body: OpenBody, range: ByteRange) {
    this.#end = parts.readers.begin(body.number, this)
    this.#chunks = chunksOf(parts, body.bodyId, range)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      const next = await this.#chunks.next()
      if (next.done === true) this.#end()
      return next
    } catch (error) {
      this.#end()
      throw error
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      return await this.#chunks.return(undefined)
    } finally {
      this.#end()
    }
  }
}

/** The chunks of a range; a chunk's memory is used again when the next is asked for. */
async function* chunksOf(
  parts: BodyReaderParts,
  bodyId: number,
  range: ByteRange,
): AsyncGenerator<Uint8Array, undefined> {
  const { pieces } = parts
  const cursor = new Cursor(parts, bodyId, range)
  let ahead: Promise<Filled> | undefined
  // Not before the first chunk is asked for: a body nobody begins to read must not make the pieces of others smaller.
  pieces.enter()
  try {
    while (ahead !== undefined || !cursor.isAtEnd) {
      const filled: Filled = await (ahead ?? cursor.fill(pieces.take(cursor.wantedBytes)))
      ahead = undefined
      try {
        // One read ahead, where memory allows: the disk works while the caller sends.
        const piece = cursor.isAtEnd ? undefined : pieces.takeWithinBudget(cursor.wantedBytes)
        ahead = piece && cursor.fill(piece)
        ahead?.catch(() => undefined) // awaited above, or left when the caller has enough
        yield filled.bytes
      } finally {
        filled.give()
      }
    }
    return undefined
  } finally {
    const left = await ahead?.catch(() => undefined)
    left?.give()
    cursor.close()
    pieces.leave()
  }
}

/** Goes through a range of a body, one piece after the other. */
class Cursor {
  readonly #parts: BodyReaderParts
  readonly #bodyId: number
  readonly #end: number
  #at: number
  #extents: readonly BodyExtent[] = []
  #next = 0
  #extent: BodyExtent | undefined
  #file: { readonly location: string; readonly fd: number; readonly release: () => void } | undefined

  constructor(parts: BodyReaderParts, bodyId: number, range: ByteRange) {
    this.#parts = parts
    this.#bodyId = bodyId
    this.#at = range.start
    this.#end = range.end
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end
  }

  /** Bytes to the end of the range, in whole blocks. */
  get wantedBytes(): number {
    const first = Math.floor(this.#at / blockSizeBytes)
    return (Math.ceil(this.#end / blockSizeBytes) - first) * blockSizeBytes
  }

  /** Fills a piece with the next bytes, checks them and goes on behind them. The piece is given back by the answer's `give`, or
   *  here when there is no answer. One call at a time. */
  async fill(piece: Uint8Array): Promise<Filled> {
    const give = (): void => this.#parts.pieces.give(piece)
    try {
      const extent = await this.#currentExtent()
      const from = this.#at - extent.start
      const to = Math.min(extent.length, this.#end - extent.start)
      if ('content' in extent) {
        this.#at = extent.start + to
        if (crcOf(extent.content) !== extent.crc) {
          throw new DamagedBlob('', 'catalog', `a small part of ${extent.length} bytes is damaged`)
        }
        give()
        return { bytes: extent.content.subarray(from, to), give: () => undefined }
      }
      const [wantedFrom, wantedTo] = [extent.blobOffset + from, extent.blobOffset + to]
      const readFrom = wantedFrom - (wantedFrom % blockSizeBytes)
      const blocksTo = Math.ceil(wantedTo / blockSizeBytes) * blockSizeBytes
      const readTo = Math.min(extent.blobSize, blocksTo, readFrom + piece.length)
      const bytes = piece.subarray(0, readTo - readFrom)
      await this.#read(extent, bytes, readFrom)
      requireUndamaged(extent, bytes, readFrom)
      const wanted = bytes.subarray(wantedFrom - readFrom, Math.min(wantedTo, readTo) - readFrom)
      this.#at += wanted.length
      return { bytes: wanted, give }
    } catch (error) {
      give()
      throw error
    }
  }

  close(): void {
    this.#file?.release()
    this.#file = undefined
  }

  async #currentExtent(): Promise<BodyExtent> {
    let extent = this.#extent
    if (extent !== undefined && this.#at < extent.start + extent.length) return extent
    if (this.#next === this.#extents.length) {
      const args = { bodyId: this.#bodyId, from: this.#at, limit: extentsMax }
      this.#extents = await this.#parts.catalog.read(bodyExtents, args)
      this.#next = 0
    }
    extent = this.#extents[this.#next]
    if (extent === undefined || this.#at < extent.start || this.#at >= extent.start + extent.length) {
      throw new Error(`The catalog does not say where byte ${this.#at} of body ${this.#bodyId} is`)
    }
    this.#next += 1
    this.#extent = extent
    return extent
  }

  async #read(extent: FileExtent, bytes: Uint8Array, position: number): Promise<void> {
    try {
      if (this.#file?.location !== extent.location) {
        this.close()
        this.#file = { location: extent.location, ...(await this.#parts.files.use(extent.location)) }
      }
      const read = await readAt(this.#file.fd, bytes, position)
      if (read < bytes.length) throw damaged(extent, `it ends at byte ${position + read} of ${extent.blobSize}`)
    } catch (error) {
      if (error instanceof DamagedBlob) throw error
      throw damaged(extent, 'it cannot be read', error)
    }
  }
}

/** Reads until `bytes` is full or the file ends; answers how many bytes there were. */
async function readAt(fd: number, bytes: Uint8Array, position: number): Promise<number> {
  let read = 0
  while (read < bytes.length) {
    const more = await new Promise<number>((resolve, reject) => {
      fs.read(fd, bytes, read, bytes.length - read, position + read, (error, count) =>
        error === null ? resolve(count) : reject(error),
      )
    })
    if (more === 0) break
    read += more
  }
  return read
}

function requireUndamaged(extent: FileExtent, bytes: Uint8Array, position: number): void {
  const { blockCrcs } = extent
  const crcs = new DataView(blockCrcs.buffer, blockCrcs.byteOffset, blockCrcs.length)
  for (let from = 0; from < bytes.length; from += blockSizeBytes) {
    const block = (position + from) / blockSizeBytes
    if (crcOf(bytes.subarray(from, from + blockSizeBytes)) === crcs.getUint32(block * 4)) continue
    throw damaged(extent, `block ${block} (64 KiB from byte ${position + from}) is damaged`)
  }
}

const damaged = (extent: FileExtent, what: string, cause?: unknown): DamagedBlob =>
  new DamagedBlob(Buffer.from(extent.digest).toString('hex'), extent.location, what, cause)
