// The soak's client: signed requests over kept connections, with what SDKs hide: bodies cut in the middle, trailers, presigned URLs.

import { crc32 } from '@node-rs/crc32'
import aws4 from 'aws4'
import { Agent, request, type IncomingMessage } from 'node:http'
import { credentials, region } from '../../test/server-process.js'

/** What came back. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** What is asked. */
export interface Ask {
  readonly method: 'GET' | 'PUT' | 'HEAD' | 'POST' | 'DELETE'
  /** Path and query, percent-encoded. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Signed in the query instead of a header. */
  readonly isPresigned?: boolean
  /** Sent in chunks without signatures, with its CRC32 as a trailer, as SDKs do by default. */
  readonly hasTrailer?: boolean
  /** Bytes of the body after which the client leaves. */
  readonly cutAt?: number
}

/** How long an answer may take. */
const answerMsMax = 120_000

/** A client left in the middle, on purpose. */
export class Cut extends Error {
  override readonly name = 'Cut'
}

/** One server's client. */
export class Client {
  readonly #host: string
  readonly #port: number
  readonly #agent: Agent

  constructor(endpoint: string, connections: number) {
    const { hostname, port } = new URL(endpoint)
    this.#host = hostname
    this.#port = Number(port)
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** Sends a request and reads all of its answer.
   *  @throws Cut when that was asked for; Error when the connection breaks */
  send(ask: Ask): Promise<Reply> {
    const payload = ask.hasTrailer === true ? withTrailer(ask.body ?? Buffer.alloc(0)) : (ask.body ?? Buffer.alloc(0))
    const { path, headers } = this.#signed(ask, payload.length)
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: this.#host, port: this.#port, agent: this.#agent, method: ask.method, path, headers },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) })
          })
        },
      )
      sent.setTimeout(answerMsMax, () => sent.destroy(new Error(`no answer to ${ask.method} ${ask.target}`)))
      sent.on('error', reject)
      if (ask.cutAt === undefined) {
        sent.end(payload)
        return
      }
      sent.write(payload.subarray(0, ask.cutAt), () => setTimeout(() => sent.destroy(new Cut('cut')), 20))
    })
  }

  close(): void {
    this.#agent.destroy()
  }

  #signed(ask: Ask, sizeBytes: number): { path: string; headers: Record<string, string> } {
    const host = `${this.#host}:${this.#port}`
    const signing = { service: 's3', region, method: ask.method, host, path: ask.target }
    if (ask.isPresigned === true) {
      return { path: aws4.sign({ ...signing, signQuery: true }, credentials).path ?? '', headers: { host } }
    }
    const headers: Record<string, string> = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...ask.headers }
    if (ask.hasTrailer === true) {
      headers['x-amz-content-sha256'] = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
      headers['x-amz-trailer'] = 'x-amz-checksum-crc32'
      headers['x-amz-decoded-content-length'] = String(ask.body?.length ?? 0)
      headers['content-encoding'] = 'aws-chunked'
    }
    if (ask.body !== undefined) headers['content-length'] = String(sizeBytes)
    const signed = aws4.sign({ ...signing, headers }, credentials)
    // aws4 answers texts and numbers.
    return {
      path: ask.target,
      headers: Object.fromEntries(Object.entries(signed.headers ?? {}).map(([name, value]) => [name, String(value)])),
    }
  }
}

function withTrailer(body: Uint8Array): Buffer {
  const crc = Buffer.alloc(4)
  crc.writeUInt32BE(crc32(body))
  const last = `0\r\nx-amz-checksum-crc32:${crc.toString('base64')}\r\n\r\n`
  if (body.length === 0) return Buffer.from(last)
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from(`\r\n${last}`)])
}
