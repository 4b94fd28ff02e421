// The whole server: objects go in and come out again, after a restart too; health, TLS, limits of connections, and how it stops.

import { deepEqual, equal, match, notEqual, ok, rejects } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import supertest from 'supertest'
import { SettingsError } from '../src/config.js'
import type { Operation } from '../src/contract/operation.js'
import { freshServer } from './fresh-server.js'
import { RawConnection, rawRequest, signedHead, signedRequest } from './raw-request.js'

const sizes = [0, 1, 1000, 16 * 1024, 16 * 1024 + 1, 1_000_000, 17 * 1024 * 1024]

describe('a server', () => {
  for (const size of sizes) {
    it(`gives back an object of ${size} bytes, after a restart too`, async () => {
      const fresh = await freshServer()
      const { s3, bucket } = fresh
      const body = randomBytes(size)
      const key = 'a key/with ünïcode 🪨 and + & %'

      const put = await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, Metadata: { colour: 'grey' } }),
      )
      const before = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      const bytesBefore = await before.Body?.transformToByteArray()
      const again = await fresh.restart()
      const after = await again.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      const bytesAfter = await after.Body?.transformToByteArray()

      equal(put.ETag, `"${createHash('md5').update(body).digest('hex')}"`)
      deepEqual(after.Metadata, { colour: 'grey' })
      ok(bytesBefore !== undefined && body.equals(bytesBefore))
      ok(bytesAfter !== undefined && body.equals(bytesAfter))
      deepEqual(again.problems, [])
    })
  }

  it('lists, heads and deletes what was put', async () => {
    const { s3, bucket, problems } = await freshServer()
    for (const key of ['b', 'a', 'c']) await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: key }))

    const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket }))
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a' }))
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }))

    deepEqual(
      listed.Contents?.map(({ Key }) => Key),
      ['a', 'b', 'c'],
    )
    equal(head.ContentLength, 1)
    await rejects(s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a' })), { name: 'NoSuchKey' })
    await rejects(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a' })), { name: 'NotFound' })
    deepEqual(problems, [])
  })

  it('refuses a signature of another key', async () => {
    const { endpoint, bucket } = await freshServer()

    const answer = await supertest(endpoint.origin)
      .get(`/${bucket}`)
      .set(
        'Authorization',
        'AWS4-HMAC-SHA256 Credential=NOBODY/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00',
      )

    equal(answer.status >= 400 && answer.status < 500, true)
    match(answer.headers['content-type'] ?? '', /application\/xml/)
  })
})

