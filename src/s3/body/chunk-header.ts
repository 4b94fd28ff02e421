// The line before each chunk of an aws-chunked payload: "10000;chunk-signature=ad80…".

import { S3Error } from '../../contract/errors.js'

/** Bytes of a chunk's line: 16 hex digits, a signature and some room for extensions. */
export const chunkHeaderSizeBytesMax = 1024

/** What stands before a chunk. */
export interface ChunkHeader {
  /** Bytes. */
  readonly size: number
  /** 64 hex digits, as stated. */
  readonly signature: string | undefined
}

/** Takes a chunk's line apart.
 *  @throws IncompleteBody when it is none
 *  Source: AWS SigV4, "Transferring Payload in Multiple Chunks": `string(IntHexBase(chunk-size)) + ";chunk-signature=" + signature + \r\n` */
export function chunkHeaderOf(line: string): ChunkHeader {
  const semicolon = line.indexOf(';')
  const digits = semicolon < 0 ? line : line.slice(0, semicolon)
  if (!/^[0-9A-Fa-f]{1,13}$/.test(digits)) throw malformedChunk()
  let signature: string | undefined
  if (semicolon >= 0) {
    for (const extension of line.slice(semicolon + 1).split(';')) {
      if (!extension.startsWith('chunk-signature=')) continue
      if (signature !== undefined) throw malformedChunk()
      signature = extension.slice('chunk-signature='.length)
    }
  }
  return { size: Number.parseInt(digits, 16), signature }
}

/** Refusal of framing that is not aws-chunked: what it held cannot be told. */
export function malformedChunk(): S3Error {
  return new S3Error('IncompleteBody', { message: 'The chunks of the aws-chunked payload are malformed.' })
}
