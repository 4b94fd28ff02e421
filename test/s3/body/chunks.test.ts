// aws-chunked payloads, with and without signatures: cut anywhere, lied about everywhere.

import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict'
import {
  bytesOfSize,
  cutAt,
  inRunsOf,
  opened,
  seed,
  signedChunksMode,
  signedPayload,
  unsignedChunksMode,
  unsignedPayload,
  whole,
} from './payloads.js'

const crc = { 'x-amz-checksum-crc32': 'AAAAAA==' }
const announcing = { 'x-amz-trailer': 'x-amz-checksum-crc32' }
const decodedLength = (size: number): Record<string, string> => ({ 'x-amz-decoded-content-length': String(size) })

describe('cuts', () => {
  const content = bytesOfSize(8192 + 100)
  const chunks = [content.subarray(0, 8192), content.subarray(8192)]
  const payloads = {
    unsigned: {
      bytes: unsignedPayload(chunks, crc),
      mode: unsignedChunksMode,
      headers: { ...decodedLength(content.length), ...announcing },
    },
    'signed with trailer': {
      bytes: signedPayload(chunks, crc),
      mode: signedChunksMode(true),
      headers: { ...decodedLength(content.length), ...announcing },
    },
    signed: {
      bytes: signedPayload(chunks),
      mode: signedChunksMode(false),
      headers: decodedLength(content.length),
    },
  }

  for (const [name, { bytes, mode, headers }] of Object.entries(payloads)) {
    it(`do not matter in a payload ${name}, at whatever byte`, async () => {
      for (let place = 0; place <= bytes.length; place++) {
        // Inside the data every place is like its neighbours.
        if (place > 300 && place < 8000) place += 97
        const { body } = opened(cutAt(bytes, place), headers, mode)
        ok((await whole(body)).equals(content), `cut at ${place}`)
      }
    })

    it(`do not matter in a payload ${name}, however many`, async () => {
      for (const sizeBytes of [1, 2, 3, 7, 63, 1000]) {
        const { body } = opened(inRunsOf(bytes, sizeBytes), headers, mode)
        ok((await whole(body)).equals(content), `runs of ${sizeBytes}`)
      }
    })

    it(`that end a payload ${name} early make it incomplete`, async () => {
      for (let end = 0; end < bytes.length - 1; end++) {
        if (end > 300 && end < 8000) end += 97
        const { body, claims } = opened(cutAt(bytes.subarray(0, end)), headers, mode)
        // A signed trailer is whole with its signature; only the empty line after it may be missing.
        if (name === 'signed with trailer' && end >= bytes.length - 4) continue
        await rejects(whole(body), { code: 'IncompleteBody' }, `ends at ${end}`)
        throws(() => claims.trailers())
      }
    })

    it(`after the end of a payload ${name} find nothing more allowed`, async () => {
      for (const extra of ['\r\n', 'x', '0\r\n\r\n', `x-amz-checksum-crc32:AAAAAA==\r\n\r\n`]) {
        const { body, claims } = opened(cutAt(Buffer.concat([bytes, Buffer.from(extra)])), headers, mode)
        await rejects(whole(body), (error: { code?: string }) =>
          ['MalformedTrailerError', 'IncompleteBody'].includes(error.code ?? ''),
        )
        throws(() => claims.trailers())
      }
    })
  }

  it('copy nothing of an unsigned payload', async () => {
    const { bytes, mode, headers } = payloads.unsigned
    const { body } = opened(cutAt(bytes), headers, mode)
    for await (const piece of body) equal(piece.buffer, bytes.buffer)
  })
})

