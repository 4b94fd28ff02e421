// Requests as bytes, signed and framed beforehand, so that the generator costs little beside the server.

import aws4 from 'aws4'
import { createHash, createHmac } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { credentials, region } from '../test/server-process.js'
import type { Payload } from './job.js'
import type { Signer } from './user.js'

/** Bytes of a chunk of a framed body, as the JavaScript SDK has them. */
const chunkBytes = 64 * 1024

const emptySha256 = createHash('sha256').digest('hex')

/** A body: its own first bytes, and the rest that it shares with others. */
export interface Body {
  readonly stamp: Buffer
  readonly rest: Rest
}

/** What bodies of one size have in common. */
export interface Rest {
  readonly bytes: Buffer
  /** SHA-256, hex, of each chunk but the first. */
  readonly chunkHashes: readonly string[]
}

/** A request's head and what follows it. */
export interface Signed {
  readonly head: Buffer
  readonly body: readonly Buffer[]
}

/** @param bytes what follows the stamp in every body
 *  @param stampBytes length of the stamp
 *  @param isHashed whether the hashes of chunks will be needed */
export function restOf(bytes: Buffer, stampBytes: number, isHashed: boolean): Rest {
  const chunkHashes: string[] = []
  if (!isHashed) return { bytes, chunkHashes }
  for (let at = chunkBytes - stampBytes; at < bytes.length; at += chunkBytes) {
    chunkHashes.push(sha256(bytes.subarray(at, at + chunkBytes)))
  }
  return { bytes, chunkHashes }
}

/** A signed request.
 *  @param target path and query, percent-encoded
 *  @param body of a PUT or POST; a framed one needs the hashes of its `rest` when it is chunked */
export function signedRequest(
  port: number,
  method: string,
  target: string,
  payload: Payload,
  body: Body | undefined,
  headers: Readonly<Record<string, string>> = {},
  by: Signer = credentials,
): Signed {
  const size = body ? body.stamp.length + body.rest.bytes.length : 0
  const signed = sign(port, method, target, { ...headers, ...payloadHeaders(payload, body, size) }, by)
  const pieces = body ? framed(payload, body, signed) : []
  const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${String(value)}`)
  if (body) lines.push(`Content-Length: ${pieces.reduce((sum, { length }) => sum + length, 0)}`)
  return { head: Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body: pieces }
}

function payloadHeaders(payload: Payload, body: Body | undefined, size: number): Record<string, string> {
  if (!body || payload === 'unsigned') return { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' }
  if (payload === 'hash') return { 'X-Amz-Content-Sha256': sha256(body.stamp, body.rest.bytes) }
  const isTrailed = payload === 'trailer'
  return {
    'X-Amz-Content-Sha256': isTrailed ? 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' : 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'Content-Encoding': 'aws-chunked',
    'X-Amz-Decoded-Content-Length': String(size),
    ...(isTrailed && { 'X-Amz-Trailer': 'x-amz-checksum-crc32', 'X-Amz-Sdk-Checksum-Algorithm': 'CRC32' }),
  }
}

interface Signature {
  readonly headers: Readonly<Record<string, unknown>>
}

function sign(port: number, method: string, path: string, headers: Record<string, string>, by: Signer): Signature {
  const signed = aws4.sign({ service: 's3', region, method, host: `127.0.0.1:${port}`, path, headers }, by)
  return { headers: signed.headers ?? {} }
}

function framed(payload: Payload, { stamp, rest }: Body, signature: Signature): Buffer[] {
  if (payload === 'unsigned' || payload === 'hash') return [stamp, rest.bytes]
  return payload === 'trailer' ? trailed(stamp, rest) : chunkSigned(stamp, rest, signature)
}

/** Source: AWS, "Signature calculations for the Authorization header: including trailing headers" */
function trailed(stamp: Buffer, rest: Rest): Buffer[] {
  const pieces: Buffer[] = []
  let before = ''
  for (const chunk of chunksOf(stamp, rest)) {
    pieces.push(ascii(`${before}${sizeOf(chunk).toString(16)}\r\n`), ...chunk)
    before = '\r\n'
  }
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(rest.bytes, crc32(stamp)))
  return [...pieces, ascii(`\r\n0\r\nx-amz-checksum-crc32:${sum.toString('base64')}\r\n\r\n`)]
}

/** Source: AWS, "Signature calculations for the Authorization header: transferring payload in multiple chunks" */
function chunkSigned(stamp: Buffer, rest: Rest, { headers }: Signature): Buffer[] {
  const date = String(headers['X-Amz-Date'])
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`
  const key = signingKey(date.slice(0, 8))
  let signature = /Signature=([\da-f]{64})/.exec(String(headers['Authorization']))?.[1] ?? ''
  const next = (hash: string): string => {
    signature = createHmac('sha256', key)
      .update(`AWS4-HMAC-SHA256-PAYLOAD\n${date}\n${scope}\n${signature}\n${emptySha256}\n${hash}`)
      .digest('hex')
    return signature
  }
  const pieces: Buffer[] = []
  for (const [i, chunk] of chunksOf(stamp, rest).entries()) {
    const hash = i === 0 ? sha256(...chunk) : (rest.chunkHashes[i - 1] ?? '')
    const line = `${i === 0 ? '' : '\r\n'}${sizeOf(chunk).toString(16)};chunk-signature=${next(hash)}\r\n`
    pieces.push(ascii(line), ...chunk)
  }
  return [...pieces, ascii(`\r\n0;chunk-signature=${next(emptySha256)}\r\n\r\n`)]
}

function chunksOf(stamp: Buffer, { bytes }: Rest): Buffer[][] {
  const first = chunkBytes - stamp.length
  const chunks = [[stamp, bytes.subarray(0, first)]]
  for (let at = first; at < bytes.length; at += chunkBytes) chunks.push([bytes.subarray(at, at + chunkBytes)])
  return chunks
}

function signingKey(day: string): Buffer {
  const parts = [day, region, 's3', 'aws4_request']
  return parts.reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  )
}

function sha256(...pieces: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

function sizeOf(chunk: readonly Buffer[]): number {
  return chunk.reduce((sum, { length }) => sum + length, 0)
}

function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