describe('health', () => {
  it('is told without a signature', async () => {
    const { endpoint } = await freshServer({ hasBucket: false })
    const request = supertest(endpoint.origin)

    await request.get('/-/health/live').expect(200, { status: 'live' })
    await request.get('/-/health/ready').expect(200, { status: 'ready' })
    await request.head('/-/health/ready').expect(200)
  })

  it('is nobody else’s path: other paths and methods are S3’s, which has no such bucket', async () => {
    const { endpoint } = await freshServer({ hasBucket: false })
    const request = supertest(endpoint.origin)

    await request.get('/-/health').expect(404, /<Code>NoSuchBucket</)
    await request.get('/-/health/else').expect(404, /<Code>NoSuchBucket</)
    await request.get('/-/healthy').expect(404, /<Code>NoSuchBucket</)
    await request.delete('/-/health/live').expect(404, /<Code>NoSuchBucket</)
  })

  it('does not hide a key of that name under the host name of a bucket', async () => {
    const { endpoint } = await freshServer({ hasBucket: false })

    await supertest(endpoint.origin)
      .get('/-/health/live')
      .set('Host', 'photos.localhost')
      .expect(404, /<Code>NoSuchBucket</)
  })

  it('is not ready any more while the server stops', async () => {
    const reached = promised()
    const go = promised()
    const { server, endpoint, bucket } = await freshServer({ operations: { HeadBucket: waiting(reached, go) } })
    const busy = await RawConnection.open(endpoint)
    await busy.send(signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}` }))
    await busy.send('GET /-/health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await reached.promise

    const stopped = server.close()
    go.resolve()
    const answer = await busy.answer({ isHead: true })
    await stopped

    equal(answer.status, 200)
    equal(answer.headers['connection'], 'close')
  })
})

describe('a server that stops', () => {
  it('lets a request under way finish, and closes idle connections at once', async () => {
    const reached = promised()
    const go = promised()
    const { server, endpoint, bucket } = await freshServer({ operations: { HeadBucket: waiting(reached, go) } })
    const silent = await RawConnection.open(endpoint)
    const idle = await RawConnection.open(endpoint)
    await idle.send('GET /-/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await idle.answer()
    const busy = await RawConnection.open(endpoint)
    await busy.send(signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}` }))
    await reached.promise

    const stopped = server.close()
    await silent.closed()
    await idle.closed()
    await rejects(RawConnection.open(endpoint))
    go.resolve()
    const answer = await busy.answer({ isHead: true })
    await busy.closed()
    await stopped

    equal(answer.status, 200)
  })

  it('cuts off what does not finish within the grace', async () => {
    const reached = promised()
    const never = promised()
    const { server, endpoint, bucket } = await freshServer({ operations: { HeadBucket: waiting(reached, never) } })
    const busy = await RawConnection.open(endpoint)
    await busy.send(signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}` }))
    await reached.promise

    await server.close(50)

    await busy.closed()
    equal(busy.received(), '')
  })
})

describe('limits of connections', () => {
  it('answers RequestTimeout to headers that do not come', async () => {
    const { endpoint } = await freshServer({ hasBucket: false, settings: { headersTimeoutMs: 200 } })
    const slow = await RawConnection.open(endpoint)

    await slow.send('GET / HTTP/1.1\r\nHost: local')
    const answer = await slow.answer()

    equal(answer.status, 400)
    match(answer.body.toString(), /<Code>RequestTimeout<\/Code>/)
    slow.destroy()
  })

  it('closes a connection that never says a word', async () => {
    const { endpoint } = await freshServer({ hasBucket: false, settings: { headersTimeoutMs: 200 } })
    const silent = await RawConnection.open(endpoint)

    equal((await silent.answer()).status, 400)
    silent.destroy()
  })

  it('closes a connection that stays idle between requests', async () => {
    const { endpoint } = await freshServer({ hasBucket: false, settings: { keepAliveTimeoutMs: 100 } })
    const idle = await RawConnection.open(endpoint)
    await idle.send('GET /-/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await idle.answer()

    await idle.closed()
  })

  it('close the connection that is idle for longest when there are too many', async () => {
    const { endpoint } = await freshServer({ hasBucket: false, settings: { connectionsMax: 2 } })
    const isServed = async (connection: RawConnection): Promise<void> => {
      await connection.send(signedRequest(endpoint, { method: 'GET', target: '/' }))
      equal((await connection.answer()).status, 200)
    }
    const first = await RawConnection.open(endpoint)
    await isServed(first)
    const second = await RawConnection.open(endpoint)
    await isServed(second)
    await isServed(first)

    const third = await RawConnection.open(endpoint)
    await second.closed()

    await isServed(first)
    await isServed(third)
    for (const connection of [first, third]) connection.destroy()
  })

  it('are no way to lock others out for who never finishes a head', async () => {
    const { endpoint, bucket } = await freshServer({ settings: { connectionsMax: 8 } })
    const dripping = await Promise.all(Array.from({ length: 40 }, () => RawConnection.open(endpoint)))
    for (const connection of dripping) await connection.send('GET / HTTP/1.1\r\nHost: local').catch(() => undefined)

    const answer = await rawRequest(endpoint, signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}` }), {
      isHead: true,
    })

    equal(answer.status, 200)
    for (const connection of dripping) connection.destroy()
  })

  it('are no way to lock others out for who never sends a form', async () => {
    const { endpoint, bucket } = await freshServer({ settings: { connectionsMax: 4 } })
    const form = `POST /${bucket} HTTP/1.1\r\nHost: ${endpoint.host}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n--x`
    const dripping = await Promise.all(Array.from({ length: 4 }, () => RawConnection.open(endpoint)))
    for (const connection of dripping) await connection.send(form)

    const answer = await rawRequest(endpoint, signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}` }), {
      isHead: true,
    })

    equal(answer.status, 200)
    for (const connection of dripping) connection.destroy()
  })

  it('leave alone who is at work: a further client is told SlowDown, and health all the same', async () => {
    const reached = promised()
    const go = promised()
    const { endpoint, bucket } = await freshServer({
      operations: { HeadBucket: waiting(reached, go) },
      settings: { connectionsMax: 1 },
    })
    const busy = await RawConnection.open(endpoint)
    await busy.send(signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}` }))
    await reached.promise

    const refused = await RawConnection.open(endpoint)
    await refused.send(signedRequest(endpoint, { method: 'GET', target: `/${bucket}?location` }))
    const answer = await refused.answer()
    await refused.closed()
    const watching = await RawConnection.open(endpoint)
    await isLive(watching)
    go.resolve()
    const { status } = await busy.answer({ isHead: true })

    equal(answer.status, 503)
    match(answer.body.toString(), /<Code>SlowDown<\/Code>/)
    equal(answer.headers['retry-after'], '1')
    equal(status, 200)
    for (const connection of [busy, watching]) connection.destroy()
  })

  it('cut off a client that sends request after request on one connection and waits for no answer', async () => {
    const { endpoint } = await freshServer({ hasBucket: false })
    const connection = await RawConnection.open(endpoint)
    await connection.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1000))

    await connection.closed()
    const { status } = await rawRequest(endpoint, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    equal(status, 403)
  })
})

