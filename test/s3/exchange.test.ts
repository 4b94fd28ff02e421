// How bodies come in and go out: 100 Continue, backpressure, clients that leave, answers that fail half-way, bodies nobody reads.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import type { Operation } from '../../src/contract/operation.js'
import { heldAnswers } from '../../src/s3/body/held-memory.js'
import { freshServer } from '../fresh-server.js'
import { RawConnection, signedHead, signedRequest } from '../raw-request.js'

const MiB = 1024 * 1024

/** A promise and what settles it. */
function promised<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** A PutObject that reads its whole body and answers its size as the ETag. */
const countingPut: Operation<'PutObject'> = async (_input, call) => {
  let size = 0
  for await (const chunk of call.body) size += chunk.length
  return { ETag: String(size) }
}

/** A GetObject that sends `chunks` chunks out of one and the same memory. */
const reusingGet =
  (chunks: number, chunkSizeBytes: number, ended: () => void = () => undefined): Operation<'GetObject'> =>
  async () => {
    const memory = Buffer.alloc(chunkSizeBytes)
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        for (let number = 0; number < chunks; number += 1) {
          memory.fill(number)
          yield memory
        }
      } finally {
        ended()
      }
    }
    return { Body: body(), ContentLength: chunks * chunkSizeBytes }
  }

