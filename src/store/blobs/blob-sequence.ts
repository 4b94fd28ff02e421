// A large body on its way to disk: socket chunks are gathered in pieces of up to 1 MiB; each piece is written and hashed at the same
// time, blobs of 16 MiB are synced while the next is filled.

import type { ChecksumAlgorithm } from '../../contract/claims.js'
import { BodyDigests, type RawDigests } from './digests.js'
import type { Disk } from './disk.js'
import { blobSizeBytesMax, type DraftBlob } from './draft.js'
import type { BlobFiles, DraftFile } from './files.js'
import type { HashLanes, HashStream } from './hash-lanes.js'
import type { Pieces } from './pieces.js'

/** Bodies up to this size are hashed where they are: that takes the main thread 0.7 ms, telling other threads 0.1 ms. */
const inPlaceSizeBytesMax = 256 * 1024

/** Pieces of one body being written and hashed at a time, besides the one being filled. */
const piecesUnderWayMax = 2

/** Blobs of one body being synced at a time. */
const blobsUnderWayMax = 2

const nothing = new Uint8Array(0)

/** What a sequence of blobs is written with. */
export interface BlobSequenceParts {
  readonly disk: Disk
  readonly files: BlobFiles
  /** Of shared memory. */
  readonly pieces: Pieces
  readonly lanes: HashLanes
}

/** The blob files of one body, being written. `settled` must be called in the end, after `remove` when the body is not to be. */
export class BlobSequence {
  readonly #parts: BlobSequenceParts
  readonly #wholes: readonly ChecksumAlgorithm[]
  readonly #declaredSize: number | undefined
  #taken = 0
  #dispatched = 0
  #piece: Uint8Array | undefined
  #filled = 0
  /** Pieces under way, oldest first. */
  #underWay: Promise<void>[] = []
  #hashes: HashStream | undefined
  /** The blob being filled: its file, and what has been sent to it. */
  #file: DraftFile | undefined
  #fileSize = 0
  #fileWrites: Promise<void>[] = []
  readonly #files: DraftFile[] = []
  readonly #blobs: Promise<DraftBlob>[] = []

  /** @param wholes digests of the whole body; MD5 is one of them
   *  @param declaredSize of the body in bytes, when it is known: smaller bodies then take smaller pieces */
  constructor(parts: BlobSequenceParts, wholes: readonly ChecksumAlgorithm[], declaredSize: number | undefined) {
    this.#parts = parts
    this.#wholes = wholes
    this.#declaredSize = declaredSize
    parts.pieces.enter()
  }