describe('limits of requests', () => {
  it('let a request beyond the maximum wait for its turn, then tell it SlowDown with Retry-After; health is told all the same', async () => {
    const reached = promised()
    const go = promised()
    const { endpoint, bucket, problems } = await freshServer({
      operations: { HeadBucket: waiting(reached, go) },
      settings: { requestsMax: 1 },
    })
    const busy = await RawConnection.open(endpoint)
    await busy.send(signedRequest(endpoint, { method: 'HEAD', target: `/${bucket}` }))
    await reached.promise

    const late = await RawConnection.open(endpoint)
    const request = signedRequest(endpoint, { method: 'GET', target: `/${bucket}?location` })
    await late.send(request)
    await isLive(await RawConnection.open(endpoint))
    const refused = await late.answer()
    await late.send(request)
    go.resolve()
    await busy.answer({ isHead: true })
    const served = await late.answer()

    equal(refused.status, 503)
    match(refused.body.toString(), /<Code>SlowDown<\/Code>/)
    equal(refused.headers['retry-after'], '1')
    equal(refused.headers['connection'], 'keep-alive')
    equal(served.status, 200)
    deepEqual(
      problems.map(({ message }) => message),
      ['overloaded: requests were refused with SlowDown'],
    )
    for (const connection of [busy, late]) connection.destroy()
  })

  it('count no request that waits for its client: slow uploads and downloads leave room', async () => {
    const { endpoint, bucket, s3 } = await freshServer({ settings: { requestsMax: 1 } })
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'large', Body: Buffer.alloc(32 * 1024 * 1024) }))
    const uploading = await RawConnection.open(endpoint)
    const headers = { 'Content-Length': '1000', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    await uploading.send(signedHead(endpoint, { method: 'PUT', target: `/${bucket}/slow`, headers }) + 'some')
    const downloading = await RawConnection.open(endpoint)
    downloading.pause()
    await downloading.send(signedRequest(endpoint, { method: 'GET', target: `/${bucket}/large` }))

    for (let i = 0; i < 5; i += 1) await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'large' }))
    await uploading.send('x'.repeat(996))
    const stored = await uploading.answer()

    equal(stored.status, 200)
    for (const connection of [uploading, downloading]) connection.destroy()
  })
})