describe('a body on its way in', () => {
  it('is asked for with 100 Continue only when the operation wants its first byte', async () => {
    const wanted = promised<void>()
    const reached = promised<void>()
    const { endpoint, bucket } = await freshServer({
      operations: {
        PutObject: async (input, call) => {
          reached.resolve()
          await wanted.promise
          return countingPut(input, call)
        },
      },
    })
    const connection = await RawConnection.open(endpoint)
    const body = 'hello'
    const head = signedHead(endpoint, {
      method: 'PUT',
      target: `/${bucket}/k`,
      headers: { Expect: '100-continue' },
      body,
    })

    await connection.send(head)
    await reached.promise
    equal(connection.received(), '')
    wanted.resolve()
    const interim = await connection.answer()
    await connection.send(body)
    const answer = await connection.answer()

    equal(interim.status, 100)
    equal(answer.status, 200)
    match(answer.headers['etag'] ?? '', /5/)
    connection.destroy()
  })

  it('is not asked for when the signature is wrong, and the connection closes', async () => {
    const { endpoint, bucket } = await freshServer({ operations: { PutObject: countingPut } })
    const connection = await RawConnection.open(endpoint)
    const head = signedHead(endpoint, {
      method: 'PUT',
      target: `/${bucket}/k`,
      headers: { Expect: '100-continue' },
      body: 'x',
    })

    await connection.send(head.replace(/Signature=./, (found) => (found.endsWith('0') ? 'Signature=1' : 'Signature=0')))
    const answer = await connection.answer()
    connection.end()
    await connection.closed()

    equal(answer.status, 403)
    equal(answer.headers['connection'], 'close')
  })

  it('is not asked for when the operation is not implemented', async () => {
    const { endpoint, bucket } = await freshServer()
    const connection = await RawConnection.open(endpoint)
    const body = '<WebsiteConfiguration/>'
    const headers = { Expect: '100-continue' }

    await connection.send(signedHead(endpoint, { method: 'PUT', target: `/${bucket}?website`, headers, body }))
    const answer = await connection.answer()

    equal(answer.status, 501)
    equal(answer.headers['connection'], 'close')
    connection.destroy()
  })

  it('that nobody reads is never taken as the next request, though the client sends it after its answer', async () => {
    const { endpoint } = await freshServer({ hasBucket: false })
    const connection = await RawConnection.open(endpoint)
    const smuggled = 'GET /-/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n'

    await connection.send(
      `PUT /b/k HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: ${smuggled.length}\r\n\r\n`,
    )
    const answer = await connection.answer()
    await connection.send(smuggled)
    connection.end()
    await connection.closed()

    equal(answer.status, 404)
    equal(connection.received(), '')
  })

  it('that nobody reads is skipped when it is small, and the connection serves on', async () => {
    const { endpoint, bucket } = await freshServer()
    const connection = await RawConnection.open(endpoint)

    await connection.send(`PUT /b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n`)
    const refused = await connection.answer()
    await connection.send('x'.repeat(100_000))
    await connection.send(signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}` }))
    const next = await connection.answer({ isHead: true })

    equal(refused.status, 404)
    equal(refused.headers['connection'], 'keep-alive')
    equal(next.status, 200)
    connection.destroy()
  })

  it('that nobody reads does not cost a client its answer when it is large', async () => {
    const { endpoint } = await freshServer({ hasBucket: false })
    const connection = await RawConnection.open(endpoint)

    await connection.send(`PUT /b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${16 * MiB}\r\n\r\n`)
    // All of it is sent before the client looks for an answer.
    await connection.send(Buffer.alloc(16 * MiB))
    const answer = await connection.answer()
    await connection.closed()

    equal(answer.status, 404)
    equal(answer.headers['connection'], 'close')
  })

  it('fails when the client leaves in the middle, and nothing is logged as a fault', async () => {
    const failure = promised<unknown>()
    const { endpoint, bucket, problems } = await freshServer({
      operations: {
        PutObject: (input, call) =>
          countingPut(input, call).catch((error: unknown) => {
            failure.resolve(error)
            throw error
          }),
      },
    })
    const connection = await RawConnection.open(endpoint)
    const headers = { 'Content-Length': '1000', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }

    await connection.send(signedHead(endpoint, { method: 'PUT', target: `/${bucket}/k`, headers }))
    await connection.send('x'.repeat(10))
    connection.destroy()

    ok((await failure.promise) instanceof Error)
    deepEqual(problems, [])
  })

  it('is given up with RequestTimeout when the client stops sending', async () => {
    const { endpoint, bucket } = await freshServer({
      operations: { PutObject: countingPut },
      settings: { idleTimeoutMs: 150 },
    })
    const connection = await RawConnection.open(endpoint)
    const headers = { 'Content-Length': '1000', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }

    await connection.send(signedHead(endpoint, { method: 'PUT', target: `/${bucket}/k`, headers }) + 'some')
    const answer = await connection.answer()

    equal(answer.status, 400)
    match(answer.body.toString(), /<Code>RequestTimeout<\/Code>/)
    equal(answer.headers['connection'], 'close')
    connection.destroy()
  })

  it('holds a client back that sends faster than it is read', async () => {
    const go = promised<void>()
    const { endpoint, bucket } = await freshServer({
      operations: {
        PutObject: async (_input, call) => {
          let size = 0
          for await (const chunk of call.body) {
            size += chunk.length
            await go.promise
          }
          return { ETag: String(size) }
        },
      },
    })
    const connection = await RawConnection.open(endpoint)
    const headers = { 'Content-Length': String(64 * MiB), 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    await connection.send(signedHead(endpoint, { method: 'PUT', target: `/${bucket}/k`, headers }))
    const before = process.memoryUsage().arrayBuffers

    let isSent = false
    const body = Buffer.alloc(64 * MiB)
    const sent = connection.send(body).then(() => (isSent = true))
    await new Promise((resolve) => setTimeout(resolve, 200))
    const held = process.memoryUsage().arrayBuffers - before - body.length

    equal(isSent, false)
    ok(held < 16 * MiB, `${held} bytes are held`)
    go.resolve()
    await sent
    match((await connection.answer()).headers['etag'] ?? '', new RegExp(String(64 * MiB)))
    connection.destroy()
  })
})

describe('a body on its way out', () => {
  it('is sent before its memory is used again', async () => {
    const { endpoint, bucket } = await freshServer({ operations: { GetObject: reusingGet(12, MiB) } })
    const connection = await RawConnection.open(endpoint)

    await connection.send(signedRequest(endpoint, { method: 'GET', target: `/${bucket}/k` }))
    const { body } = await connection.answer()

    equal(body.length, 12 * MiB)
    for (let number = 0; number < 12; number += 1) {
      const chunk = body.subarray(number * MiB, (number + 1) * MiB)
      ok(chunk.every((byte) => byte === number))
    }
    connection.destroy()
  })

  it('is not read further than the client takes it, and is told when the client leaves', async () => {
    const ended = promised<void>()
    let given = 0
    const { endpoint, bucket, problems } = await freshServer({
      operations: {
        GetObject: async () => {
          async function* body(): AsyncGenerator<Uint8Array> {
            try {
              for (; given < 1000; given += 1) yield Buffer.alloc(MiB)
            } finally {
              ended.resolve()
            }
          }
          return { Body: body(), ContentLength: 1000 * MiB }
        },
      },
    })
    const connection = await RawConnection.open(endpoint)
    connection.pause()

    await connection.send(signedRequest(endpoint, { method: 'GET', target: `/${bucket}/k` }))
    await new Promise((resolve) => setTimeout(resolve, 200))
    const givenWhenHeldBack = given
    connection.destroy()
    await ended.promise

    ok(givenWhenHeldBack < 32, `${givenWhenHeldBack} MiB were read`)
    deepEqual(problems, [])
  })

  it('is cut, not ended, when its source fails half-way, and the fault is logged once', async () => {
    const { endpoint, bucket, problems } = await freshServer({
      operations: {
        GetObject: async () => {
          async function* body(): AsyncGenerator<Uint8Array> {
            yield Buffer.alloc(1000)
            throw new Error('a damaged block')
          }
          return { Body: body(), ContentLength: 2000 }
        },
      },
    })
    const connection = await RawConnection.open(endpoint)

    await connection.send(signedRequest(endpoint, { method: 'GET', target: `/${bucket}/k` }))
    await connection.closed()

    ok(connection.received().length < 2000)
    equal(problems.length, 1)
  })

  it('that fails before its first chunk is answered InternalError, logged once, and the connection serves on', async () => {
    const { endpoint, bucket, problems } = await freshServer({
      operations: {
        GetObject: async () => {
          // oxlint-disable-next-line require-yield -- it fails before
          async function* body(): AsyncGenerator<Uint8Array> {
            throw new Error('a damaged block')
          }
          return { Body: body(), ContentLength: 2000 }
        },
      },
    })
    const connection = await RawConnection.open(endpoint)

    await connection.send(signedRequest(endpoint, { method: 'GET', target: `/${bucket}/k` }))
    const answer = await connection.answer()
    await connection.send(signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}` }))
    const next = await connection.answer({ isHead: true })

    equal(answer.status, 500)
    match(answer.body.toString(), /<Code>InternalError<\/Code>/)
    equal(next.status, 200)
    equal(problems.length, 1)
    connection.destroy()
  })

  it('that is there as a whole counts until it is taken: what is too much for the memory is told SlowDown', async () => {
    const size = 4 * MiB
    const { endpoint, bucket } = await freshServer({
      operations: { GetObject: async () => ({ Body: Buffer.alloc(size), ContentLength: size }) },
    })
    const request = signedRequest(endpoint, { method: 'GET', target: `/${bucket}/k` })
    const connection = await RawConnection.open(endpoint)
    const release = heldAnswers.takeNow(46 * MiB, { isWaiting: true, fail: () => undefined })

    await connection.send(request)
    const refused = await connection.answer()
    release?.()
    connection.pause()
    await connection.send(request)
    while (heldAnswers.takenSizeBytes === 0) await new Promise((resolve) => setImmediate(resolve))
    const heldSizeBytes = heldAnswers.takenSizeBytes
    connection.resume()
    const served = await connection.answer()

    equal(refused.status, 503)
    match(refused.body.toString(), /<Code>SlowDown<\/Code>/)
    equal(refused.headers['retry-after'], '1')
    deepEqual([served.body.length, heldSizeBytes, heldAnswers.takenSizeBytes], [size, size, 0])
    connection.destroy()
  })

  it('may have no chunk at all', async () => {
    const { endpoint, bucket, problems } = await freshServer({
      operations: { GetObject: async () => ({ Body: { async *[Symbol.asyncIterator]() {} }, ContentLength: 0 }) },
    })
    const connection = await RawConnection.open(endpoint)

    await connection.send(signedRequest(endpoint, { method: 'GET', target: `/${bucket}/k` }))
    const answer = await connection.answer()

    deepEqual([answer.status, answer.body.length, problems.length], [200, 0, 0])
    connection.destroy()
  })

  for (const when of ['before its first chunk is asked for', 'while its first chunk is read']) {
    it(`is closed when the client leaves ${when}`, async () => {
      const reached = promised<void>()
      const closed = promised<void>()
      const hasLeft = promised<void>()
      const isEarly = when.startsWith('before')
      const { endpoint, bucket, problems } = await freshServer({
        operations: {
          GetObject: async () => {
            const wait = async (): Promise<void> => {
              reached.resolve()
              await hasLeft.promise
            }
            if (isEarly) await wait()
            const iterator: AsyncIterator<Uint8Array> = {
              next: async () => {
                if (!isEarly) await wait()
                return { done: false, value: Buffer.alloc(1000) }
              },
              return: async () => {
                closed.resolve()
                return { done: true, value: undefined }
              },
            }
            return { Body: { [Symbol.asyncIterator]: () => iterator }, ContentLength: 2000 }
          },
        },
      })
      const connection = await RawConnection.open(endpoint)

      await connection.send(signedRequest(endpoint, { method: 'GET', target: `/${bucket}/k` }))
      await reached.promise
      connection.destroy()
      // The server sees it within a turn or two of its loop.
      await new Promise((resolve) => setTimeout(resolve, 50))
      hasLeft.resolve()
      await closed.promise

      deepEqual(problems, [])
    })
  }

  for (const [name, size] of [
    ['short', 999],
    ['long', 1001],
  ] as const) {
    it(`is cut when it is too ${name} for its Content-Length`, async () => {
      const { endpoint, bucket, problems } = await freshServer({
        operations: {
          GetObject: async () => {
            async function* body(): AsyncGenerator<Uint8Array> {
              yield Buffer.alloc(500)
              yield Buffer.alloc(size - 500)
            }
            return { Body: body(), ContentLength: 1000 }
          },
        },
      })
      const connection = await RawConnection.open(endpoint)

      await connection.send(signedRequest(endpoint, { method: 'GET', target: `/${bucket}/k` }))
      await connection.closed()

      ok((connection.received().split('\r\n\r\n')[1]?.length ?? 0) < 1000)
      equal(problems.length, 1)
    })
  }

  it('of a HEAD stays where it is', async () => {
    const { endpoint, bucket } = await freshServer({
      operations: { HeadObject: async () => ({ ContentLength: 12345, ETag: 'e' }) },
    })
    const connection = await RawConnection.open(endpoint)

    await connection.send(signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}/k` }))
    const answer = await connection.answer({ isHead: true })
    await connection.send(signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}` }))
    const next = await connection.answer({ isHead: true })

    equal(answer.headers['content-length'], '12345')
    equal(next.status, 200)
    connection.destroy()
  })

  it('is given up when the client stops taking it', async () => {
    const ended = promised<void>()
    const { endpoint, bucket } = await freshServer({
      operations: { GetObject: reusingGet(1000, MiB, () => ended.resolve()) },
      settings: { idleTimeoutMs: 150 },
    })
    const connection = await RawConnection.open(endpoint)
    connection.pause()

    await connection.send(signedRequest(endpoint, { method: 'GET', target: `/${bucket}/k` }))
    await ended.promise
    connection.resume()
    await connection.closed()
  })
})

