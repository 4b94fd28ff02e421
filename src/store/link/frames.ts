// Messages on a byte stream between processes of one server: the length of the payload in four bytes, then the payload in V8's own
// format, which takes byte arrays as they are. Both ends run the same program.

import { DefaultSerializer, deserialize } from 'node:v8'

const lengthSizeBytes = 4

/** Longest payload. A worker sends at most 8 MiB of arguments at a time, or one transaction's, which are those of one request. */
const payloadSizeBytesMax = 128 * 1024 * 1024

/** A message as its frame. */
export function frameOf(message: unknown): Buffer {
  const serializer = new DefaultSerializer()
  serializer.writeRawBytes(new Uint8Array(lengthSizeBytes))
  serializer.writeHeader()
  serializer.writeValue(message)
  const frame = serializer.releaseBuffer()
  frame.writeUInt32BE(frame.length - lengthSizeBytes)
  return frame
}

/** Puts the chunks of a stream together again. */
export class FrameReader {
  #chunks: Buffer[] = []
  #sizeBytes = 0
  /** Bytes until the next frame, or the length of it, is whole. */
  #neededBytes = lengthSizeBytes

  /** Takes further bytes; answers the messages that are whole with them. Byte arrays in them are views of what was received.
   *  @throws Error when they are not frames */
  push(chunk: Buffer): unknown[] {
    const messages: unknown[] = []
    this.#chunks.push(chunk)
    this.#sizeBytes += chunk.length
    while (this.#sizeBytes >= this.#neededBytes) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks)
      if (bytes === undefined) break
      const end = lengthSizeBytes + bytes.readUInt32BE()
      if (end > payloadSizeBytesMax) throw new Error(`A message of ${end} bytes between processes`)
      this.#neededBytes = end
      this.#chunks = [bytes]
      if (bytes.length < end) break
      this.#chunks = bytes.length === end ? [] : [bytes.subarray(end)]
      this.#sizeBytes -= end
      this.#neededBytes = lengthSizeBytes
      messages.push(deserialize(bytes.subarray(lengthSizeBytes, end)))
    }
    return messages
  }
}
