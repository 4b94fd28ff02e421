// HTTP byte by byte, for what no client library would send: a socket, what comes back, and signatures by aws4.

import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import aws4 from 'aws4'
import { credentials, region } from './fresh-server.js'

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number
  /** By lower-case name; repeated ones joined with ", ". */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** How long an answer may take. */
const answerMsMax = 10_000

/** A connection that sends exactly what it is given. */
export class RawConnection {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #isClosed = false
  #changed: () => void = () => undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#changed()
    })
    const end = (): void => {
      this.#isClosed = true
      this.#changed()
    }
    socket.on('end', end).on('close', end).on('error', end)
  }

  /** Connects to a server; certificates are not looked at. */
  static async open(endpoint: URL): Promise<RawConnection> {
    const address = { host: endpoint.hostname, port: Number(endpoint.port) }
    const isSecure = endpoint.protocol === 'https:'
    const socket = isSecure ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address)
    const connection = new RawConnection(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once(isSecure ? 'secureConnect' : 'connect', resolve).once('error', reject)
    })
    return connection
  }

  /** Sends bytes, or text as Latin-1. */
  async send(bytes: Uint8Array | string): Promise<void> {
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    await new Promise<void>((resolve) => this.#socket.write(chunk, () => resolve()))
  }

  /** The next answer; also an interim one (100).
   *  @param options.isHead whether it answers HEAD: it ends with its head
   *  @throws Error when the connection closes before it is whole */
  async answer(options: { readonly isHead?: boolean } = {}): Promise<RawAnswer> {
    await this.#until(() => this.#received.includes('\r\n\r\n'), 'the head of an answer')
    const end = this.#received.indexOf('\r\n\r\n')
    const [statusLine = '', ...lines] = this.#received.subarray(0, end).toString('latin1').split('\r\n')
    this.#received = this.#received.subarray(end + 4)
    const headers = headersIn(lines)
    const status = Number(statusLine.split(' ')[1])
    const isBodiless = options.isHead === true || status < 200 || status === 204 || status === 304
    return { status, headers, body: isBodiless ? Buffer.alloc(0) : await this.#body(headers) }
  }

  /** Everything received and not yet taken as an answer, in Latin-1. */
  received(): string {
    return this.#received.toString('latin1')
  }

  /** Waits until the server has closed. */
  async closed(): Promise<void> {
    await this.#until(() => this.#isClosed, 'the end of the connection')
    this.#socket.destroy()
  }

  /** Says that nothing more will be sent. */
  end(): void {
    this.#socket.end()
  }

  /** Leaves without a word. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** Does not take what arrives until `resume`. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  async #body(headers: Readonly<Record<string, string>>): Promise<Buffer> {
    const length = headers['content-length']
    if (length !== undefined) return this.#take(Number(length))
    if (headers['transfer-encoding'] !== 'chunked') {
      await this.#until(() => this.#isClosed, 'the end of the connection')
      return this.#take(this.#received.length)
    }
    const chunks: Buffer[] = []
    for (;;) {
      await this.#until(() => this.#received.includes('\r\n'), 'a chunk')
      const line = this.#received.indexOf('\r\n')
      const size = Number.parseInt(this.#received.subarray(0, line).toString('latin1'), 16)
      await this.#take(line + 2)
      chunks.push(await this.#take(size))
      await this.#take(2)
      if (size === 0) return Buffer.concat(chunks)
    }
  }

  async #take(size: number): Promise<Buffer> {
    await this.#until(() => this.#received.length >= size, `${size} bytes of a body`)
    const taken = this.#received.subarray(0, size)
    this.#received = this.#received.subarray(size)
    return taken
  }

  async #until(isTrue: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + answerMsMax
    while (!isTrue()) {
      if (this.#isClosed) throw new Error(`the connection was closed before ${what}; received: ${this.received()}`)
      const waitMs = deadline - Date.now()
      if (waitMs <= 0) throw new Error(`no ${what} within ${answerMsMax} ms; received: ${this.received()}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs)
        this.#changed = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

/** Sends bytes on a connection of their own and answers the first answer; the connection is closed afterwards. */
export async function rawRequest(
  endpoint: URL,
  bytes: Uint8Array | string,
  options: { readonly isHead?: boolean } = {},
): Promise<RawAnswer> {
  const connection = await RawConnection.open(endpoint)
  try {
    await connection.send(bytes)
    return await connection.answer(options)
  } finally {
    connection.destroy()
  }
}

/** What is to be signed. */
export interface RawRequest {
  readonly method: string
  /** "/bucket/key?query", encoded. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  /** Signed by its SHA-256 unless `headers` has an `x-amz-content-sha256`. */
  readonly body?: Uint8Array | string
  /** Who signs; root where it is left out. */
  readonly by?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
}

/** Head and body of a signed request as bytes. A body brings its Content-Length, unless `headers` has a length of its own. */
export function signedRequest(endpoint: URL, request: RawRequest): Buffer {
  const head = signedHead(endpoint, request)
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(request.body ?? '')])
}

/** The head of a signed request, with its empty line. */
export function signedHead(
  endpoint: URL,
  { method, target, headers = {}, body, by = credentials }: RawRequest,
): string {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const hasLength = names.has('content-length') || names.has('transfer-encoding')
  const length = body === undefined || hasLength ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
  const signed = aws4.sign(
    {
      service: 's3',
      region,
      method,
      path: target,
      host: endpoint.host,
      headers: { Host: endpoint.host, ...length, ...headers },
      // aws4 signs the digest of text or bytes; its types know of text only.
      ...(body !== undefined && { body: body as string }),
    },
    by,
  )
  const lines = Object.entries(signed.headers ?? {}).map(([name, value]) => `${name}: ${String(value)}\r\n`)
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** A target signed in its query, for a Host header alone and any payload.
 *  @param target "/bucket/key?query", encoded */
export function presignedTarget(endpoint: URL, method: string, target: string, expiresSeconds = 60): string {
  const path = `${target}${target.includes('?') ? '&' : '?'}X-Amz-Expires=${expiresSeconds}`
  const request = { service: 's3', region, method, path, host: endpoint.host, signQuery: true }
  return aws4.sign(request, credentials).path ?? ''
}

function headersIn(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}
