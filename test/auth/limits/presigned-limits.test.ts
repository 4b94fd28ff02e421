// Limits on presigned requests, through HTTP: signed by somebody who is not us, used by whoever has the URL.

import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import aws4 from 'aws4'
import { Client } from 'minio'
import { equal, throws } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { presignedLimits } from '../../../src/auth/limits/presigned-limits.js'
import { presign, type PresignOrder } from '../../presigned-url.js'
import { Secret } from '../../../src/auth/secret.js'
import { registerAccount } from '../../../src/store/catalog/account.js'
import { revokedUntilMs, revokePresigned, unrevokePresigned } from '../../../src/store/catalog/presigned.js'
import { credentials, region } from '../../fresh-server.js'
import { HandClock, objectServer, patterned, refused } from '../../objects/objects.js'

async function presigningServer(options: Parameters<typeof objectServer>[0] = {}) {
  const fresh = await objectServer(options)
  const { endpoint, bucket } = fresh
  const url = (
    method: PresignOrder['method'],
    key: string,
    limits: PresignOrder['limits'],
    more: Partial<PresignOrder> = {},
  ) =>
    presign({
      endpoint,
      region,
      accessKeyId: credentials.accessKeyId,
      secret: new Secret(credentials.secretAccessKey),
      method,
      bucket,
      key,
      expiresSeconds: 300,
      nowMs: Date.now(),
      limits,
      ...more,
    })
  return { ...fresh, url }
}

/** Status and code of what a URL answers. */
async function use(url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, init)
  const text = await response.text()
  return `${response.status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? text}`.trim()
}

/** A client that presigns as the documentation says. */
const presignerAt = (endpoint: URL): S3Client =>
  new S3Client({
    endpoint: endpoint.href,
    region,
    credentials,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })

/** As the documentation does it. */
function urlWith(
  s3: S3Client,
  command: PutObjectCommand | UploadPartCommand,
  limits: Record<string, string>,
): Promise<string> {
  // The two commands' stacks take the same middleware; their union cannot be called.
  const { middlewareStack } = command as PutObjectCommand
  middlewareStack.add(
    (next) => (args) => {
      // Every HTTP request has headers.
      Object.assign((args.request as { headers: object }).headers, limits)
      return next(args)
    },
    { step: 'build' },
  )
  return getSignedUrl(s3, command as PutObjectCommand, { expiresIn: 3600 })
}

/** Signed by aws4 in its query, whatever it says. */
function presigned(endpoint: URL, path: string, limits: Record<string, string>): string {
  const query = Object.entries({ 'X-Amz-Expires': '300', ...limits })
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("'", '%27')}`)
    .join('&')
  const target = `${path}${path.includes('?') ? '&' : '?'}${query}`
  const signed = aws4.sign(
    { service: 's3', region, method: 'GET', host: endpoint.host, path: target, signQuery: true },
    credentials,
  )
  return `${endpoint.origin}${signed.path}`
}

/** Signed by aws4 in its header; its answer as `use` tells it. */
function useSigned(
  endpoint: URL,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<string> {
  const signed = aws4.sign(
    {
      service: 's3',
      region,
      method,
      host: endpoint.host,
      path,
      headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD', ...headers },
    },
    credentials,
  )
  const sent = Object.fromEntries(Object.entries(signed.headers ?? {}).map(([name, value]) => [name, String(value)]))
  return use(`${endpoint.origin}${path}`, { method, headers: sent, ...(body !== undefined && { body }) })
}

/** Signed fields of a form. Source: AWS, "Creating a POST Policy". */
function signedPolicy(conditions: readonly unknown[]): Record<string, string> {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const day = stamp.slice(0, 8)
  const signing = {
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${credentials.accessKeyId}/${day}/${region}/s3/aws4_request`,
    'x-amz-date': stamp,
  }
  const covered = [...conditions, ...Object.entries(signing).map(([name, value]) => ({ [name]: value }))]
  const document = { expiration: new Date(Date.now() + 300_000).toISOString(), conditions: covered }
  const policy = Buffer.from(JSON.stringify(document)).toString('base64')
  const key = [day, region, 's3', 'aws4_request'].reduce(
    (secret: Buffer, part) => hmac(secret, part),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  )
  return { ...signing, policy, 'x-amz-signature': hmac(key, policy).toString('hex') }
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

