// What tests of bodies share: sources that deliver as sockets do, claims, and bytes that are easy to make and hard to mistake.

import { createCipheriv, createHash } from 'node:crypto'
import type { Claims } from '../../../src/contract/claims.js'
import type { BodyOut } from '../../../src/contract/operation.js'

/** Bytes that look random and are the same each time. */
export function bytesOf(size: number, seed = 1): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(size))
}

/** MD5 of bytes: 16 bytes. */
export const md5Of = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('md5').update(bytes).digest())

/** Yields bytes in chunks, in one memory that is used again, as a read of a body does. */
export async function* chunks(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  const memory = new Uint8Array(size)
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size)
    memory.set(chunk)
    yield memory.subarray(0, chunk.length)
    memory.fill(0xee)
  }
}

/** Claims with nothing in them but what is given. */
export const claims = (some: Partial<Claims> = {}): Claims => ({ checksums: {}, trailers: () => ({}), ...some })

/** All bytes of a body that was read. */
export async function allOf(body: BodyOut): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body)
  const copies: Buffer[] = []
  for await (const chunk of body) copies.push(Buffer.from(chunk))
  return Buffer.concat(copies)
}