  /** Takes further bytes; they are copied before the promise settles. */
  async write(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.length;) {
      const piece = (this.#piece ??= await this.#takePiece())
      // A piece never crosses the end of a blob.
      const room = Math.min(piece.length, blobSizeBytesMax - this.#fileSize) - this.#filled
      const to = Math.min(chunk.length, from + room)
      piece.set(chunk.subarray(from, to), this.#filled)
      this.#filled += to - from
      this.#taken += to - from
      // The last piece of a body whose length is known is left to `end`: it may be the only one.
      if (to - from === room && this.#taken !== this.#declaredSize) await this.#dispatch()
      from = to
    }
  }

  /** Ends the body (at least one byte of it has been written): answers its blobs, synced and named, once all is on disk.
   *  Their names are durable after `syncNames`.
   *  @param verify is told the digests, and throws when they are not as they should be; what it answers is handed on */
  async end<Verified>(
    verify: (digests: RawDigests) => Verified,
  ): Promise<{ readonly blobs: readonly DraftBlob[]; readonly verified: Verified }> {
    if (this.#dispatched === 0 && this.#filled <= inPlaceSizeBytesMax) return this.#endInPlace(verify)
    await this.#dispatch()
    if (this.#file !== undefined) this.#endBlob()
    const verified = verify(await this.#openHashes().end())
    return { blobs: await Promise.all(this.#blobs), verified }
  }

  /** Makes the names of the files durable. */
  async syncNames(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.syncName()))
  }

  /** Removes every file, once nothing is being written any more. */
  async remove(): Promise<void> {
    this.#hashes?.drop()
    await Promise.allSettled(this.#underWay)
    await Promise.allSettled(this.#blobs)
    await Promise.allSettled(this.#files.map((file) => file.remove()))
  }

  /** Gives everything back. */
  settled(): void {
    if (this.#piece !== undefined) this.#parts.pieces.give(this.#piece)
    this.#piece = undefined
    for (const file of this.#files) file.settled()
    this.#parts.pieces.leave()
  }

  async #takePiece(): Promise<Uint8Array> {
    const wanted = this.#declaredSize === undefined ? Infinity : this.#declaredSize - this.#taken
    for (;;) {
      const oldest = this.#underWay[0]
      if (oldest === undefined) return this.#parts.pieces.take(wanted)
      if (this.#underWay.length < piecesUnderWayMax) {
        const piece = this.#parts.pieces.takeWithinBudget(wanted)
        if (piece !== undefined) return piece
      }
      await oldest
    }
  }

  /** A body of one piece: its digests are known before there is a file, so that a body that is not what it should be has none. */
  async #endInPlace<Verified>(
    verify: (digests: RawDigests) => Verified,
  ): Promise<{ readonly blobs: readonly DraftBlob[]; readonly verified: Verified }> {
    const digests = new BodyDigests({ wholes: this.#wholes, blobs: true })
    const bytes = (this.#piece ?? nothing).subarray(0, this.#filled)
    digests.update(bytes)
    const blob = digests.endBlob()
    const verified = verify(digests.end())
    const file = await this.#parts.files.create(blob.digest)
    this.#files.push(file)
    await file.write(bytes, 0)
    return { blobs: [{ ...blob, location: await file.seal(blob.digest) }], verified }
  }

  /** Sends the piece to disk and to the hashes. */
  async #dispatch(): Promise<void> {
    const piece = this.#piece
    if (piece === undefined) return
    const file = (this.#file ??= await this.#openFile())
    const bytes = piece.subarray(0, this.#filled)
    this.#piece = undefined
    this.#filled = 0
    const written = file.write(bytes, this.#fileSize)
    const hashed = this.#openHashes().update(bytes)
    this.#fileSize += bytes.length
    this.#dispatched += bytes.length
    const both = bothOf(written, hashed).finally(() => {
      this.#parts.pieces.give(piece)
      this.#underWay = this.#underWay.filter((other) => other !== both)
    })
    // Whoever awaits it learns of a failure; nobody may have to.
    both.catch(() => undefined)
    this.#underWay.push(both)
    this.#fileWrites.push(both)
    if (this.#fileSize === blobSizeBytesMax) this.#endBlob()
  }

  async #openFile(): Promise<DraftFile> {
    await this.#blobs[this.#blobs.length - blobsUnderWayMax]
    const file = await this.#parts.files.create()
    this.#files.push(file)
    return file
  }

  #openHashes(): HashStream {
    return (this.#hashes ??= this.#parts.lanes.open(this.#wholes))
  }

  #endBlob(): void {
    const file = this.#file
    if (file === undefined) return
    const blob = sealed(file, this.#openHashes().endBlob(), this.#fileWrites)
    blob.catch(() => undefined)
    this.#blobs.push(blob)
    this.#file = undefined
    this.#fileSize = 0
    this.#fileWrites = []
  }
}

async function sealed(
  file: DraftFile,
  hashing: ReturnType<HashStream['endBlob']>,
  writes: readonly Promise<void>[],
): Promise<DraftBlob> {
  const [hashed] = await Promise.all([hashing, ...writes])
  return { ...hashed, location: await file.seal(hashed.digest) }
}

/** Settles when both have; the memory they use is free then, whatever happened. */
async function bothOf(one: Promise<void>, other: Promise<void>): Promise<void> {
  for (const end of await Promise.allSettled([one, other])) if (end.status === 'rejected') throw end.reason
}
