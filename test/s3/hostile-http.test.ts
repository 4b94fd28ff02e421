// HTTP that no client sends by mistake, byte by byte: what is refused, that it is refused in S3's form, and that nothing of it becomes another
// request.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import type { PutObjectCommandInput } from '@aws-sdk/client-s3'
import type { Operation } from '../../src/contract/operation.js'
import { freshServer } from '../fresh-server.js'
import { RawConnection, rawRequest, signedHead, signedRequest } from '../raw-request.js'

const crlf = '\r\n'

/** A PutObject that remembers what reached it. */
function remembering(): { stored: Map<string, string>; putObject: Operation<'PutObject'> } {
  const stored = new Map<string, string>()
  return {
    stored,
    putObject: async (input, call) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of call.body) chunks.push(chunk)
      stored.set(input.Key ?? '', Buffer.concat(chunks).toString())
      return {}
    },
  }
}

describe('hostile HTTP', () => {
  describe('is refused with 400 in S3 form, and the connection is closed', () => {
    const put = 'PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\n'
    const chunked = `${put}Transfer-Encoding: chunked\r\n\r\n`
    const cases: [name: string, bytes: string, code: string][] = [
      ['both lengths', `${put}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 'BadRequest'],
      [
        'both lengths, the other way round',
        `${put}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`,
        'BadRequest',
      ],
      ['two lengths that agree', `${put}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`, 'BadRequest'],
      ['two lengths that differ', `${put}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc`, 'BadRequest'],
      ['a list of lengths', `${put}Content-Length: 3, 3\r\n\r\nabc`, 'BadRequest'],
      ['a length with a sign', `${put}Content-Length: +3\r\n\r\nabc`, 'BadRequest'],
      ['a negative length', `${put}Content-Length: -3\r\n\r\nabc`, 'BadRequest'],
      ['a length in hex', `${put}Content-Length: 0x3\r\n\r\nabc`, 'BadRequest'],
      ['a coding after chunked', `${put}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 'BadRequest'],
      [
        'chunked twice',
        `${put}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        'BadRequest',
      ],
      ['a space before the colon', `${put}Content-Length : 3\r\n\r\nabc`, 'BadRequest'],
      ['a folded header', `${put}X-Folded: a\r\n b\r\n\r\n`, 'BadRequest'],
      ['a bare LF after the request line', 'GET / HTTP/1.1\nHost: localhost\r\n\r\n', 'BadRequest'],
      ['a bare LF after a header', 'GET / HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n', 'BadRequest'],
      ['a bare CR in a header', 'GET / HTTP/1.1\r\nHost: localhost\r\nX: a\rb: c\r\n\r\n', 'BadRequest'],
      ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n', 'BadRequest'],
      ['a method nobody knows', 'FROB / HTTP/1.1\r\nHost: localhost\r\n\r\n', 'BadRequest'],
      ['a version nobody knows', 'GET / HTTP/3.7\r\nHost: localhost\r\n\r\n', 'BadRequest'],
      ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'BadRequest'],
      ['no Host', 'GET / HTTP/1.1\r\n\r\n', 'BadRequest'],
      ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 'BadRequest'],
      ['a Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 'BadRequest'],
      ['a Host with a user', 'GET / HTTP/1.1\r\nHost: me@a\r\n\r\n', 'BadRequest'],
      ['a raw control character in the target', 'GET /a\x01b HTTP/1.1\r\nHost: localhost\r\n\r\n', 'InvalidURI'],
      ['chunk sizes in HTTP/1.0', 'PUT /b/k HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'BadRequest'],
      [
        'headers beyond 32 KiB',
        `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(33_000)}\r\n\r\n`,
        'RequestHeaderSectionTooLarge',
      ],
      [
        'a flood of small headers',
        `GET / HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(9_000)}\r\n`,
        'RequestHeaderSectionTooLarge',
      ],
      [
        'a target beyond 32 KiB',
        `GET /${'a'.repeat(33_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
        'RequestHeaderSectionTooLarge',
      ],
    ]
    for (const [name, bytes, code] of cases) {
      it(name, async () => {
        const { endpoint, problems } = await freshServer({ hasBucket: false })
        const connection = await RawConnection.open(endpoint)

        await connection.send(bytes)
        const answer = await connection.answer()

        equal(answer.status, 400)
        match(answer.body.toString(), new RegExp(`<Code>${code}</Code><Message>[^<]+</Message>`))
        match(answer.headers['x-amz-request-id'] ?? '', /^[\dA-F]{16}$/)
        ok(answer.headers['x-amz-id-2'])
        if (answer.headers['connection'] === 'close') {
          connection.end()
          await connection.closed()
          equal(connection.received(), '')
        }
        connection.destroy()
        deepEqual(problems, [])
      })
    }

    const badChunks: [name: string, body: string][] = [
      ['a negative chunk size', '-3\r\nabc\r\n0\r\n\r\n'],
      ['a chunk size with 0x', '0x3\r\nabc\r\n0\r\n\r\n'],
      ['a chunk size with a space', '3 \r\nabc\r\n0\r\n\r\n'],
      ['a chunk size beyond 64 bits', 'fffffffffffffffff3\r\nabc\r\n0\r\n\r\n'],
      ['a bare LF after a chunk size', '3\nabc\r\n0\r\n\r\n'],
      ['a bare LF after a chunk', '3\r\nabc\n0\r\n\r\n'],
      ['a chunk longer than its size', '3\r\nabcdef\r\n0\r\n\r\n'],
    ]
    for (const [name, body] of badChunks) {
      it(`${name}: nothing is stored`, async () => {
        const { stored, putObject } = remembering()
        const { endpoint, bucket, problems } = await freshServer({ operations: { PutObject: putObject } })
        const head = signedHead(endpoint, {
          method: 'PUT',
          target: `/${bucket}/key`,
          headers: {
            'Transfer-Encoding': 'chunked',
            'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
            'x-amz-decoded-content-length': '3',
          },
        })

        const answer = await rawRequest(endpoint, head + body)

        equal(answer.status, 400)
        equal(answer.headers['connection'], 'close')
        equal(stored.size, 0)
        deepEqual(problems, [])
      })
    }

    it('nothing of a chunked body that is not one is taken as a request', async () => {
      const { endpoint } = await freshServer({ hasBucket: false })
      const connection = await RawConnection.open(endpoint)

      await connection.send(`${chunked}5\r\nabcdeGET /-/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      const first = await connection.answer()
      connection.end()
      await connection.closed()

      equal(first.headers['connection'], 'close')
      equal(connection.received(), '')
    })
  })

  for (const coding of ['gzip, chunked', 'gzip', 'xchunked', 'identity']) {
    it(`answers 501 to the transfer coding ${coding}, and closes`, async () => {
      const { endpoint } = await freshServer({ hasBucket: false })
      const connection = await RawConnection.open(endpoint)

      await connection.send(`PUT /b/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`)
      const answer = await connection.answer()
      connection.end()
      await connection.closed()

      equal(answer.status, 501)
      match(answer.body.toString(), /<Code>NotImplemented<\/Code>/)
      equal(connection.received(), '')
    })
  }

  it('answers a malformed request that follows a good one only with the good one', async () => {
    const { endpoint, bucket } = await freshServer()
    const connection = await RawConnection.open(endpoint)
    const good = signedRequest(endpoint, { method: 'GET', target: `/${bucket}?location` })

    await connection.send(Buffer.concat([good, Buffer.from('NONSENSE\r\n\r\n')]))
    const answer = await connection.answer()
    await connection.closed()

    equal(answer.status, 200)
    equal(connection.received(), '')
  })

  it('answers pipelined requests in their order', async () => {
    const { endpoint, bucket } = await freshServer()
    const connection = await RawConnection.open(endpoint)
    const targets = ['?location', '?versioning', '?acl', '?cors', '?tagging', '?location']
    const requests = targets.map((query) => signedRequest(endpoint, { method: 'GET', target: `/${bucket}${query}` }))

    await connection.send(Buffer.concat(requests))
    const bodies: string[] = []
    for (const _ of targets) bodies.push((await connection.answer()).body.toString())
    connection.destroy()

    const roots = bodies.map((body) => /<(?!\?)(\w+)/.exec(body)?.[1])
    deepEqual(roots, [
      'LocationConstraint',
      'VersioningConfiguration',
      'AccessControlPolicy',
      'Error',
      'Error',
      'LocationConstraint',
    ])
  })

  it('speaks HTTP/1.0: no Host needed, and the connection closes after the answer', async () => {
    const { endpoint } = await freshServer({ hasBucket: false })
    const connection = await RawConnection.open(endpoint)

    await connection.send(`GET / HTTP/1.0${crlf}${crlf}`)
    const answer = await connection.answer()
    await connection.closed()

    equal(answer.status, 403)
    ok(answer.headers['content-length'])
    equal(answer.headers['transfer-encoding'], undefined)
  })

  it('does not send 100 Continue to HTTP/1.0', async () => {
    const { stored, putObject } = remembering()
    const { endpoint, bucket } = await freshServer({ operations: { PutObject: putObject } })
    const request = signedRequest(endpoint, {
      method: 'PUT',
      target: `/${bucket}/key`,
      headers: { Expect: '100-continue' },
      body: 'abc',
    })

    const answer = await rawRequest(endpoint, request.toString('latin1').replace('HTTP/1.1', 'HTTP/1.0'))

    equal(answer.status, 200)
    equal(stored.get('key'), 'abc')
  })

  for (const Expect of ['200', '']) {
    it(`takes no notice of Expect: ${Expect || 'nothing'}, as S3 does`, async () => {
      const { stored, putObject } = remembering()
      const { endpoint, bucket } = await freshServer({ operations: { PutObject: putObject } })
      const target = `/${bucket}/key`
      const request = signedRequest(endpoint, { method: 'PUT', target, headers: { Expect }, body: 'abc' })

      const answer = await rawRequest(endpoint, request)

      equal(answer.status, 200)
      equal(stored.get('key'), 'abc')
    })
  }

  it('takes a target in absolute form, whose host counts and not the Host header', async () => {
    const { endpoint, bucket } = await freshServer()
    const target = `/${bucket}?location`
    const request = signedRequest(endpoint, { method: 'GET', target }).toString('latin1')

    const honest = await rawRequest(endpoint, request.replace(target, `http://${endpoint.host}${target}`))
    const otherHost = await rawRequest(
      endpoint,
      request.replace(target, `http://${endpoint.host}${target}`).replace(/Host: .*\r\n/, 'Host: elsewhere\r\n'),
    )
    const lie = await rawRequest(endpoint, request.replace(target, `http://elsewhere${target}`))

    equal(honest.status, 200)
    equal(otherHost.status, 200)
    match(lie.body.toString(), /<Code>SignatureDoesNotMatch<\/Code>/)
  })

  for (const target of ['*', 'http://', 'http:///bucket', 'ftp://localhost/', 'bucket/key', 'http://user@localhost/']) {
    it(`refuses the target ${target}`, async () => {
      const { endpoint, problems } = await freshServer({ hasBucket: false })

      const answer = await rawRequest(endpoint, `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`)

      equal(answer.status, 400)
      deepEqual(problems, [])
    })
  }

  it('reads keys from the raw target: nothing is tidied away', async () => {
    const keys: PutObjectCommandInput['Key'][] = []
    const { endpoint, bucket } = await freshServer({
      operations: {
        PutObject: async (input) => {
          keys.push(input.Key)
          return {}
        },
      },
    })

    for (const path of ['/../a', '//a', '/a/./b', '/a%2Fb', '/a%20b%2Bc', '/%0D%0A', '/%F0%9F%AA%A8', '/%25']) {
      await rawRequest(endpoint, signedRequest(endpoint, { method: 'PUT', target: `/${bucket}${path}`, body: '' }))
    }

    deepEqual(keys, ['../a', '/a', 'a/./b', 'a/b', 'a b+c', '\r\n', '🪨', '%'])
  })
})
