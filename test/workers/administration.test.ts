// Administration of a server of two workers: whichever answers, what it does holds in the other, and it knows what the other has denied.

import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { Agent } from 'node:http'
import { ask, codeOf, send, type TestKey } from '../admin/administration.js'
import { credentials } from '../server-process.js'
import { afterEachTest } from '../store/temporary-directory.js'
import { twoWorkers } from './clients.js'
import { until } from './processes.js'

describe('Administration of two workers', function () {
  this.timeout(60_000)
  const later = afterEachTest()

  /** Two connections, each to a worker of its own. */
  async function twoAgents(endpoint: URL): Promise<[one: Agent, other: Agent]> {
    const agent = (): Agent => {
      const made = new Agent({ keepAlive: true, maxSockets: 1 })
      later(() => made.destroy())
      return made
    }
    const workerOf = async (by: Agent): Promise<unknown> =>
      (await send(endpoint, 'GET', '/', {}, { agent: by })).headers['x-amz-id-2']
    const one = agent()
    const taken = await workerOf(one)
    let other = agent()
    await until('a connection to the other worker', async () => {
      if ((await workerOf(other)) !== taken) return true
      other = agent()
      return false
    })
    return [one, other]
  }

  it('explains by either worker what one of them has denied', async () => {
    const { server, bucket } = await twoWorkers(later)
    const endpoint = new URL(server.endpoint)
    const [one, other] = await twoAgents(endpoint)
    const denied = await send(endpoint, 'GET', `/${bucket}/a`, {}, { agent: one })
    equal(denied.status, 403)
    const requestId = String(denied.headers['x-amz-request-id'])
    const told = await Promise.all(
      [one, other].map((agent) =>
        ask(endpoint, 'POST', '/explanations', { key: credentials, body: { requestId }, agent }),
      ),
    )
    for (const { status, body } of told) {
      equal(status, 200, JSON.stringify(body))
      const [first, ...more] = (body as { explanations: { principal: string; resource: string }[] }).explanations
      deepEqual([first?.principal, first?.resource, more], ['anonymous', `arn:aws:s3:::${bucket}/a`, []])
    }
    const unknown = { key: credentials, body: { requestId: '0123456789ABCDEF' }, agent: other }
    equal(codeOf(await ask(endpoint, 'POST', '/explanations', unknown)), 'NoSuchEntity')
  })

  it('lets a key that one worker has disabled sign nothing by the other, and one it has made sign at once', async () => {
    const { server } = await twoWorkers(later)
    const endpoint = new URL(server.endpoint)
    const [one, other] = await twoAgents(endpoint)
    const made = await ask(endpoint, 'POST', '/accounts', { key: credentials, body: { name: 'team' }, agent: one })
    const { key } = made.body as { key: TestKey }
    notEqual(key, undefined)
    for (const agent of [other, one, other]) {
      equal((await ask(endpoint, 'GET', '/accounts', { key, agent })).status, 200)
    }
    const path = `/keys/${key.accessKeyId}`
    await ask(endpoint, 'PATCH', path, { key: credentials, body: { status: 'Inactive' }, agent: one })
    for (const agent of [other, one]) {
      equal(codeOf(await ask(endpoint, 'GET', '/accounts', { key, agent })), 'InvalidAccessKeyId')
    }
    await ask(endpoint, 'PATCH', path, { key: credentials, body: { status: 'Active' }, agent: other })
    equal((await ask(endpoint, 'GET', '/accounts', { key, agent: one })).status, 200)
  })
})
