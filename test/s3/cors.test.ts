import { deepEqual, equal, match } from 'node:assert/strict'
import { type CORSRule, PutBucketCorsCommand } from '@aws-sdk/client-s3'
import supertest from 'supertest'
import { freshServer } from '../fresh-server.js'

async function serverWith(...CORSRules: CORSRule[]) {
  const fresh = await freshServer()
  if (CORSRules.length > 0) {
    await fresh.s3.send(new PutBucketCorsCommand({ Bucket: fresh.bucket, CORSConfiguration: { CORSRules } }))
  }
  const ask = (
    origin: string | undefined,
    method: string | undefined,
    headers?: string,
    path = `/${fresh.bucket}/key`,
  ) => {
    const request = supertest(fresh.endpoint.origin).options(path)
    if (origin !== undefined) request.set('Origin', origin)
    if (method !== undefined) request.set('Access-Control-Request-Method', method)
    if (headers !== undefined) request.set('Access-Control-Request-Headers', headers)
    return request
  }
  return { ...fresh, ask }
}

const site: CORSRule = {
  AllowedOrigins: ['https://www.example.com', 'http://*.example.org'],
  AllowedMethods: ['GET', 'PUT'],
  AllowedHeaders: ['Content-Type', 'x-amz-*'],
  ExposeHeaders: ['ETag', 'x-amz-version-id'],
  MaxAgeSeconds: 600,
}
const anybody: CORSRule = { AllowedOrigins: ['*'], AllowedMethods: ['GET', 'HEAD'] }

describe('a preflight', () => {
  it('is answered by the rule that fits, without a signature', async () => {
    const { ask } = await serverWith(site)

    const { status, headers } = await ask('https://www.example.com', 'PUT', 'content-type, X-Amz-Meta-Colour')

    equal(status, 200)
    equal(headers['access-control-allow-origin'], 'https://www.example.com')
    equal(headers['access-control-allow-methods'], 'GET, PUT')
    equal(headers['access-control-allow-headers'], 'content-type, x-amz-meta-colour')
    equal(headers['access-control-expose-headers'], 'ETag, x-amz-version-id')
    equal(headers['access-control-max-age'], '600')
    equal(headers['access-control-allow-credentials'], 'true')
    match(headers['vary'] ?? '', /Origin/)
  })

  it('of any origin never allows credentials', async () => {
    const { ask } = await serverWith(anybody)

    const { headers } = await ask('https://evil.example', 'GET')

    equal(headers['access-control-allow-origin'], '*')
    equal(headers['access-control-allow-credentials'], undefined)
  })

  it('is answered by the first rule that fits in everything', async () => {
    const { ask } = await serverWith(
      { AllowedOrigins: ['*'], AllowedMethods: ['GET'], MaxAgeSeconds: 1 },
      { AllowedOrigins: ['*'], AllowedMethods: ['GET'], AllowedHeaders: ['*'], MaxAgeSeconds: 2 },
    )

    equal((await ask('http://a', 'GET')).headers['access-control-max-age'], '1')
    equal((await ask('http://a', 'GET', 'x-any')).headers['access-control-max-age'], '2')
  })

  const refused: [name: string, origin: string, method: string, headers?: string][] = [
    ['another origin', 'https://example.com', 'GET'],
    ['an origin that begins like an allowed one', 'https://www.example.com.evil.net', 'GET'],
    ['an origin of another scheme', 'http://www.example.com', 'GET'],
    ['a wildcard origin of another scheme', 'https://a.example.org', 'GET'],
    ['another method', 'https://www.example.com', 'DELETE'],
    ['a header that is not allowed', 'https://www.example.com', 'PUT', 'content-type,authorization'],
  ]
  for (const [name, origin, method, headers] of refused) {
    it(`is refused with 403: ${name}`, async () => {
      const { ask } = await serverWith(site)

      const answer = await ask(origin, method, headers)

      equal(answer.status, 403)
      match(answer.text, /<Code>AccessForbidden<\/Code><Message>CORSResponse: This CORS request is not allowed/)
      equal(answer.headers['access-control-allow-origin'], undefined)
    })
  }

  it('is refused when the bucket has no rules, or is not there', async () => {
    const { ask } = await serverWith()

    match((await ask('http://a', 'GET').expect(403)).text, /CORS is not enabled for this bucket/)
    match((await ask('http://a', 'GET', undefined, '/no-such-bucket/key').expect(403)).text, /Bucket not found/)
  })

  it('is a bad request without an origin or with no method of S3', async () => {
    const { ask } = await serverWith(site)

    match((await ask(undefined, 'GET').expect(400)).text, /Origin request header needed/)
    match(
      (await ask('https://www.example.com', undefined).expect(400)).text,
      /Invalid Access-Control-Request-Method: null/,
    )
    match(
      (await ask('https://www.example.com', 'PATCH').expect(400)).text,
      /Invalid Access-Control-Request-Method: PATCH/,
    )
  })
})

describe('an answer to a page of another origin', () => {
  it('carries the headers of the rule that fits, also when it is a refusal', async () => {
    const { endpoint, bucket } = await serverWith(site)

    const { status, headers } = await supertest(endpoint.origin)
      .get(`/${bucket}/key`)
      .set('Origin', 'http://a.example.org')

    equal(status, 403)
    equal(headers['access-control-allow-origin'], 'http://a.example.org')
    equal(headers['access-control-expose-headers'], 'ETag, x-amz-version-id')
    match(headers['vary'] ?? '', /Origin/)
  })

  it('carries Vary alone when no rule fits, so that no cache gives it to whom one fits', async () => {
    const { endpoint, bucket } = await serverWith(site)

    const { headers } = await supertest(endpoint.origin).get(`/${bucket}/key`).set('Origin', 'http://elsewhere')

    equal(headers['access-control-allow-origin'], undefined)
    match(headers['vary'] ?? '', /Origin/)
  })

  it('carries nothing without an Origin', async () => {
    const { endpoint, bucket } = await serverWith(site)

    const { headers } = await supertest(endpoint.origin).get(`/${bucket}/key`)

    deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('access-control') || name === 'vary'),
      [],
    )
  })
})
