// Bytes before names: a body is read once, hashed while it is written, compared with every claim, and durable when it is answered.
// Small bodies stay in memory, for the catalog's row; larger ones go to blob files, see blob-sequence.ts.

import type { ChecksumAlgorithm, Claims } from '../../contract/claims.js'
import { requireBodySize } from '../../contract/request.js'
import { BlobSequence, type BlobSequenceParts } from './blob-sequence.js'
import { crcOf, digestOf, exact, type RawDigests } from './digests.js'
import { tellable } from './disk.js'
import { type Draft, smallBodySizeBytesMax } from './draft.js'
import { algorithmsFor, requireComplete, requirePossible, requireTrue } from './require-claims.js'

/** Writes bodies, see `Store.writeBody`. */
export type BodyWriter = (
  source: AsyncIterable<Uint8Array>,
  claims: Claims,
  also?: readonly ChecksumAlgorithm[],
) => Promise<Draft>

/** Makes the function that writes bodies, out of what it writes with. */
export const bodyWriter =
  (parts: BlobSequenceParts): BodyWriter =>
  async (source, claims, also = []) => {
    requirePossible(claims)
    parts.disk.requireWritable()
    const algorithms = algorithmsFor(claims, also)
    const start = new SmallStart(claims.size)
    let blobs: BlobSequence | undefined
    let sizeBytes = 0
    try {
      for await (const chunk of source) {
        sizeBytes += chunk.length
        requireNotTooLong(claims, sizeBytes)
        if (blobs === undefined) {
          if (start.take(chunk)) continue
          blobs = new BlobSequence(parts, wholesFor(algorithms, claims), claims.size)
          await blobs.write(start.bytes())
        }
        // A chunk's memory may be used again once the next is asked for: it is copied before that.
        await blobs.write(chunk)
      }
      requireComplete(claims, sizeBytes)
      if (blobs === undefined) return smallDraft(start.bytes(), algorithms, claims)
      const ended = await blobs.end((digests) => {
        const checksums = requireTrue(claims, sizeBytes, digests, algorithms)
        return { md5: required(digests, 'MD5'), checksums }
      })
      await blobs.syncNames()
      return { size: sizeBytes, ...ended.verified, content: { kind: 'blobs', blobs: ended.blobs } }
    } catch (error) {
      await blobs?.remove()
      throw tellable(error)
    } finally {
      blobs?.settled()
    }
  }

/** The first bytes of a body, as long as it may turn out to be small. */
class SmallStart {
  #bytes: Uint8Array
  #size = 0

  constructor(declaredSize: number | undefined) {
    const size = declaredSize === undefined || declaredSize > smallBodySizeBytesMax ? 0 : declaredSize
    this.#bytes = new Uint8Array(size)
  }

  /** Copies a chunk, or answers false when the body is not small with it. */
  take(chunk: Uint8Array): boolean {
    const size = this.#size + chunk.length
    if (size > smallBodySizeBytesMax) return false
    if (size > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(smallBodySizeBytesMax, Math.max(size, this.#bytes.length * 2)))
      larger.set(this.#bytes.subarray(0, this.#size))
      this.#bytes = larger
    }
    this.#bytes.set(chunk, this.#size)
    this.#size = size
    return true
  }

  /** What was taken, in memory of its own. */
  bytes(): Uint8Array {
    return this.#size === this.#bytes.length ? this.#bytes : exact(this.#bytes.slice(0, this.#size))
  }
}

function smallDraft(bytes: Uint8Array, algorithms: readonly ChecksumAlgorithm[], claims: Claims): Draft {
  const md5 = digestOf('MD5', bytes)
  const digest = digestOf('SHA256', bytes)
  const digests = new Map<ChecksumAlgorithm, Uint8Array>([
    ['MD5', md5],
    ['SHA256', digest],
  ])
  for (const algorithm of algorithms) if (!digests.has(algorithm)) digests.set(algorithm, digestOf(algorithm, bytes))
  const checksums = requireTrue(claims, bytes.length, digests, algorithms)
  return { size: bytes.length, md5, checksums, content: { kind: 'small', bytes, digest, crc: crcOf(bytes) } }
}

/** Digests of the whole body that its sequence of blobs has to compute. */
function wholesFor(algorithms: readonly ChecksumAlgorithm[], claims: Claims): readonly ChecksumAlgorithm[] {
  const wholes = new Set<ChecksumAlgorithm>(['MD5', ...algorithms])
  if (claims.sha256 !== undefined) wholes.add('SHA256')
  return [...wholes]
}

function requireNotTooLong(claims: Claims, sizeBytes: number): void {
  requireBodySize(sizeBytes)
  if (claims.size !== undefined && sizeBytes > claims.size) requireComplete(claims, sizeBytes)
}

function required(digests: RawDigests, algorithm: ChecksumAlgorithm): Uint8Array {
  const digest = digests.get(algorithm)
  if (digest === undefined) throw new Error(`${algorithm} was not computed`)
  return digest
}
