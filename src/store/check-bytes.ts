// Reads every byte that is stored, once where it can, and compares it with all that the catalog says of it: SHA-256 and block checksums of
// blobs, ETags and checksums of versions and parts. Beside a running server too: what looks wrong is asked of the catalog again, since it
// may have been replaced, or removed, while it was read.

import { join } from 'node:path'
import type { ChecksumAlgorithm } from '../contract/claims.js'
import { BodyDigests, crcOf, digestOf, type RawDigests } from './blobs/digests.js'
import { FileReader } from './blobs/file-reader.js'
import { HashLanes, type HashStream, streamHere } from './blobs/hash-lanes.js'
import { type BlobFault, digestFault, readFault, sizeFault, verifyFile, wrappingFault } from './blobs/verify-file.js'
import { type BodyExtent, bodyExtents } from './catalog/body-extents.js'
import type { Connection } from './catalog/connection.js'
import { blobsAfter, smallBodiesAfter, storedBlob, type StoredBlob } from './catalog/stored-blobs.js'
import {
  compositeBody,
  compositesAfter,
  countBodies,
  namesOf,
  plainBodiesAfter,
  plainBody,
  type PlainBody,
  type StoredExtent,
} from './catalog/stored-bodies.js'
import { algorithmsOf, wrongCompositeNames, wrongNames, type WrongName } from './check-names.js'
import { IdSet } from './id-set.js'
import { SameBytes } from './same-bytes.js'

/** Something that does not fit its bytes. */
export type ByteFault =
  | { readonly of: 'blob'; readonly blob: StoredBlob; readonly fault: BlobFault }
  /** Content and SHA-256 of a small body do not fit, or only its CRC does not ('crcs'). */
  | { readonly of: 'small'; readonly bodyId: number; readonly digest: Uint8Array; readonly problem: 'bytes' | 'crcs' }
  | { readonly of: 'name'; readonly bodyId: number; readonly wrong: WrongName }

/** How far it is. */
export interface ByteProgress {
  readonly stage: 'small bodies' | 'large bodies' | 'composite bodies'
  /** Bodies. */
  readonly done: number
  readonly total: number
  /** Bytes that were compared, and that there are; bodies made of the same bytes count each. */
  readonly bytes: number
  readonly totalBytes: number
}

/** Rows asked for at a time. */
const pageRows = 500
const smallPageRows = 200

/** How often a body that changes while it is read is begun again. */
const attemptsMax = 10

/** Bodies from this size on are hashed in threads, where there are so many bytes that to start them pays: two at once is all that MD5 beside
 *  the rest can use. */
const laneSizeBytesMin = 1024 * 1024
const lanesTotalBytesMin = 48 * 1024 * 1024
const lanesCount = 2

/** A blob was not what the catalog says, and still is not: the bodies it is in cannot be judged. */
const unreadable = Symbol('unreadable')

/** One check of all bytes. */
export class ByteCheck {
  readonly #connection: Connection
  readonly #root: string
  readonly #reader = new FileReader()
  readonly #lanes = new HashLanes(lanesCount)
  #hasLanes = false
  readonly #onProgress: (progress: ByteProgress) => void
  readonly #onFault: (fault: ByteFault) => void
  /** Blobs that fit, or have been told not to; among the latter those whose bytes are lost. */
  readonly #seen = new IdSet()
  readonly #told = new IdSet()
  readonly #bad = new IdSet()

  /** @param root the `blobs` directory */
  constructor(
    connection: Connection,
    root: string,
    onProgress: (progress: ByteProgress) => void,
    onFault: (fault: ByteFault) => void,
  ) {
    this.#connection = connection
    this.#root = root
    this.#onProgress = onProgress
    this.#onFault = onFault
  }

  /** Reads everything. Throws what is no fault of a file: errors of the catalog. */
  async run(): Promise<void> {
    try {
      this.#smallBodies()
      await this.#plainBodies()
      await this.#otherBlobs()
      await this.#composites()
    } finally {
      await this.#lanes.close()
    }
  }

