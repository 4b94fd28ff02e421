// Clients that take their time, many at once: each kind holds connections in another way. One timer drips for all of them.

import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import aws4 from 'aws4'
import { credentials, region } from '../server-process.js'

/** Ways to hold a connection. */
export const kinds = [
  'slow readers',
  'slow writers',
  'slow signed chunks',
  'half-open uploads',
  'head drips',
  'idle connections',
] as const

/** One of `kinds`. */
export type Kind = (typeof kinds)[number]

const KiB = 1024
const MiB = 1024 * KiB

/** Connections made at a time. */
const connectsMax = 100

/** How often each client moves. */
const dripMs = 1_000

/** What slow clients read or write at a time. */
const dripSizeBytes = KiB

/** Of slow uploads, sent at once: more than a small body, so that a file is begun. */
const uploadStartSizeBytes = 96 * KiB

/** An attack under way. */
export interface Attack {
  /** Connections the server has not closed. */
  openCount(): number
  /** Ends it: every client is gone without a word. */
  end(): void
}

/** What is attacked. */
export interface Target {
  /** "http://127.0.0.1:PORT" */
  readonly endpoint: string
  readonly bucket: string
  /** An object of many MiB, for those that read. */
  readonly largeKey: string
}

interface Hostile {
  readonly socket: Socket
  readonly drip: () => void
}

/** Opens so many connections, of each kind in turn.
 *  @throws Error when a connection cannot be made */
export async function attack(target: Target, chosen: readonly Kind[], count: number): Promise<Attack> {
  const hostile: Hostile[] = []
  let openCount = 0
  for (let i = 0; i < count; i += connectsMax) {
    const numbers = Array.from({ length: Math.min(connectsMax, count - i) }, (_, j) => i + j)
    const made = await Promise.all(
      numbers.map(async (number) => {
        const { hostname, port } = new URL(target.endpoint)
        const socket = connect({ host: hostname, port: Number(port) })
        await once(socket, 'connect')
        openCount += 1
        // The server may lose its patience at any time: that is what it is for.
        socket.on('error', () => undefined)
        socket.on('close', () => (openCount -= 1))
        const kind = chosen[number % chosen.length]
        if (kind === undefined) throw new Error('no kind of client was chosen')
        return { socket, drip: begun[kind](socket, target, number) }
      }),
    )
    hostile.push(...made)
  }
  const timer = setInterval(() => {
    for (const { socket, drip } of hostile) if (!socket.destroyed) drip()
  }, dripMs)
  return {
    openCount: () => openCount,
    end() {
      clearInterval(timer)
      for (const { socket } of hostile) socket.destroy()
    },
  }
}

/** Begins to be hostile, and answers what is done every second from then on. */
type Begin = (socket: Socket, target: Target, number: number) => () => void

const begun: Readonly<Record<Kind, Begin>> = {
  'slow readers': (socket, target) => {
    // Without a reader nothing is taken but what is asked for.
    socket.pause()
    socket.write(head(target, { method: 'GET', path: `/${target.bucket}/${target.largeKey}` }))
    return () => void socket.read(dripSizeBytes)
  },
  'slow writers': (socket, target, number) => {
    socket.resume()
    const headers = { 'Content-Length': String(8 * MiB), 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' }
    socket.write(head(target, { method: 'PUT', path: `/${target.bucket}/slow-${number}`, headers }))
    socket.write(Buffer.alloc(uploadStartSizeBytes))
    return () => void socket.write(Buffer.alloc(dripSizeBytes))
  },
  'slow signed chunks': (socket, target, number) => {
    socket.resume()
    const headers = {
      'Content-Length': String(17 * MiB),
      'X-Amz-Content-Sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'X-Amz-Decoded-Content-Length': String(16 * MiB),
    }
    socket.write(head(target, { method: 'PUT', path: `/${target.bucket}/chunks-${number}`, headers }))
    socket.write(`${(16 * MiB).toString(16)};chunk-signature=${'0'.repeat(64)}\r\n`)
    return () => void socket.write(Buffer.alloc(dripSizeBytes))
  },
  'half-open uploads': (socket, target, number) => {
    socket.resume()
    const headers = {
      'Content-Length': String(8 * MiB),
      'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD',
      Expect: '100-continue',
    }
    socket.write(head(target, { method: 'PUT', path: `/${target.bucket}/half-${number}`, headers }))
    // Every other one leaves in the middle of its body, the rest never begin it.
    if (number % 2 === 0) setTimeout(() => socket.end(Buffer.alloc(uploadStartSizeBytes)), dripMs)
    return () => undefined
  },
  'head drips': (socket, target) => {
    socket.resume()
    socket.write(`GET /${target.bucket} HTTP/1.1\r\nHost: localhost\r\nX-Slow: `)
    return () => void socket.write('x')
  },
  'idle connections': (socket) => {
    socket.resume()
    socket.write('GET /-/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    return () => undefined
  },
}

/** The signed head of a request. */
function head(
  { endpoint }: Target,
  request: { readonly method: string; readonly path: string; readonly headers?: Readonly<Record<string, string>> },
): string {
  const { host } = new URL(endpoint)
  const { headers = {} } = aws4.sign(
    {
      service: 's3',
      region,
      host,
      ...request,
      headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD', ...request.headers },
    },
    credentials,
  )
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
  return `${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n`
}
