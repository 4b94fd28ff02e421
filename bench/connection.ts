// One kept-alive HTTP/1.1 connection that sends ready-made bytes and counts what comes back: so that the generator costs little beside the server.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const headEnd = Buffer.from('\r\n\r\n')
const lastChunk = Buffer.from('0\r\n\r\n')

/** An answer, without its bytes unless they were asked for. */
export interface Received {
  readonly status: number
  /** Status line and headers. */
  readonly head: string
  /** The body, framing included, when it was to be kept. */
  readonly text: string
  /** Bytes of the body, framing included where it is chunked. */
  readonly bytes: number
}

/** Sends one request after the other. */
export class Connection {
  readonly #socket: Socket
  #partOfHead: Buffer | undefined
  #head = ''
  #status = 0
  /** Bodies of this answer, when they are kept. */
  #kept: Buffer[] | undefined
  /** The last bytes of a chunked body so far. */
  #tail: Buffer = Buffer.alloc(0)
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
   *  @param isKept whether the answer's body is wanted
   *  @throws Error when the connection breaks */
  send(pieces: readonly Uint8Array[], hasBody: boolean, isKept = false): Promise<Received> {
    this.#hasBody = hasBody
    this.#bytes = 0
    this.#missing = undefined
    this.#isChunked = false
    this.#partOfHead = undefined
    this.#kept = isKept ? [] : undefined
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
    else this.#takeHead(this.#partOfHead ? Buffer.concat([this.#partOfHead, chunk]) : chunk)
  }

  #takeHead(bytes: Buffer): void {
    const end = bytes.indexOf(headEnd)
    if (end < 0) {
      this.#partOfHead = bytes
      return
    }
    const head = bytes.toString('latin1', 0, end)
    this.#head = head
    this.#tail = Buffer.alloc(0)
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
    this.#kept?.push(bytes)
    if (this.#isChunked) {
      // One request is under way at a time: bytes that end like a last chunk are one.
      this.#tail = bytes.length < lastChunk.length ? Buffer.concat([this.#tail, bytes]) : bytes
      if (this.#tail.subarray(-lastChunk.length).equals(lastChunk)) this.#finish()
      return
    }
    this.#missing = (this.#missing ?? 0) - bytes.length
    if (this.#missing <= 0) this.#finish()
  }

  #finish(): void {
    const answer = this.#answer
    this.#answer = undefined
    this.#refuse = undefined
    const text = this.#kept ? Buffer.concat(this.#kept).toString() : ''
    answer?.({ status: this.#status, head: this.#head, bytes: this.#bytes, text })
  }
}
