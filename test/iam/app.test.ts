// IAM and STS on S3's endpoint: who is let in, by what, and what is said to who is not.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { ListBucketsCommand } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import aws4 from 'aws4'
import { trafficOf } from '../../src/store/catalog/traffic.js'
import { type FreshServer, credentials, freshServer } from '../fresh-server.js'
import { stsOf } from './clients.js'

const form = 'application/x-www-form-urlencoded; charset=utf-8'
const whoAmI = 'Action=GetCallerIdentity&Version=2011-06-15'

describe('IAM and STS beside S3', () => {
  let server: FreshServer

  beforeEach(async () => {
    server = await freshServer({ hasBucket: false })
  })

  /** A request signed by aws4, an independent signer; what is to be changed after signing is changed by `change`. */
  async function signed(
    parts: {
      readonly body?: string
      readonly path?: string
      readonly service?: string
      readonly region?: string
      readonly method?: string
      readonly headers?: Record<string, string>
      readonly signQuery?: boolean
    },
    change: (request: { headers: Record<string, string>; body: string; path: string }) => void = () => undefined,
  ): Promise<{ status: number; body: string; code: string | undefined; headers: Headers }> {
    const { body = whoAmI, path = '/', service = 'sts', region = 'us-east-1', method = 'POST', headers = {} } = parts
    const request = {
      host: server.endpoint.host,
      method,
      path,
      service,
      region,
      headers: { ...(method === 'POST' && { 'Content-Type': form }), ...headers } as Record<string, string>,
      body,
      ...(parts.signQuery === true && { signQuery: true }),
    }
    aws4.sign(request, credentials)
    const sent = { headers: { ...request.headers }, body, path: request.path }
    delete sent.headers['Host']
    delete sent.headers['Content-Length']
    change(sent)
    const answer = await fetch(new URL(sent.path, server.endpoint), {
      method,
      headers: sent.headers,
      ...(method === 'POST' && { body: sent.body }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text, code: /<Code>(\w+)<\/Code>/.exec(text)?.[1], headers: answer.headers }
  }

  it('tells root who he is', async () => {
    const { Account = '', Arn, UserId, $metadata } = await stsOf(server).send(new GetCallerIdentityCommand({}))
    match(Account, /^\d{12}$/)
    equal(Arn, `arn:aws:iam::${Account}:root`)
    equal(UserId, Account)
    equal($metadata.httpStatusCode, 200)
    ok($metadata.requestId)
  })

  it("answers signatures for the server's region and for us-east-1, and for no other", async () => {
    await server.close()
    server = await freshServer({ hasBucket: false, settings: { region: 'eu-central-1' } })
    equal((await signed({ region: 'eu-central-1' })).status, 200)
    equal((await signed({ region: 'us-east-1' })).status, 200)
    const { status, code, body } = await signed({ region: 'eu-west-1' })
    deepEqual([status, code], [400, 'IncompleteSignature'])
    match(body, /the region &apos;|the region 'eu-west-1' is wrong/)
  })

  it('takes GET with the action in the query, signed in header or query', async () => {
    const path = `/?${whoAmI}`
    equal((await signed({ method: 'GET', path, body: '' })).status, 200)
    const presigned = await signed({ method: 'GET', path: `${path}&X-Amz-Expires=60`, body: '', signQuery: true })
    equal(presigned.status, 200)
    match(presigned.body, /<GetCallerIdentityResult>/)
  })

  it('counts what a refused request sends and is sent, as that of any other', async () => {
    const body = `Action=Nothing&Version=2010-05-08&Padding=${'x'.repeat(1000)}`
    const refused = await signed({ body, service: 'iam' })
    equal(refused.code, 'InvalidAction')
    // What was counted is written when a server stops.
    const { store } = (await server.restart()).server
    const [traffic] = await store.catalog.read(trafficOf, { kind: 'key', subject: credentials.accessKeyId })
    deepEqual([traffic?.requests, traffic?.bytesIn, traffic?.bytesOut], [1, body.length, refused.body.length])
  })

  it('leaves everything that is signed for S3 to S3', async () => {
    ok((await server.s3.send(new ListBucketsCommand({}))).Owner?.ID)
    const asS3 = { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' }
    const listed = await signed({ method: 'GET', path: `/?${whoAmI}`, body: '', service: 's3', headers: asS3 })
    match(listed.body, /ListAllMyBucketsResult/)
    const post = await signed({ service: 's3', headers: asS3 })
    deepEqual([post.status, post.code], [405, 'MethodNotAllowed'])
  })

  it("answers S3, not IAM, under a bucket's path and host", async () => {
    const inPath = await signed({ path: '/a-bucket' })
    deepEqual([inPath.status, inPath.code], [400, 'InvalidRequest'])
  })

  it('refuses a payload other than the one that was signed', async () => {
    const other = 'Action=GetSessionToken&Version=2011-06-15'
    const refused = await signed({}, (request) => {
      request.body = other
    })
    deepEqual([refused.status, refused.code], [403, 'SignatureDoesNotMatch'])
    for (const claim of ['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'f'.repeat(64)]) {
      const claimed = await signed({ headers: { 'X-Amz-Content-Sha256': claim } })
      equal(claimed.code, 'SignatureDoesNotMatch', claim)
    }
    // In a query, where S3 takes any payload.
    const presigned = await signed({ body: '', path: `/?X-Amz-Expires=60`, signQuery: true }, (request) => {
      request.body = whoAmI
    })
    equal(presigned.code, 'SignatureDoesNotMatch')
  })

  it("refuses a wrong secret, an unknown key, an old signature and none in AWS's words", async () => {
    const wrong = { ...credentials, secretAccessKey: 'no' }
    await rejects(stsOf(server, wrong).send(new GetCallerIdentityCommand({})), { name: 'SignatureDoesNotMatch' })
    const unknown = { ...credentials, accessKeyId: 'AKIAUNKNOWN' }
    await rejects(stsOf(server, unknown).send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' })
    const old = await signed({ headers: { 'X-Amz-Date': '20200101T000000Z' } })
    deepEqual([old.status, old.code], [403, 'SignatureDoesNotMatch'])
    const nobody = await fetch(server.endpoint, { method: 'POST', headers: { 'Content-Type': form }, body: whoAmI })
    equal(nobody.status, 403)
    match(await nobody.text(), /<ErrorResponse xmlns="https:\/\/sts.*<Code>MissingAuthenticationToken<\/Code>/s)
  })

  it('refuses a session token with a key that has none, and one that is no token', async () => {
    const odd = { ...credentials, sessionToken: 'abc' }
    await rejects(stsOf(server, odd).send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' })
  })

  it('knows no action of the other service, of another version, or none at all', async () => {
    const cases: readonly (readonly [body: string, code: string])[] = [
      ['Action=ListUsers&Version=2010-05-08', 'InvalidAction'],
      ['Action=GetCallerIdentity&Version=2010-05-08', 'InvalidAction'],
      ['Action=GetCallerIdentity', 'InvalidAction'],
      ['Action=Nothing&Version=2011-06-15', 'InvalidAction'],
      ['Action=__proto__&Version=2011-06-15', 'InvalidAction'],
      ['Version=2011-06-15', 'MissingAction'],
      ['', 'MissingAction'],
      [`${whoAmI}&Action=GetSessionToken`, 'MalformedQueryString'],
      [`${whoAmI}&Other=1`, 'MalformedQueryString'],
      [`${whoAmI}&%zz=1`, 'MalformedQueryString'],
      ['Action=GetSessionToken&Version=2011-06-15&DurationSeconds=much', 'InvalidParameterValue'],
      ['Action=GetSessionToken&Version=2011-06-15&DurationSeconds.member.1=900', 'MalformedQueryString'],
      ['Action=AssumeRole&Version=2011-06-15', 'ValidationError'],
      ['Action=DecodeAuthorizationMessage&Version=2011-06-15&EncodedMessage=x', 'NotImplemented'],
    ]
    for (const [body, code] of cases) equal((await signed({ body })).code, code, body)
  })

  it('says what is missing as AWS does', async () => {
    const { status, body } = await signed({ body: 'Action=AssumeRole&Version=2011-06-15&RoleSessionName=x' })
    equal(status, 400)
    match(
      body,
      /1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null/,
    )
  })

  it('reads no form that is too large, whoever sends it', async () => {
    const body = `${whoAmI}&Padding=${'x'.repeat(256 * 1024)}`
    deepEqual([(await signed({ body })).status, (await signed({ body })).code], [400, 'MalformedQueryString'])
    const unsigned = await fetch(server.endpoint, { method: 'POST', headers: { 'Content-Type': form }, body })
    equal(unsigned.status, 400)
  })

  it('survives forms that make no sense', async () => {
    const bodies = [
      randomBytes(1000).toString('latin1'),
      '='.repeat(1000),
      '&'.repeat(100_000),
      `${whoAmI}${Array.from({ length: 5000 }, (_, at) => `&Tags.member.${at}.Key=k`).join('')}`,
      `${whoAmI}&${'a.'.repeat(50_000)}=1`,
      `${whoAmI}&Tags.member.0.Key=a`,
      `${whoAmI}&Tags.member.999999999999.Key=a`,
      `${whoAmI}&__proto__.x=1&constructor.prototype.y=1`,
    ]
    for (const body of bodies) {
      const { status } = await signed({ body })
      ok(status >= 400 && status < 500, `${status} for ${body.slice(0, 60)}`)
    }
    deepEqual(server.problems, [])
  })

  it("marks errors with the service's namespace and a request id, and keeps answers out of caches", async () => {
    const { body, headers } = await signed({ body: 'Action=Nothing&Version=2010-05-08', service: 'iam' })
    match(body, /^<ErrorResponse xmlns="https:\/\/iam\.amazonaws\.com\/doc\/2010-05-08\/"><Error><Type>Sender<\/Type>/)
    const id = headers.get('x-amzn-requestid')
    ok(id && body.includes(`<RequestId>${id}</RequestId>`))
    equal(headers.get('cache-control'), 'no-store')
    equal(headers.get('content-type'), 'text/xml')
  })
})
