import { deepEqual, throws } from 'node:assert/strict'
import { FrameReader, frameOf } from '../../../src/store/link/frames.js'

describe('frames between processes', () => {
  const messages = [
    { kind: 'hello', run: 'r', instance: 'é' },
    { kind: 'commit', first: 0, names: ['a', 'b'], args: [new Uint8Array(), new Uint8Array(70_000).fill(7)] },
    { kind: 'answers', tickets: [1], results: [undefined], errors: [undefined], number: 2 ** 40 },
  ]
  const stream = Buffer.concat(messages.map((message) => frameOf(message)))

  for (const size of [1, 2, 3, 4, 5, 1000, 65_536, stream.length]) {
    it(`are put together of chunks of ${size} bytes`, () => {
      const frames = new FrameReader()
      const read: unknown[] = []
      for (let from = 0; from < stream.length; from += size)
        read.push(...frames.push(stream.subarray(from, from + size)))
      deepEqual(read, messages)
    })
  }

  it('are refused when they say they are larger than any message is', () => {
    throws(() => new FrameReader().push(Buffer.alloc(4, 0xff)), /A message of \d+ bytes/)
  })
})
