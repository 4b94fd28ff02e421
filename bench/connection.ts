// One kept-alive HTTP/1.1 connection that sends ready-made bytes and counts what comes back: so that the generator costs little beside the server.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const headEnd = Buffer.from('\r\n\r\n')
const lastChunk = Buffer.from('0\r\n\r\n')

/** An answer, without its bytes. */
export interface Received {
  readonly status: number
  /** Bytes of the body, framing included where it is chunked. */
  readonly bytes: number
}

/** Sends one request after the other. */
export class Connection {
  readonly #socket: Socket
  #head: Buffer | undefined
  #status = 0
  #bytes = 0
  /** Bytes of body still to come; undefined: chunked, or the head is not complete. */
  #missing: number | undefined
  #isChunked = false
  #hasBody = true
  #answer: ((received: Received) => void) | undefined
  #refuse: ((error: Error) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', (error) => this.#refuse?.(error))
    socket.on('close', () => this.#refuse?.(new Error('the server closed the connection')))
  }

  /** Connects to a port of this machine. */
  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1' })
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /** Sends a request and waits for the last byte of its answer.
   *  @throws Error when the connection breaks */
  send(pieces: readonly Uint8Array[], hasBody: boolean): Promise<Received> {
    this.#hasBody = hasBody
    this.#bytes = 0
    this.#missing = undefined
    this.#isChunked = false
    this.#head = undefined
    return new Promise((resolve, reject) => {
      this.#answer = resolve
      this.#refuse = reject
      this.#socket.cork()
      for (const piece of pieces) this.#socket.write(piece)
      this.#socket.uncork()
    })
  }

  close(): void {
    this.#refuse = undefined
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    if (this.#missing !== undefined || this.#isChunked) this.#takeBody(chunk)
    else this.#takeHead(this.#head ? Buffer.concat([this.#head, chunk]) : chunk)
  }

  #takeHead(bytes: Buffer): void {
    const end = bytes.indexOf(headEnd)
    if (end < 0) {
      this.#head = bytes
      return
    }
    const head = bytes.toString('latin1', 0, end)
    this.#status = Number(head.slice(9, 12))
    this.#isChunked = /\r\ntransfer-encoding: *chunked/i.test(head)
    this.#missing = this.#isChunked ? undefined : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    if (!this.#hasBody || this.#status === 204 || this.#status === 304) {
      this.#isChunked = false
      this.#missing = 0
    }
    this.#takeBody(bytes.subarray(end + headEnd.length))
  }

  #takeBody(bytes: Buffer): void {
    this.#bytes += bytes.length
    if (this.#isChunked) {
      // One request is under way at a time: bytes that end like a last chunk are one.
      if (bytes.subarray(-lastChunk.length).equals(lastChunk)) this.#finish()
      return
    }
    this.#missing = (this.#missing ?? 0) - bytes.length
    if (this.#missing <= 0) this.#finish()
  }

  #finish(): void {
    const answer = this.#answer
    this.#answer = undefined
    this.#refuse = undefined
    answer?.({ status: this.#status, bytes: this.#bytes })
  }
}