const put = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): RequestInit => ({
  method: 'PUT',
  body,
  headers,
})

describe('A greatest size', () => {
  it('lets an upload of that size in, and refuses a larger one by its length', async () => {
    const { url, text } = await presigningServer()
    const target = url('PUT', 'a', { 'max-size': '10' })
    equal(await use(target, put('1234567890')), '200')
    equal(await use(target, put('12345678901')), '400 EntityTooLarge')
    equal(await text('a'), '1234567890')
  })

  it('is held while streaming: what is more than was stated is cut, and nothing is stored', async () => {
    const { url, s3, bucket, endpoint } = await presigningServer()
    const streamed = (decoded: number): Promise<string> => {
      const headers = {
        'X-Amz-Content-Sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'X-Amz-Decoded-Content-Length': String(decoded),
        'X-Amz-Cairn-Max-Size': '100',
      }
      const body = `100\r\n${'x'.repeat(256)}\r\n0\r\n\r\n`
      return useSigned(endpoint, 'PUT', `/${bucket}/a`, headers, body)
    }
    equal(await streamed(256), '400 EntityTooLarge')
    equal(await streamed(100), '400 IncompleteBody')
    equal(await streamed(1), '400 IncompleteBody')
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(60_000)) })
    // Without any length it is not taken at all.
    const endless: RequestInit = { method: 'PUT', body, duplex: 'half' }
    equal(await use(url('PUT', 'a', { 'max-size': '100' }), endless), '411 MissingContentLength')
    await refused(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a' })), 'NotFound')
  })

  it('holds for parts of uploads', async () => {
    const { s3: plain, bucket, endpoint } = await presigningServer()
    const s3 = presignerAt(endpoint)
    const { UploadId } = await plain.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'a' }))
    const part = new UploadPartCommand({ Bucket: bucket, Key: 'a', UploadId, PartNumber: 1 })
    const target = await urlWith(s3, part, { 'x-amz-cairn-max-size': '10' })
    equal(await use(target, put('12345678901')), '400 EntityTooLarge')
    equal(await use(target, put('1234567890')), '200')
  })

  it('says nothing of a download, which is refused', async () => {
    const { url, put: putObject } = await presigningServer()
    await putObject('a')
    equal(await use(url('GET', 'a', { 'max-size': '10' })), '400 InvalidArgument')
  })
})

describe('A content type', () => {
  it('must be one of those that were signed', async () => {
    const { url } = await presigningServer()
    const types = { 'content-type': 'image/png, text/*' }
    const cases: readonly [type: string | undefined, outcome: string][] = [
      ['image/png', '200'],
      ['IMAGE/PNG', '200'],
      ['text/plain; charset=utf-8', '200'],
      ['text/html', '200'],
      ['image/jpeg', '403 AccessDenied'],
      ['image/png2', '403 AccessDenied'],
      ['texture/plain', '403 AccessDenied'],
      [undefined, '403 AccessDenied'],
    ]
    for (const [type, outcome] of cases) {
      const body = patterned(4)
      const headers = type === undefined ? {} : { 'Content-Type': type }
      equal(await use(url('PUT', 'a', types), put(new Uint8Array(body), headers)), outcome, type)
    }
  })
})