describe('a signed chunk that was tampered with', () => {
  const content = bytesOfSize(3 * 8192)
  const chunks = [0, 1, 2].map((index) => content.subarray(index * 8192, (index + 1) * 8192))
  const bytes = signedPayload(chunks, crc)
  const headers = { ...decodedLength(content.length), ...announcing }
  const read = (tampered: Buffer): Promise<Buffer> =>
    whole(opened(inRunsOf(tampered, 5000), headers, signedChunksMode(true)).body)

  it('is refused before any byte of it counts', async () => {
    const tampered = Buffer.from(bytes)
    const second = bytes.indexOf('\r\n2000;') + 2
    tampered[second + 200] = 1 + (tampered[second + 200] ?? 0)
    const { body } = opened(cutAt(tampered), headers, signedChunksMode(true))
    const seen: Uint8Array[] = []
    await rejects(
      async () => {
        for await (const piece of body) seen.push(piece)
      },
      { code: 'SignatureDoesNotMatch' },
    )
    deepEqual(Buffer.concat(seen), chunks[0])
  })
  it('is refused wherever a byte was changed', async () => {
    for (let at = 0; at < bytes.length; at += at % 8192 < 200 ? 3 : 509) {
      const tampered = Buffer.from(bytes)
      tampered[at] = (tampered[at] ?? 0) ^ 0x01
      await rejects(read(tampered), `byte ${at}`)
    }
  })
  it('is refused when chunks change places', async () => {
    const chunkSize = 8192 + 2 + '2000;chunk-signature='.length + 64 + 2
    const swapped = Buffer.concat([
      bytes.subarray(chunkSize, 2 * chunkSize),
      bytes.subarray(0, chunkSize),
      bytes.subarray(2 * chunkSize),
    ])
    await rejects(read(swapped), { code: 'SignatureDoesNotMatch' })
  })
  it('is refused when it carries no signature', async () => {
    await rejects(read(unsignedPayload(chunks, crc)), { code: 'SignatureDoesNotMatch' })
  })
  it('is refused when it was signed for another request', async () => {
    await rejects(read(signedPayload(chunks, crc, { ...seed, signature: 'bb'.repeat(32) })), {
      code: 'SignatureDoesNotMatch',
    })
  })
  it('is refused when the last chunk is left out', async () => {
    const end = bytes.indexOf('\r\n0;chunk') + 2
    await rejects(read(bytes.subarray(0, end)), { code: 'IncompleteBody' })
  })
  it('is refused below 8,192 bytes, unless it is the last', async () => {
    const small = signedPayload([content.subarray(0, 100), content.subarray(100)], crc)
    await rejects(read(small), { code: 'InvalidChunkSizeError' })
  })
  it('is refused above 16 MiB without reading it', async () => {
    const sizeBytes = 16 * 1024 * 1024 + 1
    const header = Buffer.from(`${sizeBytes.toString(16)};chunk-signature=${'0'.repeat(64)}\r\n`)
    const { body } = opened(cutAt(header), decodedLength(sizeBytes), signedChunksMode(false))
    await rejects(whole(body), { code: 'InvalidRequest' })
  })
})

