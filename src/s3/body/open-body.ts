// Opens a request's payload: which framing it has, what was said about it, and how much of it may come. Nothing is read here.

import type { PayloadMode } from '../../auth/caller.js'
import type { Claims, Checksums } from '../../contract/claims.js'
import { S3Error } from '../../contract/errors.js'
import { bodySizeBytesMax, type HttpRequest } from '../../contract/request.js'
import type { BodyRules } from './body-rules.js'
import { checksumsOfTrailers, claimsOfHeaders } from './claims-of.js'
import { heldMemory, type Holder } from './held-memory.js'
import { PlainBody, tooLarge } from './plain-body.js'
import { signedChunks } from './signed-chunks.js'
import { unsignedChunks } from './unsigned-chunks.js'

/** A payload and what its sender says about it. */
export interface OpenedBody {
  /** Decoded bytes; to be iterated once. */
  readonly body: AsyncIterable<Uint8Array>
  readonly claims: Claims
}

const anyBody: BodyRules = {
  requiresLength: false,
  hasPayloadChecksums: true,
  isHeldWhole: false,
  sizeBytesMax: bodySizeBytesMax,
}

/** Opens a payload. Chunk framing is decided by what was signed (`payload`), never by Content-Encoding.
 *  @param source bytes as they come off the socket; chunks must stay as they are until the whole payload has been read;
 *  its signal is aborted when no more will come; its holder is who answers for the memory its chunks take
 *  @param beforeFirstRead called once, when the body is first asked for: sends `100 Continue`
 *  @param rules of the operation, see `bodyRules`
 *  @throws InvalidDigest, InvalidRequest, MissingContentLength, EntityTooLarge, InvalidArgument
 *  Reading throws IncompleteBody, EntityTooLarge, SignatureDoesNotMatch, InvalidChunkSizeError, MalformedTrailerError, InvalidRequest, SlowDown, and
 *  whatever the source throws. */
export function openBody(
  source: AsyncIterable<Uint8Array> & { readonly signal?: AbortSignal; readonly holder?: Holder },
  request: HttpRequest,
  payload: PayloadMode,
  beforeFirstRead: () => void,
  rules: BodyRules = anyBody,
): OpenedBody {
  const { headers } = request
  const isChunked = payload.kind === 'chunks-signed' || payload.kind === 'chunks-unsigned'
  const { md5, checksums, algorithm, announced } = claimsOfHeaders(headers, rules.hasPayloadChecksums)
  if (announced.length > 0 && !(isChunked && payload.hasTrailer)) throw trailerWithoutRoom()

  const size = isChunked
    ? requireSize('x-amz-decoded-content-length', headers['x-amz-decoded-content-length'])
    : plainSize(headers, rules.requiresLength)
  if (size !== undefined && size > rules.sizeBytesMax) throw tooLarge(size, rules.sizeBytesMax)

  let trailers: Checksums | undefined = isChunked ? undefined : {}
  const onTrailers = (values: ReadonlyMap<string, string>): void => {
    trailers = checksumsOfTrailers(values)
  }
  const claims: Claims = {
    size,
    md5,
    sha256: payload.kind === 'digest' ? payload.sha256 : undefined,
    checksums,
    algorithm,
    trailers() {
      if (trailers === undefined) throw new Error('Trailers are known only once the payload has been read to its end')
      return trailers
    },
  }

  const decode = (): AsyncIterator<Uint8Array> => {
    if (payload.kind === 'chunks-unsigned') return unsignedChunks(source, size ?? 0, announced, onTrailers)
    if (payload.kind === 'chunks-signed') {
      const signed = payload.hasTrailer ? announced : undefined
      return signedChunks(source, size ?? 0, payload.seed, signed, onTrailers, async (sizeBytes) =>
        rules.isHeldWhole ? () => undefined : heldMemory.take(sizeBytes, source.signal, source.holder),
      )
    }
    return new PlainBody(source, size, rules.sizeBytesMax)
  }
  let isOpened = false
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]() {
      if (isOpened) throw new Error('A payload can be read once')
      isOpened = true
      beforeFirstRead()
      return decode()
    },
  }
  return { body, claims }
}

/** Declared length of a payload without framing, in bytes; 0 when the request has none. */
function plainSize(headers: HttpRequest['headers'], requiresLength: boolean): number | undefined {
  const contentLength = headers['content-length']
  if (contentLength !== undefined) return requireSize('content-length', contentLength)
  if (requiresLength) throw new S3Error('MissingContentLength')
  return headers['transfer-encoding'] === undefined ? 0 : undefined
}

/** @throws MissingContentLength, InvalidArgument */
function requireSize(name: string, text: string | undefined): number {
  if (text === undefined) throw new S3Error('MissingContentLength')
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new S3Error('InvalidArgument', {
    message: `The ${name} header must be a whole number of bytes.`,
    members: { ArgumentName: name, ArgumentValue: text },
  })
}

function trailerWithoutRoom(): S3Error {
  return new S3Error('InvalidRequest', {
    message: 'x-amz-trailer was given, but x-amz-content-sha256 says that the payload has no trailer.',
  })
}