describe('Once only', () => {
  it('lets exactly one of twenty uploads at once through', async () => {
    const { url, text } = await presigningServer()
    const target = url('PUT', 'a', { once: 'upload-1' })
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => use(target, put(`body ${i}`))))
    equal(outcomes.filter((outcome) => outcome === '200').length, 1)
    equal(outcomes.filter((outcome) => outcome === '403 AccessDenied').length, 19)
    equal(await text('a'), `body ${outcomes.indexOf('200')}`)
  })

  it('lets exactly one of twenty downloads at once through', async () => {
    const { url, put: putObject } = await presigningServer()
    await putObject('a', 'content')
    const target = url('GET', 'a', { once: 'download-1' })
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => use(target)))
    equal(outcomes.filter((outcome) => outcome === '200 content').length, 1)
    equal(outcomes.filter((outcome) => outcome === '403 AccessDenied').length, 19)
  })

  it('is not used up by an upload that fails', async () => {
    const { url } = await presigningServer()
    const target = url('PUT', 'a', { once: 'upload-1', 'max-size': '10' })
    equal(await use(target, put('12345678901')), '400 EntityTooLarge')
    equal(await use(target, put('1', { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' })), '403 AccessDenied')
    equal(await use(target, put('1', { 'if-match': '"none"' })), '404 NoSuchKey')
    equal(await use(target, put('1')), '200')
    equal(await use(target, put('1')), '403 AccessDenied')
  })

  it('is used up by any other request that may be made, whatever comes of it', async () => {
    const { url, put: putObject } = await presigningServer()
    const target = url('GET', 'a', { once: 'download-1' })
    equal(await use(target), '404 NoSuchKey')
    await putObject('a')
    equal(await use(target), '403 AccessDenied')
  })

  it('is one use for all URLs with the same id, and survives a restart', async () => {
    const fresh = await presigningServer()
    equal(await use(fresh.url('PUT', 'a', { once: 'x' }), put('1')), '200')
    equal(await use(fresh.url('PUT', 'b', { once: 'x' }), put('1')), '403 AccessDenied')
    const target = fresh.url('PUT', 'c', { once: 'x' })
    const { endpoint } = await fresh.restart()
    equal(endpoint.href, fresh.endpoint.href)
    equal(await use(target, put('1')), '403 AccessDenied')
    equal(await use(fresh.url('PUT', 'b', { once: 'y' }), put('1')), '200')
  })

  it('is forgotten a day after the signature has expired', async () => {
    const clock = new HandClock()
    const { url, server } = await presigningServer({ clock })
    equal(await use(url('PUT', 'a', { once: 'x' }, { nowMs: clock.ms }), put('1')), '200')
    clock.ms += 24 * 3_600_000
    await server.store.collector.collectNow()
    equal(await use(url('PUT', 'a', { once: 'x' }, { nowMs: clock.ms }), put('1')), '403 AccessDenied')
    clock.ms += 301_000
    await server.store.collector.collectNow()
    equal(await use(url('PUT', 'a', { once: 'x' }, { nowMs: clock.ms }), put('1')), '200')
  })
})

describe('A source address', () => {
  it('must be in one of the networks', async () => {
    const { url, put: putObject } = await presigningServer()
    await putObject('a', 'content')
    equal(await use(url('GET', 'a', { source: '192.0.2.0/24, 127.0.0.0/8' })), '200 content')
    equal(await use(url('GET', 'a', { source: '127.0.0.1' })), '200 content')
    equal(await use(url('GET', 'a', { source: '192.0.2.0/24,::1' })), '403 AccessDenied')
  })

  it('is not what a client says, unless it is a trusted proxy', async () => {
    const { url, put: putObject } = await presigningServer()
    await putObject('a', 'content')
    const target = url('GET', 'a', { source: '192.0.2.0/24' })
    equal(await use(target, { headers: { 'x-forwarded-for': '192.0.2.1' } }), '403 AccessDenied')
    const behind = await presigningServer({ settings: { trustedProxies: ['127.0.0.1'] } })
    await behind.put('a', 'content')
    const there = behind.url('GET', 'a', { source: '192.0.2.0/24' })
    equal(await use(there, { headers: { 'x-forwarded-for': '192.0.2.1' } }), '200 content')
    equal(await use(there, { headers: { 'x-forwarded-for': '198.51.100.1' } }), '403 AccessDenied')
    equal(await use(there), '403 AccessDenied')
  })
})

describe('An id', () => {
  it('revokes what was signed with it, at once, and may be taken back', async () => {
    const { url, put: putObject, server } = await presigningServer()
    await putObject('a', 'content')
    const { accountId } = server.rootKey
    const target = url('GET', 'a', { id: 'link-7' })
    equal(await use(target), '200 content')
    await server.store.catalog.commit(revokePresigned, { accountId, id: 'link-7', untilMs: revokedUntilMs(Date.now()) })
    equal(await use(target), '403 AccessDenied')
    equal(await use(url('GET', 'a', { id: 'link-8' })), '200 content')
    // Another account's ids are its own.
    const other = 'f'.repeat(64)
    await server.store.catalog.commit(registerAccount, {
      id: other,
      number: '222222222222',
      name: 'other',
      now: Date.now(),
    })
    await server.store.catalog.commit(revokePresigned, {
      accountId: other,
      id: 'link-8',
      untilMs: revokedUntilMs(Date.now()),
    })
    equal(await use(url('GET', 'a', { id: 'link-8' })), '200 content')
    await server.store.catalog.commit(unrevokePresigned, { accountId, id: 'link-7' })
    equal(await use(target), '200 content')
  })
})

describe('Security rule 3: limits of presigned requests', () => {
  it('are refused when the query repeats one, of which the signer may have meant either', () => {
    const query = 'x-amz-cairn-id=a&x-amz-cairn-id=b'
    const request = { method: 'GET', path: '/b/a', query, headers: {}, remoteAddress: '', isSecure: false }
    const by = { caller: { accessKeyId: 'AKID' }, by: 'query' }
    throws(() => presignedLimits(request, new Map([['x-amz-cairn-id', 'a']]), by, new HandClock()), {
      code: 'InvalidArgument',
    })
  })

  it('cannot be taken away, changed or added by who has the URL', async () => {
    const { url, put: putObject } = await presigningServer()
    await putObject('a', 'content')
    const target = url('GET', 'a', { id: 'link-7' })
    equal(await use(target.replace('&x-amz-cairn-id=link-7', '')), '403 SignatureDoesNotMatch')
    equal(await use(target.replace('link-7', 'link-8')), '403 SignatureDoesNotMatch')
    equal(await use(`${target}&x-amz-cairn-id=link-8`), '403 SignatureDoesNotMatch')
    equal(await use(target, { headers: { 'x-amz-cairn-source': '0.0.0.0/0' } }), '403 AccessDenied')
  })

  it('are refused when they are unknown, malformed or stated twice, never ignored', async () => {
    const { bucket, endpoint, put: putObject } = await presigningServer()
    await putObject('a', 'content')
    const wrong: readonly Record<string, string>[] = [
      { 'x-amz-cairn-max-speed': '1' },
      { 'x-amz-cairn-': '1' },
      { 'X-Amz-Cairn-Max-Size': 'many' },
      { 'x-amz-cairn-max-size': '-1' },
      { 'x-amz-cairn-max-size': '' },
      { 'x-amz-cairn-once': '' },
      { 'x-amz-cairn-once': 'a b' },
      { 'x-amz-cairn-once': 'x'.repeat(129) },
      { 'x-amz-cairn-id': "'; DROP TABLE presign_revoked" },
      { 'x-amz-cairn-source': 'localhost' },
      { 'x-amz-cairn-source': '10.0.0.0/99' },
      { 'x-amz-cairn-source': Array.from({ length: 33 }, () => '10.0.0.1').join(',') },
      { 'x-amz-cairn-content-type': 'png' },
      { 'x-amz-cairn-content-type': '*/png' },
      { 'x-amz-cairn-id': 'a', 'X-Amz-Cairn-Id': 'b' },
    ]
    for (const limits of wrong) {
      equal(await use(presigned(endpoint, `/${bucket}/a`, limits)), '400 InvalidArgument', JSON.stringify(limits))
    }
    equal(await use(presigned(endpoint, `/${bucket}/a?x%2Damz-cairn-nothing=1`, {})), '400 InvalidArgument')
  })

  it('are heeded in requests that are signed in their header too', async () => {
    const { endpoint, bucket, text, put: putObject } = await presigningServer()
    await putObject('a', 'content')
    const ask = (headers: Record<string, string>, query = '', method = 'GET', body?: string) =>
      useSigned(endpoint, method, `/${bucket}/a${query}`, headers, body)
    equal(await ask({}), '200 content')
    equal(await ask({ 'X-Amz-Cairn-Source': '127.0.0.1' }), '200 content')
    equal(await ask({ 'x-amz-cairn-source': '192.0.2.1' }), '403 AccessDenied')
    equal(await ask({}, '?x-amz-cairn-source=192.0.2.1'), '403 AccessDenied')
    equal(await ask({ 'x-amz-cairn-nothing': '1' }), '400 InvalidArgument')
    equal(await ask({}, '?X-Amz-Cairn-Nothing'), '400 InvalidArgument')
    equal(await ask({ 'x-amz-cairn-max-size': '3' }, '', 'PUT', '1234'), '400 EntityTooLarge')
    equal(await ask({ 'x-amz-cairn-once': 'h' }, '', 'PUT', '1234'), '200')
    equal(await ask({ 'x-amz-cairn-once': 'h' }, '', 'PUT', '5678'), '403 AccessDenied')
    equal(await text('a'), '1234')
  })

  it('are refused on browser forms, in their fields and beside them', async () => {
    const { endpoint, bucket } = await presigningServer()
    const form = (limits: Record<string, string>): FormData => {
      const conditions = [
        { bucket },
        ['eq', '$key', 'a'],
        ...Object.entries(limits).map(([name, value]) => ({ [name]: value })),
      ]
      const data = new FormData()
      const fields = { key: 'a', ...limits, ...signedPolicy(conditions) }
      for (const [name, value] of Object.entries(fields)) data.append(name, value)
      data.append('file', 'content')
      return data
    }
    const url = `${endpoint.origin}/${bucket}`
    equal(await use(url, { method: 'POST', body: form({ 'x-amz-cairn-id': 'a' }) }), '501 NotImplemented')
    equal(await use(url, { method: 'POST', body: form({}), headers: { 'x-amz-cairn-id': 'a' } }), '403 AccessDenied')
    equal(await use(`${url}?x-amz-cairn-id=a`, { method: 'POST', body: form({}) }), '403 AccessDenied')
    equal(await use(url, { method: 'POST', body: form({}) }), '204')
  })
})

describe('A URL that the server presigns', () => {
  it('is taken for keys of any name, with a version, and for its time only', async () => {
    const { url, version, put: putObject } = await presigningServer()
    await version('Enabled')
    for (const key of ['a b/ü+1?&%', "it's (1)*!", '//', 'a/%2F~']) {
      const { VersionId } = await putObject(key, 'first')
      await putObject(key, 'second')
      equal(await use(url('GET', key, {}, { versionId: VersionId })), '200 first', key)
      equal(await use(url('GET', key, {})), '200 second', key)
    }
    equal(await use(url('GET', 'a', {}, { nowMs: Date.now() - 301_000 })), '403 AccessDenied')
  })

  it('is not made with a limit that would be refused, or for more than a week', async () => {
    const { url } = await presigningServer()
    throws(() => url('GET', 'a', { source: 'nowhere' }), { code: 'InvalidArgument' })
    throws(() => url('GET', 'a', {}, { expiresSeconds: 604_801 }), { code: 'InvalidArgument' })
    throws(() => url('GET', 'a', {}, { expiresSeconds: 0.5 }), { code: 'InvalidArgument' })
  })
})

describe('The examples of docs/presigned-limits.md', () => {
  const limits = {
    'x-amz-cairn-max-size': '1000000',
    'x-amz-cairn-content-type': 'image/png,image/jpeg',
    'x-amz-cairn-once': 'upload-7',
    'x-amz-cairn-id': 'upload-7',
  }
  const png = { 'Content-Type': 'image/png' }

  async function verify(target: string): Promise<void> {
    equal(await use(target, put(new Uint8Array(1_000_001), png)), '400 EntityTooLarge')
    equal(await use(target, put('text', { 'Content-Type': 'text/plain' })), '403 AccessDenied')
    equal(await use(target, put('picture', png)), '200')
    equal(await use(target, put('picture', png)), '403 AccessDenied')
  }

  it('for the AWS SDK for JavaScript hold', async () => {
    const { endpoint, bucket } = await presigningServer()
    const s3 = presignerAt(endpoint)
    await verify(await urlWith(s3, new PutObjectCommand({ Bucket: bucket, Key: 'upload-7' }), limits))
  })

  it('for the minio client hold', async () => {
    const { endpoint, bucket } = await presigningServer()
    const { accessKeyId: accessKey, secretAccessKey: secretKey } = credentials
    const minio = new Client({
      endPoint: endpoint.hostname,
      port: Number(endpoint.port),
      useSSL: false,
      region,
      accessKey,
      secretKey,
    })
    await verify(await minio.presignedUrl('PUT', bucket, 'upload-7', 3600, limits))
  })
})
