// Reads a payload that is a document, not an object: bounded, whole, and compared with every claim about it.

import { hash } from 'node:crypto'
import { checksumAlgorithms, type Claims } from '../../contract/claims.js'
import { S3Error } from '../../contract/errors.js'
import { checksumOf } from './checksum-of.js'
import { heldMemory, type Holder } from './held-memory.js'

/** Answers the whole payload.
 *  @param options.requiresChecksum whether Content-MD5 or a checksum must be claimed (DeleteObjects and most Put…Configuration)
 *  @param options.signal aborted when the payload will not come: ends the wait for memory with its reason
 *  @param options.holder answers for the memory: failed when its client is slow while others wait for memory
 *  @throws MaxMessageLengthExceeded, SlowDown (no memory within a minute), BadDigest, XAmzContentSHA256Mismatch, InvalidRequest, and whatever reading throws */
export async function readWhole(
  body: AsyncIterable<Uint8Array>,
  claims: Claims,
  sizeBytesMax: number,
  options: { readonly requiresChecksum?: boolean; readonly signal?: AbortSignal; readonly holder?: Holder } = {},
): Promise<Uint8Array> {
  if (options.requiresChecksum === true) requireChecksum(claims)
  if (claims.size !== undefined && claims.size > sizeBytesMax) throw tooLong(sizeBytesMax)
  // The pieces, and the whole that they are put together to.
  const release = await heldMemory.take(2 * (claims.size ?? sizeBytesMax), options.signal, options.holder)
  try {
    const bytes = await gather(body, sizeBytesMax)
    await requireClaimed(bytes, claims)
    return bytes
  } finally {
    release()
  }
}

/** AWS, DeleteObjects: "The Content-MD5 request header is required …, or a checksum header". */
function requireChecksum(claims: Claims): void {
  if (claims.md5 !== undefined || claims.algorithm !== undefined || Object.keys(claims.checksums).length > 0) return
  throw new S3Error('InvalidRequest', { message: 'Missing required header for this request: Content-MD5' })
}

async function gather(body: AsyncIterable<Uint8Array>, sizeBytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > sizeBytesMax) throw tooLong(sizeBytesMax)
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}

async function requireClaimed(bytes: Uint8Array, claims: Claims): Promise<void> {
  if (claims.sha256 !== undefined) {
    const computed = hash('sha256', bytes, 'hex')
    if (computed !== claims.sha256) {
      throw new S3Error('XAmzContentSHA256Mismatch', {
        members: { ClientComputedContentSHA256: claims.sha256, S3ComputedContentSHA256: computed },
      })
    }
  }
  if (claims.md5 !== undefined) {
    const computed = hash('md5', bytes, 'base64')
    if (computed !== claims.md5) {
      throw new S3Error('BadDigest', {
        message: 'The Content-MD5 you specified did not match what we received.',
        members: { ExpectedDigest: claims.md5, CalculatedDigest: computed },
      })
    }
  }
  const checksums = { ...claims.checksums, ...claims.trailers() }
  for (const algorithm of checksumAlgorithms) {
    const claimed = checksums[algorithm]
    if (claimed === undefined || claimed === (await checksumOf(algorithm, bytes))) continue
    throw new S3Error('BadDigest', {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    })
  }
}

function tooLong(sizeBytesMax: number): S3Error {
  return new S3Error('MaxMessageLengthExceeded', { members: { MaxMessageLengthBytes: String(sizeBytesMax) } })
}
