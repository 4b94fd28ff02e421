// What Node's parser refuses before there is a request: answered in S3's form, and the connection closed.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { S3Error } from '../contract/errors.js'
import type { Connections } from './connections.js'
import { newRequestId } from './request-id.js'
import { encodeError } from './wire/encode-error.js'

/** Makes the listener of `clientError`.
 *  @param lingerMsMax how long a client may still send before the connection is cut, so that it sees the answer */
export function malformedListener(
  connections: Connections,
  hostId: string,
  lingerMsMax: number,
): (error: Error & { code?: string }, socket: Socket) => void {
  const answered = new WeakSet<Socket>()
  return (error, socket) => {
    // The parser goes on failing for every further chunk of what it did not understand.
    if (answered.has(socket)) return
    answered.add(socket)
    const connection = connections.of(socket)
    if (!socket.writable) {
      socket.destroy()
      return
    }
    const refusal = refusalOf(error.code)
    if (!connection.isIdle) {
      // Whatever were written now would be taken as the answer to a request before it.
      connection.loseSense(refusal)
      return
    }
    socket.end(encoded(refusal, hostId))
    const timer = setTimeout(() => socket.destroy(), lingerMsMax)
    socket.once('close', () => clearTimeout(timer))
  }
}

/** By the parser's code. Source: Node's documentation of `clientError`; llhttp's `HPE_…`. */
function refusalOf(code: string | undefined): S3Error {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new S3Error('RequestHeaderSectionTooLarge')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new S3Error('RequestTimeout')
    case 'HPE_INVALID_EOF_STATE':
      return new S3Error('IncompleteBody')
    case 'HPE_INVALID_URL':
      return new S3Error('InvalidURI')
    default:
      return new S3Error('BadRequest', { message: 'The request is not well-formed HTTP.' })
  }
}

/** The answer as bytes of HTTP/1.1: there is no response object to write it. */
function encoded(refusal: S3Error, hostId: string): string {
  const requestId = newRequestId()
  const { status, headers, body } = encodeError(refusal, '/', requestId, hostId)
  const text = body instanceof Uint8Array ? Buffer.from(body).toString() : ''
  const head = {
    ...Object.fromEntries(headers),
    'x-amz-request-id': requestId,
    'x-amz-id-2': hostId,
    Server: 'Cairn',
    Date: new Date().toUTCString(),
    'Content-Length': String(Buffer.byteLength(text)),
    Connection: 'close',
  }
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`
}
