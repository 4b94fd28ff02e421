// Limits of a server of two workers are those of the whole server.

import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { equal, ok } from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { presign } from '../presigned-url.js'
import { Secret } from '../../src/auth/secret.js'
import { credentials, region } from '../server-process.js'
import { afterEachTest } from '../store/temporary-directory.js'
import { twoWorkers } from './clients.js'

/** Status of a request, and which worker answered. */
function send(agent: Agent, url: string, method = 'GET', body = ''): Promise<{ status: number; worker: string }> {
  const { origin } = new URL(url)
  return new Promise((resolve, reject) => {
    request(
      origin,
      { agent, method, path: url.slice(origin.length), headers: { 'Content-Length': body.length } },
      (response) => {
        response.resume().on('end', () => {
          resolve({ status: response.statusCode ?? 0, worker: String(response.headers['x-amz-id-2']) })
        })
      },
    )
      .on('error', reject)
      .end(body)
  })
}

describe('Limits of a server of two workers', function () {
  this.timeout(60_000)
  const later = afterEachTest()
  const agentOf = (): Agent => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    later(() => agent.destroy())
    return agent
  }

  it('count anonymous requests of an address by all workers together', async () => {
    const { server } = await twoWorkers(later, { args: ['--anonymous-requests-per-minute', '20'] })
    const url = `${server.endpoint}/shared/a`
    const agents = [agentOf(), agentOf(), agentOf(), agentOf()]
    const first = await Promise.all(agents.map((agent) => send(agent, url)))
    equal(new Set(first.map(({ worker }) => worker)).size, 2)
    const answered: number[] = first.map(({ status }) => status)
    for (let i = 0; i < 10; i += 1) {
      for (const agent of agents) answered.push((await send(agent, url)).status)
      // Workers tell each other four times a second.
      await wait(300)
    }
    const taken = answered.filter((status) => status === 403).length
    // A round more at most than the limit is let in before the others know.
    ok(taken >= 19 && taken <= 25, `${taken} of ${answered.length} were let in`)
    equal(answered.at(-1), 503)
  })

  it('let exactly one of twenty uploads and downloads through that may be made once', async () => {
    const { server, bucket, one } = await twoWorkers(later)
    await one.send(new PutObjectCommand({ Bucket: bucket, Key: 'download', Body: 'content' }))
    const url = (method: 'GET' | 'PUT', key: string): string =>
      presign({
        endpoint: new URL(server.endpoint),
        region,
        accessKeyId: credentials.accessKeyId,
        secret: new Secret(credentials.secretAccessKey),
        method,
        bucket,
        key,
        expiresSeconds: 300,
        nowMs: Date.now(),
        limits: { once: `${method}-1` },
      })
    for (const [method, key] of [
      ['PUT', 'upload'],
      ['GET', 'download'],
    ] as const) {
      const target = url(method, key)
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => send(agentOf(), target, method, method === 'PUT' ? `body ${i}` : '')),
      )
      equal(new Set(answers.map(({ worker }) => worker)).size, 2)
      equal(answers.filter(({ status }) => status === 200).length, 1, method)
      equal(answers.filter(({ status }) => status === 403).length, 19, method)
    }
    const { Body } = await one.send(new GetObjectCommand({ Bucket: bucket, Key: 'upload' }))
    ok(/^body \d+$/.test((await Body?.transformToString()) ?? ''))
  })
})
