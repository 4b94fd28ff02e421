// Bodies that can be told apart and made again: a stamp in front of bytes that all share.

import { randomFillSync } from 'node:crypto'

/** What was put, and can be compared with what is read. */
export interface Content {
  readonly number: number
  readonly size: number
}

const stampBytes = 8

/** Largest body, bytes: more than one blob. */
export const contentSizeBytesMax = 18 * 1024 * 1024

const rest = randomFillSync(Buffer.alloc(contentSizeBytesMax))

/** The bytes of a content, in memory of their own. */
export function bytesOf({ number, size }: Content): Buffer {
  const bytes = Buffer.from(rest.subarray(0, size))
  stampOf(number).copy(bytes)
  return bytes
}

/** Whether `bytes` are those of a content from byte `start` on. */
export function isPartOf(content: Content, start: number, bytes: Uint8Array): boolean {
  if (start + bytes.length > content.size) return false
  const stamp = stampOf(content.number)
  const stamped = Math.max(0, Math.min(bytes.length, stampBytes - start))
  const front = bytes.subarray(0, stamped)
  if (Buffer.compare(front, stamp.subarray(start, start + stamped)) !== 0) return false
  return Buffer.compare(bytes.subarray(stamped), rest.subarray(start + stamped, start + bytes.length)) === 0
}

function stampOf(number: number): Buffer {
  const stamp = Buffer.alloc(stampBytes)
  stamp.writeDoubleBE(number)
  return stamp
}
