// What the AWS SDK for JavaScript and the minio client really sign and send, caught before it reaches a socket.

import { deepEqual, equal } from 'node:assert/strict'
import { Readable } from 'node:stream'
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import { Client as MinioClient } from 'minio'
import type { HttpRequest } from '../../src/contract/request.js'
import { openBody } from '../../src/s3/body/open-body.js'
import { authenticateAt, exampleKey, requestOf } from './requests.js'
import { whole } from '../s3/body/payloads.js'

const now = Date.now()
const authenticate = authenticateAt(now)

interface Caught {
  readonly request: HttpRequest
  readonly body: unknown
}

/** The request as it would stand on the wire. */
interface Outgoing {
  method: string
  path: string
  query?: Record<string, string | string[] | null>
  headers: Record<string, string>
  body?: unknown
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const nothing = (): void => undefined
const silent = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing }

/** Sends one command and answers what it would have sent. */
async function caught(send: (s3: S3Client) => Promise<unknown>, settings: S3ClientConfig = {}): Promise<Caught> {
  let found: Caught | undefined
  const s3 = new S3Client({
    region: 'us-east-1',
    endpoint: 'http://localhost:9000',
    forcePathStyle: true,
    credentials: exampleKey,
    maxAttempts: 1,
    logger: silent,
    requestHandler: {
      handle: async (outgoing: Outgoing) => {
        const query = Object.entries(outgoing.query ?? {}).flatMap(([name, value]) =>
          [value].flat().map((one) => (one === null ? encode(name) : `${encode(name)}=${encode(one)}`)),
        )
        const target = query.length === 0 ? outgoing.path : `${outgoing.path}?${query.join('&')}`
        found = { request: requestOf(outgoing.method, target, outgoing.headers), body: outgoing.body }
        throw new Error('caught')
      },
    },
    ...settings,
  })
  await send(s3).catch(() => undefined)
  s3.destroy()
  if (found === undefined) throw new Error('nothing was sent')
  return found
}

async function* asSource(body: unknown): AsyncGenerator<Uint8Array> {
  if (body === undefined) return
  if (typeof body === 'string' || body instanceof Uint8Array) yield Buffer.from(body)
  else if (body instanceof Readable) for await (const chunk of body) yield Buffer.from(chunk)
  else throw new Error('another kind of body')
}

describe('requests of the AWS SDK for JavaScript', () => {
  const keys = [
    'plain',
    'a b+c&d=e?f#g',
    'all !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    '/leading//and/./../trailing/',
    'ünïcödé ⛰ 🏔',
    'percent%20literal',
    'line\r\nbreak',
  ]
  for (const Key of keys) {
    it(`hold for the key ${JSON.stringify(Key)}`, async () => {
      const { request } = await caught((s3) => s3.send(new GetObjectCommand({ Bucket: 'photos', Key })))
      equal(authenticate(request).by, 'header')
    })
  }

  it('hold for a listing with everything that needs escaping', async () => {
    const { request } = await caught((s3) =>
      s3.send(
        new ListObjectsV2Command({
          Bucket: 'photos',
          Prefix: 'a b+c/ü~*',
          Delimiter: '/',
          StartAfter: "!'()&=",
          MaxKeys: 0,
        }),
      ),
    )
    equal(authenticate(request).by, 'header')
  })

  it('hold for a body with its default checksum', async () => {
    const { request, body } = await caught((s3) =>
      s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a', Body: 'hello', Metadata: { note: 'two  words' } })),
    )
    const { payload } = authenticate(request)
    const opened = openBody(asSource(body), request, payload, () => undefined)
    equal((await whole(opened.body)).toString(), 'hello')
    deepEqual({ ...opened.claims.checksums, ...opened.claims.trailers() }, { CRC32: 'NhCmhg==' })
  })

  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
    it(`hold for a stream with a ${algorithm} trailer`, async () => {
      const content = Buffer.alloc(100_000, 'x')
      let text: Uint8Array = new Uint8Array(0)
      let trailers = {}
      const { request } = await caught((s3) => {
        s3.middlewareStack.add(
          (next) => async (given) => {
            // The stream ends with the client: it is read while the request is under way.
            const outgoing: unknown = given.request
            if (!isOutgoing(outgoing)) throw new Error('no request')
            const target = requestOf(outgoing.method, outgoing.path, outgoing.headers)
            const opened = openBody(
              asSource(outgoing.body),
              target,
              { kind: 'chunks-unsigned', hasTrailer: true },
              () => undefined,
            )
            text = await whole(opened.body)
            trailers = opened.claims.trailers()
            return next(given)
          },
          { step: 'finalizeRequest', priority: 'low' },
        )
        return s3.send(
          new PutObjectCommand({
            Bucket: 'photos',
            Key: 'a',
            Body: Readable.from([content.subarray(0, 70_000), content.subarray(70_000)]),
            ContentLength: content.length,
            ChecksumAlgorithm: algorithm,
          }),
        )
      })
      equal(request.headers['x-amz-content-sha256'], 'STREAMING-UNSIGNED-PAYLOAD-TRAILER')
      equal(content.equals(text), true)
      deepEqual(Object.keys(trailers), [algorithm])
    })
  }

  it('hold for DeleteObjects, which brings a checksum and no Content-MD5', async () => {
    const { request, body } = await caught((s3) =>
      s3.send(new DeleteObjectsCommand({ Bucket: 'photos', Delete: { Objects: [{ Key: 'a' }] } })),
    )
    const { claims } = openBody(asSource(body), request, authenticate(request).payload, () => undefined)
    equal(request.headers['content-md5'], undefined)
    deepEqual(Object.keys(claims.checksums), ['CRC32'])
  })
})

const isOutgoing = (value: unknown): value is Outgoing =>
  typeof value === 'object' && value !== null && 'headers' in value && 'path' in value && 'method' in value

describe('presigned URLs of the minio client', () => {
  const minio = new MinioClient({
    endPoint: 'localhost',
    port: 9000,
    useSSL: false,
    region: 'us-east-1',
    accessKey: exampleKey.accessKeyId,
    secretKey: exampleKey.secretAccessKey,
  })
  for (const key of ['plain', 'a b+c/ü (1).jpg']) {
    it(`hold for ${key}`, async () => {
      const url = new URL(
        await minio.presignedGetObject('photos', key, 60, { 'response-content-type': 'text/plain; x=y' }),
      )
      const request = requestOf('GET', url.pathname + url.search, { host: url.host })
      equal(authenticateAt(Date.now())(request).by, 'query')
    })
  }
})
