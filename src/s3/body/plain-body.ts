// A payload without framing: its bytes as they come, counted.

import { S3Error } from '../../contract/errors.js'

/** Passes the bytes on, and refuses when there are more or fewer than declared, or more than allowed.
 *  It throws IncompleteBody, EntityTooLarge. */
export class PlainBody implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #size: number | undefined
  readonly #sizeBytesMax: number
  #count = 0

  /** @param size declared, bytes */
  constructor(source: AsyncIterable<Uint8Array>, size: number | undefined, sizeBytesMax: number) {
    this.#source = source[Symbol.asyncIterator]()
    this.#size = size
    this.#sizeBytesMax = sizeBytesMax
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const size = this.#size
    const next = await this.#source.next()
    if (next.done === true) {
      if (size !== undefined && this.#count !== size) throw new S3Error('IncompleteBody')
      return { value: undefined, done: true }
    }
    this.#count += next.value.length
    if (this.#count > this.#sizeBytesMax) throw tooLarge(this.#count, this.#sizeBytesMax)
    if (size !== undefined && this.#count > size) throw new S3Error('IncompleteBody')
    return next
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#source.return?.()
    return { value: undefined, done: true }
  }
}

/** S3's refusal of a payload that is too large; sizes in bytes. */
export function tooLarge(size: number, sizeBytesMax: number): S3Error {
  return new S3Error('EntityTooLarge', {
    members: { ProposedSize: String(size), MaxSizeAllowed: String(sizeBytesMax) },
  })
}
