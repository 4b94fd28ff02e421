// Encryption that is asked for wrongly, whether or not it could be done.

import { doesNotThrow, equal, ok, throws } from 'node:assert/strict'
import { S3Error } from '../../src/contract/errors.js'
import { requireSoundEncryption } from '../../src/s3/encryption-headers.js'
import { requireHonoured } from '../../src/s3/not-yet.js'
import { freshServer } from '../fresh-server.js'
import { rawRequest, signedRequest } from '../raw-request.js'

const key = {
  SSECustomerKey: 'pO3upElrwuEXSoFwCfnZPdSsmt/xWeFa0N9KgDijwVs=',
  SSECustomerKeyMD5: 'DWygnHRtgiJ77HCm+1rvHw==',
}
const customers = { SSECustomerAlgorithm: 'AES256', ...key }

describe('encryption headers', () => {
  const sound: [what: string, input: Parameters<typeof requireSoundEncryption>[0]][] = [
    ['none', {}],
    ['keys of S3', { ServerSideEncryption: 'AES256' }],
    ['keys of KMS', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias' }],
    ['keys of KMS, twice over', { ServerSideEncryption: 'aws:kms:dsse', SSEKMSKeyId: 'alias' }],
    ['a key of the customer', customers],
  ]
  for (const [what, input] of sound) it(`may ask for ${what}`, () => doesNotThrow(() => requireSoundEncryption(input)))

  const wrong: [what: string, input: Parameters<typeof requireSoundEncryption>[0]][] = [
    ['a key of KMS by no method', { SSEKMSKeyId: 'alias' }],
    ['a key of KMS by another method', { ServerSideEncryption: 'AES256', SSEKMSKeyId: 'alias' }],
    ['two methods', { ServerSideEncryption: 'AES256', ...customers }],
    ["a customer's key without an algorithm", key],
    ["a customer's algorithm without a key", { SSECustomerAlgorithm: 'AES256' }],
    ['a key without its MD5', { SSECustomerAlgorithm: 'AES256', SSECustomerKey: key.SSECustomerKey }],
    ['a key with another MD5', { ...customers, SSECustomerKeyMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }],
    ['a key that is too short', { ...customers, SSECustomerKey: 'c2VjcmV0' }],
  ]
  for (const [what, input] of wrong) {
    it(`may not ask for ${what}`, () => {
      throws(
        () => requireHonoured(input, true),
        (error) =>
          error instanceof S3Error &&
          error.code === 'InvalidArgument' &&
          !JSON.stringify(error.members).includes(input.SSECustomerKey ?? 'nothing secret'),
      )
    })
  }

  it('may not ask for another algorithm', () => {
    throws(() => requireSoundEncryption({ ...customers, SSECustomerAlgorithm: 'AES128' }), {
      code: 'InvalidEncryptionAlgorithmError',
    })
  })

  const secrets: [what: string, input: object][] = [
    ['to write with', customers],
    [
      'to read a source with',
      { CopySourceSSECustomerAlgorithm: 'AES256', CopySourceSSECustomerKey: key.SSECustomerKey },
    ],
  ]
  for (const [what, input] of secrets) {
    it(`may not tell over HTTP a key ${what}`, () => {
      throws(() => requireHonoured(input, false), { code: 'InvalidRequest', message: /over a secure connection/ })
      throws(() => requireHonoured(input, true), { code: 'NotImplemented' })
    })
  }

  it('may tell no key over HTTP, through a proxy neither, but behind TLS', async () => {
    const { endpoint, bucket } = await freshServer({ settings: { trustedProxies: ['127.0.0.1'] } })
    const put = async (by: Record<string, string>) => {
      const headers = {
        ...by,
        'x-amz-server-side-encryption-customer-algorithm': 'AES256',
        'x-amz-server-side-encryption-customer-key': key.SSECustomerKey,
        'x-amz-server-side-encryption-customer-key-MD5': key.SSECustomerKeyMD5,
      }
      const request = signedRequest(endpoint, { method: 'PUT', target: `/${bucket}/k`, headers, body: 'x' })
      return rawRequest(endpoint, request)
    }

    const plain = await put({})
    equal(plain.status, 400)
    ok(plain.body.includes('must be made over a secure connection.'))
    ok(!plain.body.includes(key.SSECustomerKey))
    equal((await put({ 'X-Forwarded-Proto': 'http' })).status, 400)
    equal((await put({ 'X-Forwarded-Proto': 'https' })).status, 501)
  })

  it('may not come with a read', async () => {
    const { endpoint, bucket } = await freshServer()
    const headers = { 'x-amz-server-side-encryption': 'aws:kms' }
    const answer = await rawRequest(
      endpoint,
      signedRequest(endpoint, { method: 'GET', target: `/${bucket}/k`, headers }),
    )
    equal(answer.status, 400)
    ok(answer.body.includes('<Code>InvalidArgument</Code>'))
  })
})