describe('limits of slow clients', () => {
  it('answer RequestTimeout to a body that drips, and leave nothing of it', async () => {
    const { endpoint, bucket, s3, problems } = await freshServer({
      settings: { transferRateMin: 1000, transferGraceMs: 300 },
    })
    const connection = await RawConnection.open(endpoint)
    const headers = { 'Content-Length': '1000', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    await connection.send(signedHead(endpoint, { method: 'PUT', target: `/${bucket}/k`, headers }))
    const drip = setInterval(() => void connection.send('x'), 50)

    const answer = await connection.answer()
    clearInterval(drip)

    equal(answer.status, 400)
    match(answer.body.toString(), /<Code>RequestTimeout<\/Code>/)
    await rejects(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k' })), { name: 'NotFound' })
    deepEqual(problems, [])
    connection.destroy()
  })

  it('cut off who takes an answer too slowly, though it takes some of it', async () => {
    const { endpoint, bucket, s3 } = await freshServer({
      settings: { transferRateMin: 4 * 1024 * 1024, transferGraceMs: 200 },
    })
    const size = 32 * 1024 * 1024
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'large', Body: Buffer.alloc(size) }))
    const connection = await RawConnection.open(endpoint)
    await connection.send(signedRequest(endpoint, { method: 'GET', target: `/${bucket}/large` }))
    // Some of it is taken now and then, so that the connection never looks idle; the rest once the server has had time to lose its patience.
    for (let i = 0; i < 20; i += 1) {
      connection.resume()
      connection.pause()
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    connection.resume()
    await connection.closed()

    ok(connection.received().length < size, 'all of it came')
  })

  it('ask for nothing when the rate is 0', async () => {
    const { endpoint, bucket } = await freshServer({ settings: { transferRateMin: 0, transferGraceMs: 100 } })
    const connection = await RawConnection.open(endpoint)
    const headers = { 'Content-Length': '2', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    await connection.send(signedHead(endpoint, { method: 'PUT', target: `/${bucket}/k`, headers }) + 'x')
    await new Promise((resolve) => setTimeout(resolve, 500))
    await connection.send('y')

    equal((await connection.answer()).status, 200)
    connection.destroy()
  })
})

describe('TLS', () => {
  let directory: string
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'cairn-test-tls-'))
    const files = ['-keyout', join(directory, 'key.pem'), '-out', join(directory, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', ...files, ...subject],
      {
        stdio: 'pipe',
      },
    )
  })
  after(() => rmSync(directory, { recursive: true }))

  const tls = () => ({ tlsCert: join(directory, 'cert.pem'), tlsKey: join(directory, 'key.pem') })

  it('serves HTTPS with a certificate', async () => {
    const { endpoint } = await freshServer({ hasBucket: false, settings: tls() })
    const connection = await RawConnection.open(endpoint)

    await connection.send(signedRequest(endpoint, { method: 'GET', target: '/' }))
    const answer = await connection.answer()
    connection.destroy()

    equal(endpoint.protocol, 'https:')
    equal(answer.status, 200)
  })

  it('is there for others while hundreds never end their handshake', async () => {
    const { endpoint } = await freshServer({ hasBucket: false, settings: { ...tls(), connectionsMax: 16 } })
    const port = Number(endpoint.port)
    const request = signedRequest(endpoint, { method: 'GET', target: '/' })
    const early = [
      await RawConnection.open(endpoint),
      await RawConnection.open(endpoint),
      await RawConnection.open(endpoint),
    ]
    const silent = Array.from({ length: 400 }, () => connect(port, endpoint.hostname).on('error', () => undefined))
    await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))

    const answer = await rawRequest(endpoint, request)
    await until(() => silent.filter(({ readyState }) => readyState === 'open').length <= 2)
    for (const connection of early) await connection.send(request)
    const statuses = await Promise.all(early.map(async (connection) => (await connection.answer()).status))

    equal(answer.status, 200)
    deepEqual(statuses, [200, 200, 200])
    for (const connection of [...silent, ...early]) connection.destroy()
  })

  it('does not speak TLS 1.1', async () => {
    const { endpoint } = await freshServer({ hasBucket: false, settings: tls() })
    const socket = connectTls({
      host: endpoint.hostname,
      port: Number(endpoint.port),
      rejectUnauthorized: false,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    })

    const error = await new Promise<Error & { code?: string }>((resolve) => socket.once('error', resolve))
    notEqual(error.code, undefined)
  })

  it('is refused at start with a file that is no certificate', async () => {
    const settings = { tlsCert: import.meta.filename, tlsKey: join(directory, 'key.pem') }

    await rejects(
      freshServer({ settings }),
      (error) => error instanceof SettingsError && error.message.includes('tlsCert'),
    )
  })

  it('is refused at start with a file that is not there', async () => {
    const settings = { tlsCert: join(directory, 'missing.pem'), tlsKey: join(directory, 'key.pem') }

    await rejects(
      freshServer({ settings }),
      (error) => error instanceof SettingsError && error.message.includes('missing.pem'),
    )
  })
})

describe('a client that leaves in the middle of an upload', () => {
  it('leaves nothing behind', async () => {
    const { s3, endpoint, bucket, problems } = await freshServer()
    const headers = { 'Content-Length': '1000000', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    const connection = await RawConnection.open(endpoint)

    await connection.send(signedHead(endpoint, { method: 'PUT', target: `/${bucket}/half`, headers }))
    await connection.send(randomBytes(500_000))
    connection.destroy()
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'whole', Body: 'x' }))

    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }))
    deepEqual(
      Contents.map(({ Key }) => Key),
      ['whole'],
    )
    deepEqual(problems, [])
  })
})

/** Looks again until something holds; the test's own timeout ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}

async function isLive(connection: RawConnection): Promise<void> {
  await connection.send('GET /-/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  equal((await connection.answer()).status, 200)
}

interface Promised {
  readonly promise: Promise<void>
  resolve(): void
}

function promised(): Promised {
  let resolve = (): void => undefined
  const promise = new Promise<void>((settle) => (resolve = settle))
  return { promise, resolve: () => resolve() }
}

const waiting =
  (reached: Promised, go: Promised): Operation<'HeadBucket'> =>
  async () => {
    reached.resolve()
    await go.promise
    return {}
  }
