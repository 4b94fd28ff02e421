// Administration over HTTP: who is let in, what is read, how refusals look.

import { deepEqual, equal, match } from 'node:assert/strict'
import { freshServer, type FreshServer } from '../fresh-server.js'
import { presignedTarget, rawRequest, signedHead } from '../raw-request.js'
import { ask, codeOf, send } from './administration.js'

describe('administration over HTTP', () => {
  let fresh: FreshServer
  beforeEach(async () => (fresh = await freshServer()))

  it('lets the operator in, and tells nobody’s browser anything', async () => {
    const answer = await ask(fresh.endpoint, 'GET', '/accounts', { headers: { Origin: 'https://example.org' } })

    equal(answer.status, 200)
    equal(answer.headers['access-control-allow-origin'], undefined)
    equal(answer.headers['x-content-type-options'], 'nosniff')
    equal(answer.headers['cache-control'], 'no-store')
    match(String(answer.headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/)
    match(String(answer.headers['content-type']), /^application\/json/)
    match(String(answer.headers['x-amz-request-id']), /^[0-9A-F]{16}$/)
  })

  it('refuses whoever has not signed, in JSON with the id of the request', async () => {
    const answer = await ask(fresh.endpoint, 'GET', '/accounts', { key: null })

    equal(answer.status, 403)
    const { code, message, requestId } = answer.body as Record<string, string>
    equal(code, 'AccessDenied')
    match(String(message), /signature/)
    equal(requestId, answer.headers['x-amz-request-id'])
  })

  it('refuses a URL that carries its signature', async () => {
    const target = presignedTarget(fresh.endpoint, 'GET', '/-/admin/v1/accounts')
    const answer = await send(fresh.endpoint, 'GET', target, {})
    deepEqual([answer.status, codeOf(answer)], [403, 'AccessDenied'])
  })

  it('refuses another key’s signature, and one of another secret', async () => {
    const unknown = await ask(fresh.endpoint, 'GET', '/accounts', {
      key: { accessKeyId: 'NOBODYSKEY0000000000', secretAccessKey: 'x'.repeat(40) },
    })
    deepEqual([unknown.status, codeOf(unknown)], [403, 'InvalidAccessKeyId'])
    const forged = await ask(fresh.endpoint, 'GET', '/accounts', {
      key: { ...fresh.credentials, secretAccessKey: 'x'.repeat(40) },
    })
    deepEqual([forged.status, codeOf(forged)], [403, 'SignatureDoesNotMatch'])
  })

  it('holds off whoever guesses at keys, as S3 does, and says for how long', async () => {
    const guess = { accessKeyId: 'NOBODYSKEY0000000000', secretAccessKey: 'x'.repeat(40) }
    const { endpoint } = await freshServer({ hasBucket: false, settings: { failedSignaturesPerMinute: 3 } })
    for (let tries = 0; tries < 3; tries += 1) {
      equal((await ask(endpoint, 'GET', '/accounts', { key: guess })).status, 403)
    }
    const last = await ask(endpoint, 'GET', '/accounts', { key: guess })
    deepEqual([last.status, codeOf(last)], [503, 'SlowDown'])
    match(String(last.headers['retry-after']), /^\d+$/)
    equal(Number(last.headers['retry-after']) > 1, true)
  })

  it('refuses a signature for S3 on another path, method or query', async () => {
    const signedFor = signedHead(fresh.endpoint, { method: 'GET', target: '/-/admin/v1/accounts' })
    for (const [from, to] of [
      ['GET /-/admin/v1/accounts', 'GET /-/admin/v1/keys'],
      ['GET /-/admin/v1/accounts', 'DELETE /-/admin/v1/accounts'],
      ['GET /-/admin/v1/accounts', 'GET /-/admin/v1/accounts?account=x'],
    ] as const) {
      const answer = await rawRequest(fresh.endpoint, signedFor.replace(from, to))
      equal(answer.status, 403, to)
      match(answer.body.toString(), /SignatureDoesNotMatch/, to)
    }
  })

  it('answers no preflight', async () => {
    const answer = await send(fresh.endpoint, 'OPTIONS', '/-/admin/v1/accounts', {
      Origin: 'https://example.org',
      'Access-Control-Request-Method': 'GET',
    })
    equal(answer.status, 403)
    equal(answer.headers['access-control-allow-origin'], undefined)
    equal(answer.headers['access-control-allow-methods'], undefined)
  })

  it('says what is wrong with a body: not JSON, not signed, another than was signed, a member too many, too long', async () => {
    const answers = [
      await ask(fresh.endpoint, 'POST', '/accounts', { text: '{"name":' }),
      await ask(fresh.endpoint, 'POST', '/accounts', {
        body: { name: 'team' },
        headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      }),
      await ask(fresh.endpoint, 'POST', '/accounts', {
        body: { name: 'team' },
        headers: { 'x-amz-content-sha256': 'a'.repeat(64) },
      }),
      await ask(fresh.endpoint, 'POST', '/accounts', { body: { name: 'team', isOperator: true } }),
      await ask(fresh.endpoint, 'POST', '/accounts', { body: ['team'] }),
      await ask(fresh.endpoint, 'POST', '/accounts', { body: { name: 'x'.repeat(70_000) } }),
      await ask(fresh.endpoint, 'POST', '/accounts', { body: {} }),
    ]
    deepEqual(
      answers.map((answer) => [answer.status, codeOf(answer)]),
      [
        [400, 'MalformedJSON'],
        [400, 'InvalidInput'],
        [400, 'InvalidInput'],
        [400, 'InvalidInput'],
        [400, 'InvalidInput'],
        [413, 'RequestTooLarge'],
        [400, 'InvalidInput'],
      ],
    )
    equal((await accountNames(fresh)).includes('team'), false)
  })

  it('asks a client for its body only once it knows who it is', async () => {
    const body = JSON.stringify({ name: 'team', hasKey: false })
    const expecting = { 'Content-Length': String(body.length), Expect: '100-continue' }
    const unsigned = await rawRequest(
      fresh.endpoint,
      `POST /-/admin/v1/accounts HTTP/1.1\r\nHost: ${fresh.endpoint.host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`,
    )
    equal(unsigned.status, 403)
    const head = signedHead(fresh.endpoint, {
      method: 'POST',
      target: '/-/admin/v1/accounts',
      headers: expecting,
      body,
    })
    equal((await rawRequest(fresh.endpoint, head)).status, 100)
  })

  it('tells a path nobody answers from a method a path has not', async () => {
    const path = await ask(fresh.endpoint, 'GET', '/nothing')
    deepEqual([path.status, codeOf(path)], [404, 'NoSuchPath'])
    const method = await ask(fresh.endpoint, 'PUT', '/accounts', { body: {} })
    deepEqual([method.status, codeOf(method), method.headers['allow']], [405, 'MethodNotAllowed', 'GET, POST'])
    const unsigned = await ask(fresh.endpoint, 'GET', '/nothing', { key: null })
    deepEqual([unsigned.status, codeOf(unsigned)], [403, 'AccessDenied'])
  })

  it('leaves a key "-/admin/…" in a bucket’s host name to S3, and /-/administration to nobody', async () => {
    const host = `${fresh.bucket}.localhost:${fresh.endpoint.port}`
    const target = '/-/admin/v1/accounts'
    const head = signedHead(new URL(`http://${host}`), { method: 'GET', target })
    const answer = await rawRequest(fresh.endpoint, head)
    equal(answer.status, 404)
    match(answer.body.toString(), /<Code>NoSuchKey<\/Code>/)
    const other = await rawRequest(
      fresh.endpoint,
      signedHead(fresh.endpoint, { method: 'GET', target: '/-/administration' }),
    )
    match(other.body.toString(), /<Error>/)
  })

  it('finishes a request that is under way when the server stops', async () => {
    const asked = ask(fresh.endpoint, 'POST', '/accounts', { body: { name: 'late', hasKey: false } })
    await new Promise((resolve) => setTimeout(resolve, 5))
    await fresh.server.close()
    equal((await asked).status, 200)
  })
})

async function accountNames({ endpoint }: FreshServer): Promise<string[]> {
  const { body } = await ask(endpoint, 'GET', '/accounts')
  return (body as { accounts: { name: string }[] }).accounts.map(({ name }) => name)
}
