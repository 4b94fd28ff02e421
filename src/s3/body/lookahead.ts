// Reads lines and runs of bytes off an iterable of chunks, wherever the chunks are cut, without copying what it passes on.

import { S3Error } from '../../contract/errors.js'

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** A cursor over chunks of bytes. */
export class Lookahead {
  readonly #source: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0
  #isOver = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The next line without its end, CR LF or LF alone, one character a byte.
   *  @param sizeBytesMax of the line, its end included
   *  @throws IncompleteBody when the bytes end before the line does; what `tooLong` makes when it goes on */
  async line(sizeBytesMax: number, tooLong: () => S3Error): Promise<string> {
    let before = ''
    for (;;) {
      const end = this.#chunk.indexOf(lineFeed, this.#at)
      const stop = end < 0 ? this.#chunk.length : end
      if (before.length + stop - this.#at >= sizeBytesMax) throw tooLong()
      const text = before + latin1(this.#chunk.subarray(this.#at, stop))
      if (end >= 0) {
        this.#at = end + 1
        return text.charCodeAt(text.length - 1) === carriageReturn ? text.slice(0, -1) : text
      }
      before = text
      if (!(await this.#next())) throw new S3Error('IncompleteBody')
    }
  }

  /** The next bytes, at least one and at most `sizeBytesMax`: a view of the chunk they came in.
   *  @throws IncompleteBody when there are none */
  async some(sizeBytesMax: number): Promise<Uint8Array> {
    while (this.#at === this.#chunk.length) {
      if (!(await this.#next())) throw new S3Error('IncompleteBody')
    }
    const end = Math.min(this.#at + sizeBytesMax, this.#chunk.length)
    const piece = this.#chunk.subarray(this.#at, end)
    this.#at = end
    return piece
  }

  /** Whether there are no more bytes. */
  async isAtEnd(): Promise<boolean> {
    while (this.#at === this.#chunk.length) {
      if (!(await this.#next())) return true
    }
    return false
  }

  /** Tells the source that nothing more is wanted. */
  async close(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    await this.#source.return?.()
  }

  async #next(): Promise<boolean> {
    if (this.#isOver) return false
    const next = await this.#source.next()
    if (next.done === true) {
      this.#isOver = true
      return false
    }
    this.#chunk = next.value
    this.#at = 0
    return true
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
