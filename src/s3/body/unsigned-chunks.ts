// An aws-chunked payload without signatures (STREAMING-UNSIGNED-PAYLOAD-TRAILER): what the SDKs of 2025 send by default over TLS.

import { S3Error } from '../../contract/errors.js'
import { chunkHeaderOf, chunkHeaderSizeBytesMax, malformedChunk } from './chunk-header.js'
import { Lookahead } from './lookahead.js'
import { readTrailers } from './trailers.js'

/** The bytes within the chunks: views of what came in, nothing is copied.
 *  @param size decoded, bytes, as declared
 *  @param announced names of the trailers to come
 *  @param onTrailers called with them, by lower-case name, when everything was in order
 *  @throws IncompleteBody, MalformedTrailerError */
export async function* unsignedChunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
  announced: readonly string[],
  onTrailers: (trailers: ReadonlyMap<string, string>) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = new Lookahead(source)
  try {
    let left = size
    for (;;) {
      const chunk = chunkHeaderOf(await input.line(chunkHeaderSizeBytesMax, malformedChunk))
      if (chunk.size === 0) break
      if (chunk.size > left) throw new S3Error('IncompleteBody')
      left -= chunk.size
      for (let rest = chunk.size; rest > 0;) {
        const piece = await input.some(rest)
        rest -= piece.length
        yield piece
      }
      if ((await input.line(chunkHeaderSizeBytesMax, malformedChunk)) !== '') throw malformedChunk()
    }
    if (left > 0) throw new S3Error('IncompleteBody')
    onTrailers((await readTrailers(input, announced, false)).values)
  } finally {
    await input.close()
  }
}
