// The examples AWS publishes with its documentation of Signature Version 4: the signatures are AWS's own.

import { deepEqual, equal, throws } from 'node:assert/strict'
import { authenticate, emptySha256, exampleTimestamp, requestOf } from '../requests.js'

const host = 'examplebucket.s3.amazonaws.com'

const authorization = (signedHeaders: string, signature: string): string =>
  `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signedHeaders},Signature=${signature}`

const examples = [
  {
    name: 'GET Object',
    method: 'GET',
    target: '/test.txt',
    headers: { range: 'bytes=0-9' },
    payload: emptySha256,
    signedHeaders: 'host;range;x-amz-content-sha256;x-amz-date',
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    name: 'PUT Object',
    method: 'PUT',
    target: '/test%24file.text',
    headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    payload: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    signedHeaders: 'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    name: 'PUT Object whose client sends the dollar as it is',
    method: 'PUT',
    target: '/test$file.text',
    headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    payload: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    signedHeaders: 'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    name: 'GET Bucket Lifecycle',
    method: 'GET',
    target: '/?lifecycle',
    headers: {},
    payload: emptySha256,
    signedHeaders: 'host;x-amz-content-sha256;x-amz-date',
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    name: 'GET Bucket (List Objects)',
    method: 'GET',
    target: '/?prefix=J&max-keys=2',
    headers: {},
    payload: emptySha256,
    signedHeaders: 'host;x-amz-content-sha256;x-amz-date',
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
]

describe("AWS's published examples of Signature Version 4", () => {
  for (const { name, method, target, headers, payload, signedHeaders, signature } of examples) {
    const request = requestOf(method, target, {
      host,
      'x-amz-content-sha256': payload,
      'x-amz-date': exampleTimestamp,
      ...headers,
      authorization: authorization(signedHeaders, signature),
    })

    it(`accepts "${name}"`, () => {
      const { caller, payload: mode, by } = authenticate(request)
      equal(caller.accessKeyId, 'AKIAIOSFODNN7EXAMPLE')
      equal(caller.principal.kind, 'root')
      equal(by, 'header')
      deepEqual(mode, { kind: 'digest', sha256: payload })
    })

    it(`refuses "${name}" with another method`, () => {
      throws(() => authenticate({ ...request, method: 'DELETE' }), { code: 'SignatureDoesNotMatch' })
    })
  }

  it('accepts the presigned GET', () => {
    const query =
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
      '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
      '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404'
    const { payload, by } = authenticate(requestOf('GET', `/test.txt?${query}`, { host }))
    equal(by, 'query')
    deepEqual(payload, { kind: 'unsigned' })
  })

  it('explains a mismatch with the texts that were signed, as S3 does', () => {
    const request = requestOf('GET', '/?lifecycle', {
      host,
      'x-amz-content-sha256': emptySha256,
      'x-amz-date': exampleTimestamp,
      authorization: authorization('host;x-amz-content-sha256;x-amz-date', '0'.repeat(64)),
    })
    const canonicalRequest = `GET\n/\nlifecycle=\nhost:${host}\nx-amz-content-sha256:${emptySha256}\nx-amz-date:20130524T000000Z\n\nhost;x-amz-content-sha256;x-amz-date\n${emptySha256}`
    const stringToSign =
      'AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n' +
      '9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca'
    throws(() => authenticate(request), {
      code: 'SignatureDoesNotMatch',
      members: {
        AWSAccessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        StringToSign: stringToSign,
        SignatureProvided: '0'.repeat(64),
        StringToSignBytes: Buffer.from(stringToSign).toString('hex').match(/../g)?.join(' '),
        CanonicalRequest: canonicalRequest,
        CanonicalRequestBytes: Buffer.from(canonicalRequest).toString('hex').match(/../g)?.join(' '),
      },
    })
  })
})
