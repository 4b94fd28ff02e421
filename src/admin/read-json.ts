// A request's JSON: bounded in size and time, and the very bytes that were signed.

import { hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PayloadMode } from '../auth/caller.js'
import { AdminError } from './admin-error.js'

/** Longest body. A policy has up to 20 KiB, and nothing here is longer. */
const bodySizeBytesMax = 64 * 1024

/** What is longer than it may be is read up to here, so that its client sees the refusal. */
const skippedSizeBytesMax = 1024 * 1024

/** How long a body may take to come. It fits in a few packets. */
const bodyMsMax = 10_000

/** Reads a body to its end; undefined when there is none.
 *  @throws AdminError InvalidInput (not signed by its digest, or another one), MalformedJSON, RequestTimeout, RequestTooLarge */
export async function readJson(
  message: IncomingMessage,
  response: ServerResponse,
  payload: PayloadMode,
): Promise<unknown> {
  // Framing of chunks and payloads nobody signed are for objects.
  if (payload.kind !== 'digest') {
    throw new AdminError('InvalidInput', 'The body must be signed: x-amz-content-sha256 must be its SHA-256.')
  }
  if (Number(message.headers['content-length'] ?? 0) > skippedSizeBytesMax) throw tooLarge()
  if (message.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
  const bytes = await gather(message)
  if (hash('sha256', bytes, 'hex') !== payload.sha256) {
    throw new AdminError('InvalidInput', 'The body is not the one that was signed: x-amz-content-sha256 is of another.')
  }
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new AdminError('MalformedJSON', 'The body is not JSON.', { cause })
  }
}

/** Events, not iteration: an iterator that is left early would cut the connection before the refusal has gone out. */
function gather(message: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = (error?: Error): void => {
      clearTimeout(late)
      message.off('data', take).off('end', end).off('error', stop).off('close', left)
      message.resume()
      if (error === undefined) resolve(Buffer.concat(chunks))
      else reject(error)
    }
    const take = (chunk: Buffer): void => {
      size += chunk.length
      if (size <= bodySizeBytesMax) chunks.push(chunk)
      // A client that is still sending would not see a refusal: a bit too much is read past.
      else if (size > skippedSizeBytesMax) stop(tooLarge())
    }
    const end = (): void => stop(size > bodySizeBytesMax ? tooLarge() : undefined)
    const left = (): void => stop(new AdminError('RequestTimeout', 'The client left before its body had come.'))
    const late = setTimeout(() => stop(new AdminError('RequestTimeout', 'The body did not come in time.')), bodyMsMax)
    message.on('data', take).on('end', end).on('error', stop).on('close', left)
  })
}

const tooLarge = (): AdminError =>
  new AdminError('RequestTooLarge', `The body has more than the ${bodySizeBytesMax} bytes that are allowed.`)
