// Who may come in, and how everybody else is turned away: each refusal with S3's code.

import { deepEqual, equal, throws } from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import type { HttpRequest } from '../../src/contract/request.js'
import {
  authenticate,
  emptySha256,
  exampleAccount,
  exampleKey,
  presigned,
  requestOf,
  signed,
  withHeaders,
} from './requests.js'

/** Changes the first character that is a digit into another digit. */
const flipped = (text: string): string => text.replace(/\d/, (digit) => String((Number(digit) + 1) % 10))

/** Changes a part of the Authorization header. */
const withAuthorization = (request: HttpRequest, change: (text: string) => string): HttpRequest =>
  withHeaders(request, { authorization: change(request.headers['authorization'] ?? '') })

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

describe('authenticate', () => {
  describe('a signature in the Authorization header', () => {
    it('names the caller and the payload mode', () => {
      const { caller, payload, by } = authenticate(signed())
      deepEqual(caller, {
        accountId: 'ab'.repeat(32),
        displayName: 'root',
        accessKeyId: exampleKey.accessKeyId,
        principal: {
          kind: 'root',
          account: exampleAccount,
          arn: 'arn:aws:iam::123456789012:root',
          isOperator: true,
        },
      })
      deepEqual(payload, { kind: 'digest', sha256: emptySha256 })
      equal(by, 'header')
    })

    const targets = [
      '/',
      '/photos',
      '/photos/',
      '/photos//twice//slashed/',
      '/photos/a%20b.jpg',
      '/photos/plus%2Bsign',
      '/photos/tilde~star%2Aquote%27(bracket)',
      '/photos/%E2%82%AC%F0%9F%8F%94',
      '/photos/percent%25zz',
      '/photos/./../dots',
      '/photos/colon:at@semi;comma,equals=',
      '/photos?list-type=2&prefix=a%2Fb&delimiter=%2F&start-after=%20+%2B',
      '/photos?uploads',
      '/photos/cat.jpg?versionId=a-b&partNumber=1',
      '/photos?a=2&a-b=1&a.c=3&A=4',
      '/photos?prefix=%F0%9F%8F%94&max-keys=0',
    ]
    for (const target of targets) {
      it(`holds for ${target}`, () => {
        equal(authenticate(signed({ target })).by, 'header')
        equal(authenticate(presigned({ target })).by, 'query')
      })
    }

    for (const comma of [',', ', ', ' ,', ' , ', '\t,  ']) {
      it(`is read whatever space is about its commas: "${comma}"`, () => {
        equal(authenticate(withAuthorization(signed(), (text) => text.replaceAll(', ', comma))).by, 'header')
      })
    }

    it('holds for every header a client may send, folded and trimmed', () => {
      const request = signed({
        method: 'PUT',
        headers: {
          'Content-Type': '  text/plain;   charset=utf-8  ',
          'X-Amz-Meta-Note': 'one  two\tthree',
          'Cache-Control': 'no-cache',
          'Content-MD5': '1B2M2Y8AsgTpgAmY7PhCfg==',
        },
      })
      equal(authenticate(request).by, 'header')
    })

    it('holds for bytes beyond ASCII in a header, as Node reads them', () => {
      const bytes = Buffer.from('Grüße ⛰', 'utf8').toString('latin1')
      const request = signed({ headers: { 'X-Amz-Meta-Note': 'Grüße ⛰' } })
      equal(authenticate(withHeaders(request, { 'x-amz-meta-note': bytes })).by, 'header')
    })

    it('holds for metadata sent twice, which a signature joins without a space', () => {
      const request = signed({ headers: { 'X-Amz-Meta-Tag': 'one,two' } })
      equal(authenticate(withHeaders(request, { 'x-amz-meta-tag': 'one, two' })).by, 'header')
    })

    it('does not let a space into any other header', () => {
      const request = signed({ method: 'PUT', headers: { 'X-Amz-Copy-Source': '/photos/a,b' } })
      throws(() => authenticate(withHeaders(request, { 'x-amz-copy-source': '/photos/a, b' })), {
        code: 'SignatureDoesNotMatch',
      })
    })

    it('takes the time of the Date header when there is no x-amz-date', () => {
      const canonical = `GET\n/photos\n\ndate:Fri, 24 May 2013 00:00:00 GMT\nhost:localhost:9000\nx-amz-content-sha256:${emptySha256}\n\ndate;host;x-amz-content-sha256\n${emptySha256}`
      const scope = '20130524/us-east-1/s3/aws4_request'
      const hash = createHash('sha256').update(canonical).digest('hex')
      const signature = hmac(
        ['20130524', 'us-east-1', 's3', 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${exampleKey.secretAccessKey}`)),
        `AWS4-HMAC-SHA256\n20130524T000000Z\n${scope}\n${hash}`,
      ).toString('hex')
      const request = requestOf('GET', '/photos', {
        host: 'localhost:9000',
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-content-sha256': emptySha256,
        authorization: `AWS4-HMAC-SHA256 Credential=${exampleKey.accessKeyId}/${scope}, SignedHeaders=date;host;x-amz-content-sha256, Signature=${signature}`,
      })
      equal(authenticate(request).by, 'header')
      throws(() => authenticate(withHeaders(request, { date: 'Fri, 24 May 2013 00:00:01 GMT' })), {
        code: 'SignatureDoesNotMatch',
      })
      throws(() => authenticate(withHeaders(request, { date: 'someday' })), { code: 'AccessDenied' })
    })

    it('does not stumble over names that every object has', () => {
      const request = withAuthorization(signed(), (text) =>
        text.replace('SignedHeaders=host', 'SignedHeaders=constructor;__proto__;host'),
      )
      throws(() => authenticate(request), { code: 'SignatureDoesNotMatch' })
    })
  })

  describe('tampering', () => {
    const request = signed({
      method: 'PUT',
      target: '/photos/cat.jpg?partNumber=1&uploadId=abc1',
      headers: { 'X-Amz-Meta-Note': 'note 1', 'X-Amz-Storage-Class': 'STANDARD' },
    })
    const tampered: Record<string, HttpRequest> = {
      'another method': { ...request, method: 'DELETE' },
      'another path': { ...request, path: '/photos/dog.jpg' },
      'a path of another case': { ...request, path: '/photos/Cat.jpg' },
      'a slash more': { ...request, path: '/photos//cat.jpg' },
      'another query value': { ...request, query: flipped(request.query) },
      'a query parameter more': { ...request, query: `${request.query}&tagging` },
      'a query parameter less': { ...request, query: 'partNumber=1' },
      'another host': withHeaders(request, { host: 'localhost:9001' }),
      'another time': withHeaders(request, { 'x-amz-date': '20130524T000001Z' }),
      'another payload': withHeaders(request, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }),
      'a changed signed header': withHeaders(request, { 'x-amz-meta-note': 'note 2' }),
      'a signed header less': withHeaders(request, { 'x-amz-meta-note': undefined }),
      'another signature': withAuthorization(request, (text) =>
        text.replace(/Signature=.*/, (signature) => flipped(signature)),
      ),
      'a signature too short': withAuthorization(request, (text) => text.slice(0, -1)),
      'a signature in capitals': withAuthorization(request, (text) =>
        text.replace(/Signature=.*/, (signature) => `Signature=${signature.slice(10).toUpperCase()}`),
      ),
    }
    for (const [name, changed] of Object.entries(tampered)) {
      it(`refuses ${name}`, () => {
        equal(authenticate(request).by, 'header')
        throws(() => authenticate(changed), { code: 'SignatureDoesNotMatch' })
      })
    }

    it('refuses another secret', () => {
      throws(() => authenticate(signed({ key: { ...exampleKey, secretAccessKey: 'another' } })), {
        code: 'SignatureDoesNotMatch',
      })
    })
  })

  describe('headers left unsigned (each would change what was signed)', () => {
    it('refuses an unsigned x-amz-copy-source on a presigned PUT', () => {
      const request = withHeaders(presigned({ method: 'PUT' }), { 'x-amz-copy-source': '/secrets/plan' })
      throws(() => authenticate(request), {
        code: 'AccessDenied',
        message: 'There were headers present in the request which were not signed',
        members: { HeadersNotSigned: 'x-amz-copy-source' },
      })
    })
    it('refuses an unsigned x-amz-acl and x-amz-tagging, naming both', () => {
      const request = withHeaders(signed({ method: 'PUT' }), { 'x-amz-acl': 'public-read', 'x-amz-tagging': 'a=b' })
      throws(() => authenticate(request), {
        code: 'AccessDenied',
        members: { HeadersNotSigned: 'x-amz-acl, x-amz-tagging' },
      })
    })
    it('refuses an unsigned Content-MD5', () => {
      const request = withHeaders(presigned({ method: 'PUT' }), { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' })
      throws(() => authenticate(request), { code: 'AccessDenied', members: { HeadersNotSigned: 'content-md5' } })
    })
    it('refuses an unsigned x-amz-content-sha256, which would open another payload mode', () => {
      const request = withHeaders(presigned({ method: 'PUT' }), {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      })
      throws(() => authenticate(request), { code: 'AccessDenied' })
    })
    it('refuses a signature that does not cover the host', () => {
      const request = withAuthorization(signed(), (text) => text.replace('SignedHeaders=host;', 'SignedHeaders='))
      throws(() => authenticate(request), { code: 'AccessDenied', members: { HeadersNotSigned: 'host' } })
    })
    it('lets browsers add Range, conditions, Content-Type and their own to a presigned URL', () => {
      const request = withHeaders(presigned(), {
        range: 'bytes=0-1',
        'if-none-match': '"a"',
        'content-type': 'image/png',
        origin: 'https://example.com',
        'user-agent': 'a browser',
        expect: '100-continue',
        'content-length': '3',
      })
      equal(authenticate(request).by, 'query')
    })
  })

  describe('payload modes', () => {
    const modes: Record<string, string> = {
      'UNSIGNED-PAYLOAD': 'unsigned',
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER': 'chunks-unsigned',
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': 'chunks-signed',
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': 'chunks-signed',
      [createHash('sha256').update('x').digest('hex')]: 'digest',
    }
    for (const [value, kind] of Object.entries(modes)) {
      it(`reads ${value}`, () => {
        equal(authenticate(signed({ headers: { 'X-Amz-Content-Sha256': value } })).payload.kind, kind)
      })
    }
    for (const value of ['x', 'STREAMING-OTHER', 'g'.repeat(64), 'a'.repeat(63)]) {
      it(`refuses "${value}"`, () => {
        throws(
          () => authenticate(signed({ headers: { 'X-Amz-Content-Sha256': value } })),
          (error: { code?: string }) => ['InvalidArgument', 'InvalidRequest'].includes(error.code ?? ''),
        )
      })
    }
    it('refuses streams signed by ECDSA', () => {
      const headers = { 'X-Amz-Content-Sha256': 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' }
      throws(() => authenticate(signed({ headers })), { code: 'NotImplemented' })
    })
    it('chains chunk signatures to the request signature', () => {
      const request = signed({ headers: { 'X-Amz-Content-Sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER' } })
      const { payload } = authenticate(request)
      if (payload.kind !== 'chunks-signed') throw new Error('not signed chunks')
      equal(payload.hasTrailer, true)
      equal(payload.seed.signature, /Signature=(\w+)/.exec(request.headers['authorization'] ?? '')?.[1])
      equal(payload.seed.scope, '20130524/us-east-1/s3/aws4_request')
      equal(payload.seed.timestamp, '20130524T000000Z')
      equal(payload.seed.signingKey.length, 32)
    })
  })
})
