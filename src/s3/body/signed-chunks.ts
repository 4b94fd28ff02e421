// An aws-chunked payload whose chunks are signed, each chained to the one before. No byte of a chunk leaves before its signature is verified.
// Source: AWS SigV4, "Transferring Payload in Multiple Chunks" and "… Including trailing headers".

import { createHash, createHmac } from 'node:crypto'
import { isSameSignature } from '../../auth/sigv4/signing-key.js'
import type { ChunkSeed } from '../../auth/caller.js'
import { S3Error } from '../../contract/errors.js'
import { chunkHeaderOf, chunkHeaderSizeBytesMax, malformedChunk } from './chunk-header.js'
import { Lookahead } from './lookahead.js'
import { Pieces } from './pieces.js'
import { readTrailers } from './trailers.js'

/** A chunk waits in memory for its signature, all of them within `heldMemory`. SDKs send 64 KiB to 1 MiB; this is what MinIO takes at most. */
const chunkSizeBytesMax = 16 * 1024 * 1024

/** AWS: "Only the last chunk is allowed to have a size less than 8192 bytes". It bounds what signatures cost for a byte. */
const chunkSizeBytesMin = 8 * 1024

const emptySha256 = createHash('sha256').digest('hex')

/** The verified bytes within the chunks: views of what came in.
 *  @param size decoded, bytes, as declared
 *  @param announced names of the trailers to come; undefined in the mode without trailers
 *  @param onTrailers called with them, by lower-case name, when everything was in order
 *  @param hold takes the memory of a chunk of so many bytes, and answers how to give it back
 *  @throws SignatureDoesNotMatch, IncompleteBody, InvalidChunkSizeError, InvalidRequest, MalformedTrailerError, and what `hold` throws */
export async function* signedChunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
  seed: ChunkSeed,
  announced: readonly string[] | undefined,
  onTrailers: (trailers: ReadonlyMap<string, string>) => void,
  hold: (sizeBytes: number) => Promise<() => void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = new Lookahead(source)
  let previous = seed.signature

  /** Verifies the next signature of the chain. */
  const requireChained = (kind: string, digests: string, stated: string | undefined): void => {
    const text = `${kind}\n${seed.timestamp}\n${seed.scope}\n${previous}\n${digests}`
    const computed = createHmac('sha256', seed.signingKey).update(text).digest('hex')
    if (stated === undefined || !isSameSignature(computed, stated)) throw new S3Error('SignatureDoesNotMatch')
    previous = computed
  }
  const requireChunk = (digest: string, stated: string | undefined): void =>
    requireChained('AWS4-HMAC-SHA256-PAYLOAD', `${emptySha256}\n${digest}`, stated)

  try {
    let left = size
    let isLast = false
    for (;;) {
      const chunk = chunkHeaderOf(await input.line(chunkHeaderSizeBytesMax, malformedChunk))
      if (chunk.size === 0) {
        requireChunk(emptySha256, chunk.signature)
        break
      }
      if (chunk.size > left) throw new S3Error('IncompleteBody')
      if (isLast) throw new S3Error('InvalidChunkSizeError')
      if (chunk.size > chunkSizeBytesMax) throw chunkTooLarge()
      left -= chunk.size
      isLast = chunk.size < chunkSizeBytesMin

      const release = await hold(chunk.size)
      try {
        const hash = createHash('sha256')
        const pieces = new Pieces()
        for (let rest = chunk.size; rest > 0;) {
          const piece = await input.some(rest)
          rest -= piece.length
          hash.update(piece)
          pieces.add(piece)
        }
        requireChunk(hash.digest('hex'), chunk.signature)
        yield* pieces.all()
      } finally {
        release()
      }
      if ((await input.line(chunkHeaderSizeBytesMax, malformedChunk)) !== '') throw malformedChunk()
    }
    if (left > 0) throw new S3Error('IncompleteBody')

    const trailers = await readTrailers(input, announced ?? [], announced !== undefined)
    if (announced !== undefined) {
      const digest = createHash('sha256').update(trailers.canonical, 'latin1').digest('hex')
      requireChained('AWS4-HMAC-SHA256-TRAILER', digest, trailers.signature)
    }
    onTrailers(trailers.values)
  } finally {
    await input.close()
  }
}

function chunkTooLarge(): S3Error {
  return new S3Error('InvalidRequest', {
    message: `A signed chunk may have at most ${chunkSizeBytesMax} bytes.`,
  })
}
