// How everybody is turned away who has no signature, or one for another hour, place or person: each refusal with S3's code.

import { deepEqual, equal, throws } from 'node:assert/strict'
import type { HttpRequest } from '../../src/contract/request.js'
import {
  authenticate,
  authenticateAt,
  exampleKey,
  exampleMs,
  presigned,
  requestOf,
  signed,
  withHeaders,
  withParameters,
} from './requests.js'

const minuteMs = 60_000

/** Changes a part of the Authorization header. */
const withAuthorization = (request: HttpRequest, change: (text: string) => string): HttpRequest =>
  withHeaders(request, { authorization: change(request.headers['authorization'] ?? '') })

describe('authenticate refuses', () => {
  describe('the hour', () => {
    it('accepts 15 minutes of difference either way', () => {
      equal(authenticateAt(exampleMs + 15 * minuteMs)(signed()).by, 'header')
      equal(authenticateAt(exampleMs - 15 * minuteMs)(signed({ timestamp: '20130524T000000Z' })).by, 'header')
    })
    for (const offMs of [15 * minuteMs + 1, -15 * minuteMs - 1]) {
      it(`refuses a request signed ${-offMs} ms from now`, () => {
        throws(() => authenticateAt(exampleMs + offMs)(signed()), {
          code: 'RequestTimeTooSkewed',
          members: {
            RequestTime: '20130524T000000Z',
            ServerTime: `${new Date(exampleMs + offMs).toISOString().slice(0, 19)}Z`,
            MaxAllowedSkewMilliseconds: '900000',
          },
        })
      })
    }
    for (const timestamp of [
      '',
      'yesterday',
      '2013-05-24T00:00:00Z',
      '20130230T000000Z',
      '20130524T000000',
      '20130524T240000Z',
    ]) {
      it(`refuses x-amz-date "${timestamp}"`, () => {
        throws(() => authenticate(withHeaders(signed(), { 'x-amz-date': timestamp })), { code: 'AccessDenied' })
      })
    }
    it('refuses a credential of another day', () => {
      const request = withAuthorization(signed(), (text) => text.replace('/20130524/', '/20130523/'))
      throws(() => authenticate(request), {
        code: 'AuthorizationHeaderMalformed',
        message:
          'The authorization header is malformed; Invalid credential date "20130523". This date is not the same as X-Amz-Date: "20130524".',
      })
    })
    it('accepts a presigned URL until the second it expires', () => {
      const request = presigned({ expiresSeconds: '604800' })
      equal(authenticateAt(exampleMs + 604_800_000 - 1)(request).by, 'query')
      throws(() => authenticateAt(exampleMs + 604_800_000)(request), {
        code: 'AccessDenied',
        message: 'Request has expired',
        members: {
          'X-Amz-Expires': '604800',
          Expires: '2013-05-31T00:00:00Z',
          ServerTime: '2013-05-31T00:00:00Z',
        },
      })
    })
    it('refuses a presigned URL that is not yet valid', () => {
      throws(() => authenticateAt(exampleMs - 16 * minuteMs)(presigned()), {
        code: 'AccessDenied',
        message: 'Request is not valid yet',
      })
    })
    for (const expiresSeconds of ['0', '-1', '604801', '1.5', 'soon', '1e3', '99999999999999999999']) {
      it(`refuses X-Amz-Expires=${expiresSeconds}`, () => {
        throws(() => authenticate(presigned({ expiresSeconds })), { code: 'AuthorizationQueryParametersError' })
      })
    }
    it('refuses an expiry that was made longer', () => {
      throws(() => authenticate(withParameters(presigned(), { 'X-Amz-Expires': '3601' })), {
        code: 'SignatureDoesNotMatch',
      })
    })
    it('refuses an X-Amz-Date that is none', () => {
      throws(() => authenticate(presigned({ timestamp: 'tomorrow' })), {
        code: 'AuthorizationQueryParametersError',
        message: "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
      })
    })
  })

  describe('for somewhere or somebody else', () => {
    it('refuses another region and says which one is right', () => {
      throws(() => authenticate(signed({ region: 'eu-central-1' })), {
        code: 'AuthorizationHeaderMalformed',
        message: "The authorization header is malformed; the region 'eu-central-1' is wrong; expecting 'us-east-1'",
        members: { Region: 'us-east-1' },
      })
      throws(() => authenticate(presigned({ region: 'eu-central-1' })), {
        code: 'AuthorizationQueryParametersError',
        members: { Region: 'us-east-1' },
      })
    })
    it('refuses another service', () => {
      throws(() => authenticate(signed({ service: 'ec2' })), { code: 'AuthorizationHeaderMalformed' })
      throws(() => authenticate(presigned({ service: 'ec2' })), { code: 'AuthorizationQueryParametersError' })
    })
    it('refuses a key it does not know', () => {
      const key = { ...exampleKey, accessKeyId: 'AKIASOMEBODYELSE0000' }
      throws(() => authenticate(signed({ key })), {
        code: 'InvalidAccessKeyId',
        members: { AWSAccessKeyId: 'AKIASOMEBODYELSE0000' },
      })
      throws(() => authenticate(presigned({ key })), { code: 'InvalidAccessKeyId' })
    })
    it('refuses a session token for a key that has none', () => {
      const key = { ...exampleKey, sessionToken: 'token' }
      throws(() => authenticate(signed({ key })), { code: 'InvalidToken' })
      throws(() => authenticate(presigned({ key })), { code: 'InvalidToken' })
    })
  })

  describe('no signature, or one of another kind', () => {
    const bare = requestOf('GET', '/photos/cat.jpg', { host: 'localhost:9000' })
    it('takes a request that nobody signed as nobody’s', () => {
      const { caller, by, payload, signature } = authenticate(bare)
      equal(caller.principal.kind, 'anonymous')
      equal(caller.accessKeyId, '')
      equal(by, 'nobody')
      equal(signature, undefined)
      deepEqual(payload, { kind: 'unsigned' })
    })
    it('refuses what carries any part of a signature and is not signed (security rule 1)', () => {
      const code = 'AccessDenied'
      throws(() => authenticate(withHeaders(bare, { authorization: '' })), { code })
      throws(() => authenticate(withHeaders(bare, { 'x-amz-security-token': 'token' })), { code })
      for (const query of [
        'x-amz-signature=00',
        'X-Amz-SignedHeaders=host',
        'X-Amz-Date=20130524T000000Z&X-Amz-Expires=60',
        'X-Amz-Security-Token=t',
        'X%2DAmz%2DSignature=00',
        'prefix=a&%78-amz-credential=b',
        'AWSAccessKeyId=AKIA',
        'Signature=c2ln',
      ]) {
        throws(() => authenticate({ ...bare, query }), { code }, query)
      }
    })
    it('refuses chunk signatures that have no signature to begin with (security rule 2)', () => {
      const streaming = { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }
      throws(() => authenticate(withHeaders(bare, streaming)), { code: 'AccessDenied' })
    })
    it('counts chunks that nobody signed', () => {
      const streaming = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }
      deepEqual(authenticate(withHeaders(bare, streaming)).payload, { kind: 'chunks-unsigned', hasTrailer: true })
    })
    it('refuses Signature Version 2 plainly, in header and query', () => {
      const message = 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.'
      throws(() => authenticate(withHeaders(bare, { authorization: 'AWS AKIA:c2lnbmF0dXJl' })), { message })
      const query = 'AWSAccessKeyId=AKIA&Expires=1369353600&Signature=c2ln'
      throws(() => authenticate({ ...bare, query }), { code: 'InvalidRequest', message })
    })
    it('refuses Signature Version 4A plainly', () => {
      const authorization =
        'AWS4-ECDSA-P256-SHA256 Credential=A/20130524/s3/aws4_request, SignedHeaders=host, Signature=00'
      throws(() => authenticate(withHeaders(bare, { authorization })), { code: 'NotImplemented' })
      throws(() => authenticate(withParameters(presigned(), { 'X-Amz-Algorithm': 'AWS4-ECDSA-P256-SHA256' })), {
        code: 'NotImplemented',
      })
    })
    it('refuses another scheme without giving back what it held', () => {
      throws(() => authenticate(withHeaders(bare, { authorization: 'Basic cGFzc3dvcmQ=' })), {
        code: 'InvalidArgument',
        message: 'Unsupported Authorization Type',
        members: { ArgumentName: 'Authorization', ArgumentValue: 'Basic' },
      })
    })
    it('refuses a header and a query signature together', () => {
      const request = withHeaders(presigned(), { authorization: signed().headers['authorization'] })
      throws(() => authenticate(request), { code: 'InvalidArgument', message: /Only one auth mechanism allowed/ })
    })
    for (const authorization of [
      'AWS4-HMAC-SHA256',
      'AWS4-HMAC-SHA256 ',
      'AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/s3/aws4_request',
      'AWS4-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=0',
      'AWS4-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=0',
      'AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/s3/aws4_request, SignedHeaders= , Signature=0',
      'AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0,',
      'AWS4-HMAC-SHA256 Credential=////,SignedHeaders=host,Signature=0',
      'AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/s3/aws4,SignedHeaders=host,Signature=0',
      'AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=0,Signature=1',
      'AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=0,Other=1',
    ]) {
      it(`refuses "${authorization}"`, () => {
        throws(
          () => authenticate(withHeaders(signed(), { authorization })),
          (error: { code?: string }) => ['AuthorizationHeaderMalformed', 'InvalidArgument'].includes(error.code ?? ''),
        )
      })
    }
    it('requires x-amz-content-sha256', () => {
      throws(() => authenticate(withHeaders(signed(), { 'x-amz-content-sha256': undefined })), {
        code: 'InvalidRequest',
        message: 'Missing required header for this request: x-amz-content-sha256',
      })
    })
    for (const name of ['Algorithm', 'Credential', 'Signature', 'Date', 'SignedHeaders', 'Expires']) {
      it(`refuses a presigned URL without X-Amz-${name}`, () => {
        throws(() => authenticate(withParameters(presigned(), { [`X-Amz-${name}`]: undefined })), {
          code: 'AuthorizationQueryParametersError',
        })
      })
      it(`refuses X-Amz-${name} given twice`, () => {
        const request = presigned()
        throws(() => authenticate({ ...request, query: `${request.query}&X-Amz-${name}=1` }), {
          code: 'AuthorizationQueryParametersError',
        })
      })
    }
  })
})
