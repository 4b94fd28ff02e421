// Payloads as clients frame them, made by hand, and sources that cut them anywhere.

import { createHash, createHmac } from 'node:crypto'
import type { ChunkSeed, PayloadMode } from '../../../src/auth/caller.js'
import type { Claims } from '../../../src/contract/claims.js'
import { openBody } from '../../../src/s3/body/open-body.js'
import type { BodyRules } from '../../../src/s3/body/body-rules.js'
import { requestOf } from '../../auth/requests.js'

export const seed: ChunkSeed = {
  signature: 'aa'.repeat(32),
  signingKey: createHash('sha256').update('key').digest(),
  timestamp: '20130524T000000Z',
  scope: '20130524/us-east-1/s3/aws4_request',
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

const chained = (kind: string, previous: string, digests: string, from: ChunkSeed): string =>
  createHmac('sha256', from.signingKey)
    .update(`${kind}\n${from.timestamp}\n${from.scope}\n${previous}\n${digests}`)
    .digest('hex')

/** An aws-chunked payload with signatures, and with `trailers` if there are any. */
export function signedPayload(
  chunks: readonly Uint8Array[],
  trailers?: Readonly<Record<string, string>>,
  from: ChunkSeed = seed,
  trailerEnd = '\r\n',
): Buffer {
  const parts: Uint8Array[] = []
  let previous = from.signature
  for (const chunk of [...chunks, new Uint8Array(0)]) {
    previous = chained('AWS4-HMAC-SHA256-PAYLOAD', previous, `${sha256('')}\n${sha256(chunk)}`, from)
    parts.push(Buffer.from(`${chunk.length.toString(16)};chunk-signature=${previous}\r\n`), chunk)
    if (chunk.length > 0) parts.push(Buffer.from('\r\n'))
  }
  if (trailers !== undefined) {
    const canonical = Object.entries(trailers).map(([name, value]) => `${name}:${value}\n`)
    const signature = chained('AWS4-HMAC-SHA256-TRAILER', previous, sha256(canonical.join('')), from)
    for (const [name, value] of Object.entries(trailers)) parts.push(Buffer.from(`${name}:${value}${trailerEnd}`))
    parts.push(Buffer.from(`x-amz-trailer-signature:${signature}\r\n`))
  }
  return Buffer.concat([...parts, Buffer.from('\r\n')])
}

/** An aws-chunked payload without signatures. */
export function unsignedPayload(
  chunks: readonly Uint8Array[],
  trailers: Readonly<Record<string, string>> = {},
): Buffer {
  return Buffer.concat([
    ...chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
    Buffer.from('0\r\n'),
    ...Object.entries(trailers).map(([name, value]) => Buffer.from(`${name}:${value}\r\n`)),
    Buffer.from('\r\n'),
  ])
}

/** The bytes cut at the given places. */
export async function* cutAt(bytes: Uint8Array, ...places: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0
  for (const end of [...places, bytes.length]) {
    yield bytes.subarray(start, end)
    start = end
  }
}

/** The bytes in runs of one size. */
export async function* inRunsOf(bytes: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += sizeBytes) yield bytes.subarray(start, start + sizeBytes)
}

export const signedChunksMode = (hasTrailer: boolean, from: ChunkSeed = seed): PayloadMode => ({
  kind: 'chunks-signed',
  hasTrailer,
  seed: from,
})
export const unsignedChunksMode: PayloadMode = { kind: 'chunks-unsigned', hasTrailer: true }
export const unsignedMode: PayloadMode = { kind: 'unsigned' }

/** Opens a payload of a PUT with these headers. */
export function opened(
  source: AsyncIterable<Uint8Array>,
  headers: Record<string, string>,
  mode: PayloadMode,
  rules?: BodyRules,
  beforeFirstRead: () => void = () => undefined,
): { body: AsyncIterable<Uint8Array>; claims: Claims } {
  return openBody(source, requestOf('PUT', '/photos/cat.jpg', headers), mode, beforeFirstRead, rules)
}

/** Everything a body yields. */
export async function whole(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Bytes that are the same every time. */
export function bytesOfSize(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 0xff))
}