describe('an operation that takes its time', () => {
  it('is not cut off while the client waits for it', async () => {
    const { endpoint, bucket } = await freshServer({
      operations: {
        HeadBucket: async () => {
          await new Promise((resolve) => setTimeout(resolve, 500))
          return {}
        },
      },
      settings: { idleTimeoutMs: 100 },
    })
    const connection = await RawConnection.open(endpoint)

    await connection.send(signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}` }))
    equal((await connection.answer({ isHead: true })).status, 200)
    connection.destroy()
  })
})

describe('an unexpected error', () => {
  it('answers InternalError with the request id it is logged under, once, with its stack', async () => {
    const { endpoint, bucket, problems } = await freshServer({
      operations: {
        PutObject: async () => {
          throw new Error('a bug')
        },
      },
    })
    const connection = await RawConnection.open(endpoint)

    await connection.send(signedRequest(endpoint, { method: 'PUT', target: `/${bucket}/k`, body: 'x' }))
    const answer = await connection.answer()
    connection.destroy()

    equal(answer.status, 500)
    match(answer.body.toString(), /<Code>InternalError<\/Code>/)
    ok(!answer.body.toString().includes('a bug'))
    equal(problems.length, 1)
    equal(problems[0]?.details['requestId'], answer.headers['x-amz-request-id'])
    const logged = problems[0]?.details['err']
    ok(logged instanceof Error && logged.stack?.includes('a bug'))
  })

  it('has no body when it answers HEAD', async () => {
    const { endpoint } = await freshServer({ hasBucket: false })
    const connection = await RawConnection.open(endpoint)

    await connection.send(signedRequest(endpoint, { method: 'HEAD', target: '/no-such-bucket' }))
    const first = await connection.answer({ isHead: true })
    await connection.send(signedRequest(endpoint, { method: 'HEAD', target: '/no-such-bucket' }))
    const second = await connection.answer({ isHead: true })

    deepEqual([first.status, second.status], [404, 404])
    match(first.headers['x-amz-request-id'] ?? '', /^[\dA-F]{16}$/)
    connection.destroy()
  })
})