  #smallBodies(): void {
    const told = this.#progress('small bodies', 'small')
    for (let after = 0; ;) {
      const page = this.#connection.runInSnapshot(pageOfSmallBodies(after))
      for (const { body, names } of page) {
        const { id, digest, content, crc } = body
        const isSame = Buffer.compare(digest, digestOf('SHA256', content)) === 0
        if (!isSame || crc !== crcOf(content)) {
          const problem = isSame ? 'crcs' : 'bytes'
          this.#onFault({ of: 'small', bodyId: id, digest, problem })
        }
        if (isSame) {
          const digests = new Map(algorithmsOf(names).map((algorithm) => [algorithm, digestOf(algorithm, content)]))
          for (const wrong of wrongNames(names, digests)) this.#onFault({ of: 'name', bodyId: id, wrong })
        }
        told(1, content.length)
        after = id
      }
      if (page.length < smallPageRows) return
    }
  }

  async #plainBodies(): Promise<void> {
    const told = this.#progress('large bodies', 'plain')
    this.#hasLanes = this.#connection.run(countBodies.steps('plain')).bytes >= lanesTotalBytesMin
    const known = new SameBytes()
    for (let last = { blobId: 0, bodyId: 0 }; ;) {
      const page = this.#connection.run(plainBodiesAfter.steps({ ...last, limit: pageRows }))
      for (const { blobId, bodyId } of page) {
        last = { blobId, bodyId }
        told(1, await this.#plainBody(bodyId, known))
      }
      if (page.length < pageRows) return
    }
  }

  /** Judges one body; answers its size. */
  async #plainBody(bodyId: number, known: SameBytes): Promise<number> {
    for (let attempt = 0; ; attempt += 1) {
      const body = this.#connection.runInSnapshot(plainBody.steps({ bodyId }))
      const size = body.extents.reduce((sum, { length }) => sum + length, 0)
      const digests = await known.digests(body, (algorithms) => this.#digestPlain(body, size, algorithms))
      if (digests === unreadable) return size
      const wrongs = digests === 'changed' ? [] : wrongNames(body.names, digests)
      if (digests !== 'changed' && wrongs.length === 0) return size
      const now = this.#connection.runInSnapshot(plainBody.steps({ bodyId }))
      if (digests !== 'changed' && isSameBody(body, now)) {
        for (const wrong of wrongs) this.#onFault({ of: 'name', bodyId, wrong })
        return size
      }
      if (attempt === attemptsMax) throw new Error(`Body ${bodyId} changed ${attemptsMax} times while it was read`)
    }
  }

  /** Digests of a body, and on the way the verdict on its blobs. 'changed': a blob is no longer what it was when the body was looked up. */
  async #digestPlain(
    { extents }: PlainBody,
    size: number,
    algorithms: readonly ChecksumAlgorithm[],
  ): Promise<RawDigests | 'changed' | typeof unreadable> {
    if (extents.some(({ blobId, blob }) => blob === undefined || this.#bad.has(blobId))) return unreadable
    const isWhole = extents.every(({ blobOffset, length, blob }) => blobOffset === 0 && length === blob?.size)
    const isNews = isWhole && extents.some(({ blobId }) => !this.#seen.has(blobId))
    if (algorithms.length === 0 && !isNews) return new Map()
    const stream =
      isWhole && size >= laneSizeBytesMin && this.#hasLanes
        ? this.#lanes.open(algorithms)
        : streamHere(algorithms, isWhole)
    try {
      for (const extent of extents) {
        const fault = await this.#readExtent(extent, stream, isWhole)
        if (fault === undefined) continue
        if (!this.#isStill(fault.blob)) return 'changed'
        this.#judge(fault.blob, fault.fault)
        if (fault.fault.problem !== 'crcs') return unreadable
      }
      return await stream.end()
    } finally {
      stream.drop()
    }
  }

  async #readExtent(
    { blob, blobOffset, length, blobId }: StoredExtent,
    stream: HashStream,
    isWhole: boolean,
  ): Promise<{ readonly blob: StoredBlob; readonly fault: BlobFault } | undefined> {
    if (blob === undefined) return undefined // asked above
    const early = wrappingFault(blob)
    if (early !== undefined) return { blob, fault: early }
    let found = 0
    try {
      for await (const piece of this.#reader.read(
        join(this.#root, blob.location),
        blobOffset,
        length,
        (size) => (found = size),
      )) {
        await stream.update(piece)
      }
    } catch (error) {
      return { blob, fault: readFault(error) }
    }
    if (found !== blob.size) return { blob, fault: sizeFault(found, blob) }
    if (!isWhole) return undefined
    const fault = digestFault(await stream.endBlob(), blob)
    if (fault === undefined) this.#seen.add(blobId)
    return fault && { blob, fault }
  }

  /** Blobs that no body uses as a whole. */
  async #otherBlobs(): Promise<void> {
    for (let after = 0; ;) {
      const page = this.#connection.run(blobsAfter.steps({ after, limit: pageRows }))
      for (const blob of page) {
        after = blob.id
        if (this.#seen.has(blob.id)) continue
        const fault = await verifyFile(this.#reader, this.#root, blob)
        if (fault !== undefined && this.#isStill(blob)) this.#judge(blob, fault)
      }
      if (page.length < pageRows) return
    }
  }

  async #composites(): Promise<void> {
    const told = this.#progress('composite bodies', 'composite')
    for (let after = 0; ;) {
      const page = this.#connection.run(compositesAfter.steps({ after, limit: pageRows }))
      for (const { bodyId } of page) {
        after = bodyId
        const { parts, names } = this.#connection.runInSnapshot(compositeBody.steps({ bodyId }))
        const wrongs = await wrongCompositeNames(names, parts, (algorithm) => this.#digestComposite(bodyId, algorithm))
        if (wrongs.length > 0) {
          const now = this.#connection.runInSnapshot(compositeBody.steps({ bodyId }))
          const isSame = JSON.stringify({ parts, names }) === JSON.stringify(now)
          for (const wrong of isSame ? wrongs : []) this.#onFault({ of: 'name', bodyId, wrong })
        }
        told(
          1,
          parts.reduce((sum, { size }) => sum + size, 0),
        )
      }
      if (page.length < pageRows) return
    }
  }

  /** The digest of a composite body's bytes; nothing when they cannot all be read: that has been told, or they are gone. */
  async #digestComposite(bodyId: number, algorithm: ChecksumAlgorithm): Promise<Uint8Array | undefined> {
    const digests = new BodyDigests({ wholes: [algorithm], blobs: false })
    try {
      for (let from = 0; ;) {
        const page = this.#connection.runInSnapshot(
          bodyExtents.steps({ bodyId, from, to: Number.MAX_SAFE_INTEGER, limit: 16 }),
        )
        for (const extent of page) {
          from = extent.start + extent.length
          await this.#updateFrom(extent, digests)
        }
        if (page.length < 16) return digests.end().get(algorithm)
      }
    } catch {
      return undefined
    }
  }

  async #updateFrom(extent: BodyExtent, digests: BodyDigests): Promise<void> {
    if ('content' in extent) return digests.update(extent.content)
    let read = 0
    for await (const piece of this.#reader.read(join(this.#root, extent.location), extent.blobOffset, extent.length)) {
      digests.update(piece)
      read += piece.length
    }
    if (read !== extent.length) throw new Error('The file is short')
  }

  /** Whether the catalog still says of a blob what it said. */
  #isStill(blob: StoredBlob): boolean {
    const now = this.#connection.run(storedBlob.steps({ id: blob.id }))
    return now !== undefined && now.location === blob.location && Buffer.compare(now.digest, blob.digest) === 0
  }

  #judge(blob: StoredBlob, fault: BlobFault): void {
    if (this.#told.has(blob.id)) return
    this.#seen.add(blob.id)
    this.#told.add(blob.id)
    if (fault.problem !== 'crcs') this.#bad.add(blob.id)
    this.#onFault({ of: 'blob', blob, fault })
  }

  #progress(
    stage: ByteProgress['stage'],
    kind: 'small' | 'plain' | 'composite',
  ): (count: number, size: number) => void {
    const total = this.#connection.run(countBodies.steps(kind))
    let [done, bytes] = [0, 0]
    const tell = (): void =>
      this.#onProgress({
        stage,
        done,
        total: Math.max(total.count, done),
        bytes,
        totalBytes: Math.max(total.bytes, bytes),
      })
    tell()
    return (count, size) => {
      done += count
      bytes += size
      tell()
    }
  }
}

const isSameBody = (a: PlainBody, b: PlainBody): boolean => JSON.stringify(a) === JSON.stringify(b)

function* pageOfSmallBodies(after: number) {
  const page = []
  for (const body of yield* smallBodiesAfter.steps({ after, limit: smallPageRows })) {
    page.push({ body, names: yield* namesOf(body.id) })
  }
  return page
}