describe('trailers', () => {
  const content = bytesOfSize(10)
  const headers = { ...decodedLength(10), ...announcing }
  const unsigned = (bytes: Buffer, given: Record<string, string> = headers): Promise<Buffer> =>
    whole(opened(cutAt(bytes), given, unsignedChunksMode).body)

  it('are known once the payload has ended', async () => {
    const { body, claims } = opened(cutAt(unsignedPayload([content], crc)), headers, unsignedChunksMode)
    equal(claims.algorithm, 'CRC32')
    throws(() => claims.trailers())
    await whole(body)
    deepEqual(claims.trailers(), { CRC32: 'AAAAAA==' })
  })
  it('may be missing when none was announced', async () => {
    deepEqual(await unsigned(unsignedPayload([content]), decodedLength(10)), content)
  })
  it('are refused when one was announced and does not come', () =>
    rejects(unsigned(unsignedPayload([content])), { code: 'MalformedTrailerError' }))
  it('are refused when nobody announced them', () =>
    rejects(unsigned(unsignedPayload([content], crc), decodedLength(10)), { code: 'MalformedTrailerError' }))
  it('are refused when another was announced', () =>
    rejects(unsigned(unsignedPayload([content], { 'x-amz-checksum-sha1': 'a' })), { code: 'MalformedTrailerError' }))
  it('are refused when one comes twice', () => {
    const line = 'x-amz-checksum-crc32:AAAAAA==\r\n'
    const bytes = unsignedPayload([content], crc)
      .toString('latin1')
      .replace(line, line + line)
    return rejects(unsigned(Buffer.from(bytes, 'latin1')), { code: 'MalformedTrailerError' })
  })
  it('are refused when the value is none of the algorithm', () =>
    rejects(unsigned(unsignedPayload([content], { 'x-amz-checksum-crc32': 'AAAA' })), {
      code: 'InvalidRequest',
      message: 'Value for x-amz-checksum-crc32 header is invalid.',
    }))
  it('are refused beyond a bound', () => {
    const bytes = Buffer.concat([unsignedPayload([content]).subarray(0, -2), Buffer.alloc(5000, 'x')])
    return rejects(unsigned(bytes), { code: 'MalformedTrailerError' })
  })
  it('as minio-go writes them are accepted', async () => {
    const bytes = signedPayload([content], crc, seed, '\n\r\n')
    deepEqual(await whole(opened(cutAt(bytes), headers, signedChunksMode(true)).body), content)
  })
  it('with a changed value are refused by their signature', () => {
    const bytes = signedPayload([content], crc).toString('latin1').replace('AAAAAA==', 'AAAAAQ==')
    return rejects(whole(opened(cutAt(Buffer.from(bytes, 'latin1')), headers, signedChunksMode(true)).body), {
      code: 'SignatureDoesNotMatch',
    })
  })
  it('without their signature are refused', () => {
    const bytes = signedPayload([content], crc)
      .toString('latin1')
      .replace(/x-amz-trailer-signature:\w+\r\n/, '')
    return rejects(whole(opened(cutAt(Buffer.from(bytes, 'latin1')), headers, signedChunksMode(true)).body), {
      code: 'IncompleteBody',
    })
  })
  it('are refused where the payload mode has no room for them', () => {
    throws(() => opened(cutAt(content), { ...headers, 'content-length': '10' }, { kind: 'unsigned' }), {
      code: 'InvalidRequest',
    })
    throws(() => opened(cutAt(content), headers, signedChunksMode(false)), { code: 'InvalidRequest' })
  })
})

describe('the declared length of a chunked payload', () => {
  const content = bytesOfSize(100)
  const bytes = unsignedPayload([content])
  for (const [name, size] of [
    ['too long', 101],
    ['too short', 99],
    ['none', 0],
  ] as const) {
    it(`is refused when it is ${name}`, () =>
      rejects(whole(opened(cutAt(bytes), decodedLength(size), unsignedChunksMode).body), { code: 'IncompleteBody' }))
  }
  it('is required', () => {
    throws(() => opened(cutAt(bytes), { 'content-length': '110' }, unsignedChunksMode), {
      code: 'MissingContentLength',
    })
  })
  for (const text of ['-1', '1e3', 'x', '', '0x10', '9'.repeat(20)]) {
    it(`is refused when it is "${text}"`, () => {
      throws(() => opened(cutAt(bytes), { 'x-amz-decoded-content-length': text }, unsignedChunksMode), {
        code: 'InvalidArgument',
      })
    })
  }
  it('is refused beyond 5 GiB before anything is read', () => {
    throws(() => opened(cutAt(bytes), decodedLength(5 * 1024 ** 3 + 1), unsignedChunksMode), { code: 'EntityTooLarge' })
  })
  it('may be zero', async () => {
    equal((await whole(opened(cutAt(unsignedPayload([])), decodedLength(0), unsignedChunksMode).body)).length, 0)
    equal((await whole(opened(cutAt(signedPayload([])), decodedLength(0), signedChunksMode(false)).body)).length, 0)
  })
})

describe('framing that is none', () => {
  for (const text of [
    '',
    'x\r\n',
    '-1\r\n',
    ' 5\r\nhello\r\n0\r\n\r\n',
    '0x5\r\nhello\r\n0\r\n\r\n',
    '5\r\nhelloX\r\n0\r\n\r\n',
    '5\r\nhello0\r\n\r\n',
    '5 ;x\r\nhello\r\n0\r\n\r\n',
    'fffffffffffffffff\r\n',
    'ffffffffffffff\r\n',
    `${'0'.repeat(2000)}5\r\nhello`,
    'a'.repeat(2000),
  ]) {
    it(`is refused: ${JSON.stringify(text.slice(0, 40))}`, () =>
      rejects(whole(opened(inRunsOf(Buffer.from(text), 3), decodedLength(5), unsignedChunksMode).body), {
        code: 'IncompleteBody',
      }))
  }
})
