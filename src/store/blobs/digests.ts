// Digests over a stream of bytes: S3's ten checksum algorithms, and what a blob is named and checked by.
// Runs in any thread; how a body is spread over threads is hash-lanes.ts.

import { crc32, crc32c } from '@node-rs/crc32'
import { createCRC64, createXXHash128, createXXHash3, createXXHash64 } from 'hash-wasm'
import { createHash, type Hash, hash } from 'node:crypto'
import type { ChecksumAlgorithm } from '../../contract/claims.js'
import { blockSizeBytes } from './draft.js'

/** Raw digests by algorithm; CRCs and XXHASH big-endian, as S3 sends them. */
export type RawDigests = ReadonlyMap<ChecksumAlgorithm, Uint8Array>

/** What names and guards the bytes of one blob. */
export interface BlobDigest {
  /** SHA-256, 32 bytes. */
  readonly digest: Uint8Array
  /** Bytes. */
  readonly size: number
  /** CRC32 of each 64 KiB block, 4 bytes big-endian each. */
  readonly blockCrcs: Uint8Array
}

/** What to compute of one body. Structured-clonable. */
export interface DigestPlan {
  /** Over the whole body. */
  readonly wholes: readonly ChecksumAlgorithm[]
  /** Whether to name and guard the blobs it is cut into. */
  readonly blobs: boolean
}

interface Running {
  update(bytes: Uint8Array): void
  digest(): Uint8Array
}

// One instance of each for the thread: a stream's state is kept outside and loaded when its turn comes, which takes 2 us.
const crc64 = await createCRC64('9a6c9329ac4bc9b5')
const wasmHashers = {
  XXHASH64: await createXXHash64(0, 0),
  XXHASH3: await createXXHash3(0, 0),
  XXHASH128: await createXXHash128(0, 0),
} as const

const opensslNames = { MD5: 'md5', SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const

/** The digest of bytes that are all there: less work than a stream of one piece. Answers a buffer of its own. */
export function digestOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Uint8Array {
  switch (algorithm) {
    case 'CRC32':
      return bigEndian(crc32(bytes))
    case 'CRC32C':
      return bigEndian(crc32c(bytes))
    case 'CRC64NVME':
      return crc64.init().update(bytes).digest('binary')
    case 'XXHASH64':
    case 'XXHASH3':
    case 'XXHASH128':
      return wasmHashers[algorithm].init().update(bytes).digest('binary')
    case 'MD5':
    case 'SHA1':
    case 'SHA256':
    case 'SHA512':
      return bytesOfLatin1(hash(opensslNames[algorithm], bytes, 'binary'))
  }
}

/** As text a digest leaves OpenSSL in half the time it takes as a buffer. */
function bytesOfLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at)
  return bytes
}

/** CRC32 of bytes, unsigned: what guards a small body and each block of a blob. */
export const crcOf = (bytes: Uint8Array): number => crc32(bytes)

/** Digests of one body, fed in pieces, in order. */
export class BodyDigests {
  readonly #wholes: Map<ChecksumAlgorithm, Running>
  readonly #hasBlobs: boolean
  readonly #wantsSha256: boolean
  #blob: Hash | undefined
  #blobSize = 0
  #block = 0
  #blockCrcs: number[] = []
  /** SHA-256 of the whole beyond the first blob: until that ends, the blob's own is the whole's. */
  #sha256: Hash | undefined

  constructor(plan: DigestPlan) {
    this.#hasBlobs = plan.blobs
    this.#wantsSha256 = plan.blobs && plan.wholes.includes('SHA256')
    this.#wholes = new Map()
    for (const algorithm of plan.wholes) {
      if (!(algorithm === 'SHA256' && plan.blobs)) this.#wholes.set(algorithm, running(algorithm))
    }
  }

  /** Takes further bytes of the body. They must not cross the end of a blob that `endBlob` has not been told. */
  update(bytes: Uint8Array): void {
    for (const whole of this.#wholes.values()) whole.update(bytes)
    if (!this.#hasBlobs) return
    this.#sha256?.update(bytes)
    this.#blob ??= createHash('sha256')
    this.#blob.update(bytes)
    for (let from = 0; from < bytes.length;) {
      const filled = this.#blobSize % blockSizeBytes
      const to = Math.min(bytes.length, from + blockSizeBytes - filled)
      this.#block = crc32(bytes.subarray(from, to), filled === 0 ? 0 : this.#block)
      this.#blobSize += to - from
      if (this.#blobSize % blockSizeBytes === 0) this.#blockCrcs.push(this.#block)
      from = to
    }
  }

  /** Ends the blob under way (at least one byte of it has been taken); the next bytes begin another. */
  endBlob(): BlobDigest {
    const blob = this.#blob
    if (blob === undefined) throw new Error('A blob has at least one byte')
    if (this.#wantsSha256) this.#sha256 ??= blob.copy()
    if (this.#blobSize % blockSizeBytes !== 0) this.#blockCrcs.push(this.#block)
    const blockCrcs = new Uint8Array(this.#blockCrcs.length * 4)
    const view = new DataView(blockCrcs.buffer)
    for (const [i, crc] of this.#blockCrcs.entries()) view.setUint32(i * 4, crc)
    const ended = { digest: exact(blob.digest()), size: this.#blobSize, blockCrcs }
    this.#blob = undefined
    this.#blobSize = 0
    this.#blockCrcs = []
    return ended
  }

  /** The digests of the whole body, once its last blob has been ended. */
  end(): RawDigests {
    const digests = new Map<ChecksumAlgorithm, Uint8Array>()
    for (const [algorithm, whole] of this.#wholes) digests.set(algorithm, exact(whole.digest()))
    if (this.#wantsSha256) digests.set('SHA256', exact((this.#sha256 ?? createHash('sha256')).digest()))
    return digests
  }
}

/** The same bytes in memory of their own, which is what may cross a thread: a clone takes the whole buffer below a view. */
export const exact = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)

function running(algorithm: ChecksumAlgorithm): Running {
  switch (algorithm) {
    case 'CRC32':
      return runningCrc(crc32)
    case 'CRC32C':
      return runningCrc(crc32c)
    case 'CRC64NVME':
      return runningWasm(crc64)
    case 'XXHASH64':
    case 'XXHASH3':
    case 'XXHASH128':
      return runningWasm(wasmHashers[algorithm])
    case 'MD5':
    case 'SHA1':
    case 'SHA256':
    case 'SHA512':
      return createHash(opensslNames[algorithm])
  }
}

function runningCrc(crc: (bytes: Uint8Array, before: number) => number): Running {
  let value = 0
  return {
    update: (bytes) => {
      value = crc(bytes, value)
    },
    digest: () => bigEndian(value),
  }
}

function runningWasm(hasher: typeof crc64): Running {
  let state = hasher.init().save()
  return {
    update: (bytes) => {
      state = hasher.load(state).update(bytes).save()
    },
    digest: () => hasher.load(state).digest('binary'),
  }
}

function bigEndian(crc: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, crc)
  return bytes
}
