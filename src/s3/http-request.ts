// Node's message as the `HttpRequest` that authentication and routing read: the target untouched, the framing beyond doubt.

import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { S3Error } from '../contract/errors.js'
import { rememberingLast } from '../contract/remembering-last.js'
import type { HttpRequest } from '../contract/request.js'

/** Lines of headers a request may have. Node's parser counts their characters, but not what each one costs; S3's 2 KB of user metadata fit in
 *  fewer. */
const headersMax = 1000

/** Reads head and target of a message.
 *  @throws InvalidURI when the target is neither "/…" nor "http(s)://host/…"
 *  @throws RequestHeaderSectionTooLarge beyond 1,000 headers
 *  @throws BadRequest, NotImplemented when the framing or the Host header leaves doubt; the connection must not be used again then */
export function httpRequestOf(message: IncomingMessage): HttpRequest {
  if (message.rawHeaders.length > 2 * headersMax) throw new S3Error('RequestHeaderSectionTooLarge')
  const headers = headersOf(message)
  requirePlainFraming(message, headers)
  requireOneHost(message, headers)

  const target = message.url ?? ''
  const isOriginForm = target.charCodeAt(0) === slash
  const absolute = isOriginForm ? undefined : absoluteForm(target)
  const pathAndQuery = absolute === undefined ? target : absolute.pathAndQuery
  const mark = pathAndQuery.indexOf('?')
  return {
    method: message.method ?? '',
    path: mark === -1 ? pathAndQuery : pathAndQuery.slice(0, mark),
    query: mark === -1 ? '' : pathAndQuery.slice(mark + 1),
    // RFC 9112, 3.2.2: "the origin server MUST ignore the received Host header field (if any) and instead use the host information of
    // the request-target."
    headers: absolute === undefined ? headers : { ...headers, host: absolute.host },
    remoteAddress: message.socket.remoteAddress ?? '',
    isSecure: 'encrypted' in message.socket,
    tlsVersion: message.socket instanceof TLSSocket ? versionOf(message.socket) : undefined,
  }
}

/** "TLSv1.3" → "1.3" */
const versionOf = (socket: TLSSocket): string | undefined => socket.getProtocol()?.replace('TLSv', '')

/** Whether the client waits for `100 Continue` before it sends the body. HTTP/1.0 does not know that. */
export const waitsForContinue = (message: IncomingMessage): boolean =>
  message.httpVersionMinor > 0 && message.headers.expect?.toLowerCase() === '100-continue'

/** Whether the message announces a body of at least one byte, or of a length it does not say. */
export const announcesBody = (message: IncomingMessage): boolean =>
  message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) > 0

const slash = '/'.charCodeAt(0)

function headersOf(message: IncomingMessage): HttpRequest['headers'] {
  // The one header Node keeps as a list, and none of S3's.
  if (message.headers['set-cookie'] !== undefined) delete message.headers['set-cookie']
  // Without it every value is a string: Node's types name lists for set-cookie and for headers of one's own making only.
  return message.headers as Record<string, string | undefined>
}

/** Node's parser refuses both lengths at once, repeated ones, and codings after `chunked`. What remains to be refused is a coding before it,
 *  which nobody here would undo, and any coding in HTTP/1.0.
 *  RFC 9112, 6.1: "A server … that receives an HTTP/1.0 message containing a Transfer-Encoding header field MUST treat the message as if the
 *  framing is faulty", and "A server that receives a request message with a transfer coding it does not understand SHOULD respond with 501". */
function requirePlainFraming(message: IncomingMessage, headers: HttpRequest['headers']): void {
  const coding = headers['transfer-encoding']
  if (coding === undefined) return
  if (message.httpVersionMinor === 0) {
    throw new S3Error('BadRequest', { message: 'Transfer-Encoding is not part of HTTP/1.0.' })
  }
  if (coding.toLowerCase() !== 'chunked') {
    throw new S3Error('NotImplemented', { message: 'Of the transfer codings only chunked is understood.' })
  }
}

/** RFC 9112, 3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header field
 *  and to any request message that contains more than one Host header field line or a Host header field with an invalid field value." */
function requireOneHost(message: IncomingMessage, headers: HttpRequest['headers']): void {
  const host = headers['host']
  if (host === undefined) {
    if (message.httpVersionMinor > 0) throw new S3Error('BadRequest', { message: 'The Host header is missing.' })
    return
  }
  if (!isHost(host)) throw new S3Error('BadRequest', { message: 'The Host header is not a host.' })
}

/** A name, an IPv4 address or an IPv6 address in brackets, with or without a port; empty is what RFC 9110, 7.2 asks of a target without host. */
const hostPattern = /^(?:[\w.~%!$&'()*+;=-]*|\[[\da-fA-F:.]+\])(?::\d*)?$/

const isHost = rememberingLast((text) => hostPattern.test(text))

function absoluteForm(target: string): { host: string; pathAndQuery: string } {
  const parts = /^https?:\/\/([^/?#@]+)(\/[^#]*|\?[^#]*)?$/i.exec(target)
  const host = parts?.[1]
  if (parts === null || host === undefined || !hostPattern.test(host)) throw new S3Error('InvalidURI')
  const rest = parts[2] ?? ''
  return { host, pathAndQuery: rest.startsWith('/') ? rest : `/${rest}` }
}
