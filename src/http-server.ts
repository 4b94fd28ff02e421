// Node's HTTP or HTTPS server as S3 needs it: what it bounds, what it leaves to us, and who it tells of connections.

import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { SettingsError } from './config.js'
import { surplusConnectionsMax, type Tls } from './listen.js'
import type { Connections } from './s3/connections.js'
import { malformedListener } from './s3/malformed.js'
import { type PaceRules, sweepMsFor } from './s3/pace.js'
import type { Settings } from './settings.js'

/** Bytes of a request's line and headers. S3 allows 8 KiB of headers; a presigned URL with a key of 1,024 encoded bytes, a session token and the
 *  headers of proxies and browsers come on top. */
const headerSizeBytesMax = 32 * 1024

/** A TLS handshake takes a few round trips. */
const handshakeMsMax = 10_000

/** How often Node looks for connections whose headers are late, at most. */
const lateHeadersCheckMsMax = 5_000

/** After its answer a client may go on sending for so long. nginx's `lingering_timeout` is 5 s. */
export const lingerMsMax = 5_000

/** Answers a request. */
export type Answering = (request: IncomingMessage, response: ServerResponse) => void

/** Makes a server that does not listen yet. It closes connections that are too slow, and keeps no process alive by that.
 *  @param hostId told in answers to what is no request
 *  @throws SettingsError for certificates that cannot be used */
export function httpServer(
  settings: Settings,
  tls: Tls | undefined,
  answer: Answering,
  connections: Connections,
  hostId: string,
): Server {
  const options = {
    insecureHTTPParser: false,
    maxHeaderSize: headerSizeBytesMax,
    // A second Host or Authorization header must not vanish in silence.
    joinDuplicateHeaders: true,
    // A missing Host is refused where every other refusal is.
    requireHostHeader: false,
    headersTimeout: settings.headersTimeoutMs,
    connectionsCheckingInterval: Math.min(lateHeadersCheckMsMax, settings.headersTimeoutMs),
    // 5 GiB take as long as they take; who stops moving is given up after `idleTimeoutMs`.
    requestTimeout: 0,
    keepAliveTimeout: settings.keepAliveTimeoutMs,
    noDelay: true,
  }
  const server = tls === undefined ? createHttpServer(options) : createTlsServer(options, tls)
  // Beyond a maximum Node would drop headers in silence; the bytes are bounded above.
  server.maxHeadersCount = 0
  const greetingMax = tls === undefined ? 0 : connections.greetingMax
  server.maxConnections = settings.connectionsMax + surplusConnectionsMax + greetingMax
  server.timeout = settings.idleTimeoutMs
  server.on('request', answer)
  // Without this listener Node would ask for the body at once.
  server.on('checkContinue', answer)
  // RFC 9110, 10.1.1: an expectation that is not known "MAY" be answered 417, as Node does when nobody listens; S3 takes no notice of it.
  server.on('checkExpectation', answer)
  server.on('clientError', malformedListener(connections, hostId, lingerMsMax))
  if (tls !== undefined) server.on('connection', (socket: Socket) => connections.greet(socket))
  const sweep = keepPace(connections, { rateBytesMin: settings.transferRateMin, graceMs: settings.transferGraceMs })
  server.once('close', () => clearInterval(sweep))
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => connections.accept(socket))
  return server
}

/** Looks now and then for clients that are too slow. Keeps no process alive. */
function keepPace(connections: Connections, rules: PaceRules): NodeJS.Timeout {
  let beforeMs = performance.now()
  const look = (): void => {
    const nowMs = performance.now()
    connections.keepPace(nowMs - beforeMs, rules)
    beforeMs = nowMs
  }
  return setInterval(look, sweepMsFor(rules)).unref()
}

function createTlsServer(options: Parameters<typeof createHttpServer>[0] & object, tls: Tls): Server {
  try {
    return createHttpsServer({ ...options, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: handshakeMsMax })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SettingsError(`tlsCert and tlsKey hold no certificate with its private key in PEM form (${reason}).`, {
      cause,
    })
  }
}
