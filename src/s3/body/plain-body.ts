// A payload without framing: its bytes as they come, counted.

import { S3Error } from '../../contract/errors.js'

/** Passes the bytes on, and refuses when there are more or fewer than declared, or more than allowed.
 *  @param size declared, bytes
 *  @throws IncompleteBody, EntityTooLarge */
export async function* plainBody(
  source: AsyncIterable<Uint8Array>,
  size: number | undefined,
  sizeBytesMax: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let count = 0
  for await (const chunk of source) {
    count += chunk.length
    if (count > sizeBytesMax) throw tooLarge(count, sizeBytesMax)
    if (size !== undefined && count > size) throw new S3Error('IncompleteBody')
    yield chunk
  }
  if (size !== undefined && count !== size) throw new S3Error('IncompleteBody')
}

/** S3's refusal of a payload that is too large; sizes in bytes. */
export function tooLarge(size: number, sizeBytesMax: number): S3Error {
  return new S3Error('EntityTooLarge', {
    members: { ProposedSize: String(size), MaxSizeAllowed: String(sizeBytesMax) },
  })
}
