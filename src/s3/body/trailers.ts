// What follows the last chunk of an aws-chunked payload: the trailers announced by x-amz-trailer, then the end.

import { S3Error } from '../../contract/errors.js'
import type { Lookahead } from './lookahead.js'

/** Lines after the last chunk: one trailer, its signature and the empty lines around them need less. */
const linesMax = 16
const lineSizeBytesMax = 1024

/** Trailers as they came. */
export interface Trailers {
  /** By lower-case name. */
  readonly values: ReadonlyMap<string, string>
  /** x-amz-trailer-signature, 64 hex digits as stated. */
  readonly signature: string | undefined
  /** The text that is signed: AWS: `Lowercase(<TrailerName>) + ":" + Trim(<value>) + "\n"` for each. */
  readonly canonical: string
}

/** Reads to the end of the payload. Every announced trailer must be there once, and no other.
 *  AWS writes CR LF after each line; minio-go ends its trailers with an empty line of their own, before their signature.
 *  @param announced lower-case names
 *  @param isSigned whether x-amz-trailer-signature must come last
 *  @throws MalformedTrailerError, IncompleteBody when the bytes end early */
export async function readTrailers(
  input: Lookahead,
  announced: readonly string[],
  isSigned: boolean,
): Promise<Trailers> {
  const values = new Map<string, string>()
  let canonical = ''
  let signature: string | undefined
  let isEnded = false
  for (let count = 0; !(await input.isAtEnd()); count++) {
    const line = await input.line(lineSizeBytesMax, malformed)
    if (count === linesMax || isEnded) throw malformed()
    if (line === '') {
      // Between trailers and signature an empty line is no end.
      isEnded = !isSigned || signature !== undefined
      continue
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (isSigned && name === 'x-amz-trailer-signature' && signature === undefined) {
      signature = value
    } else if (signature === undefined && announced.includes(name) && !values.has(name)) {
      values.set(name, value)
      canonical += `${name}:${value}\n`
    } else {
      throw malformed()
    }
  }
  if (!isEnded && signature === undefined) throw new S3Error('IncompleteBody')
  if (values.size !== announced.length) throw malformed()
  return { values, signature, canonical }
}

function malformed(): S3Error {
  return new S3Error('MalformedTrailerError')
}
