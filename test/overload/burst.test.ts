// More requests than can be served, as fast as they can be sent: everybody gets an answer, some of them SlowDown; what was acknowledged is there;
// afterwards it is as before. OVERLOAD_CONNECTIONS sets how many clients send.

import { equal, ok } from 'node:assert/strict'
import { Client } from '../../bench/soak/http.js'
import { runCheck, startServerProcess } from '../server-process.js'
import { figuresOf, quickDirectory } from './figures.js'
import { requireSlowDown, work, workAgain } from './honest-clients.js'

const connections = Number(process.env['OVERLOAD_CONNECTIONS'] ?? 240)
const isLong = connections >= 1_000

const burstMs = isLong ? 10_000 : 2_000
const workMs = isLong ? 5_000 : 1_000
const honestConnections = 8

/** So few that it is too many that come: with one at a time, each a file and a sync, two thousand clients take longer than a turn is waited for. */
const requestsMax = isLong ? 1 : 32

/** Too large for the catalog's row: each is a file and a sync. */
const bodySizeBytes = 64 * 1024

/** A turn is waited for a second; the rest is what the machine takes for those that are worked on, and the clients take for all their answers. */
const latencyMsMax = 20_000

/** As with slow clients. */
const anonMiBMax = 640

const rateShareAfter = 0.4

describe(`a burst of ${connections} clients that send as fast as they can`, () => {
  it('is answered, in part with SlowDown; what was acknowledged is there, and afterwards it is as before', async function () {
    this.timeout(180_000)
    const directory = await quickDirectory('burst')
    const server = await startServerProcess(directory.path, {
      args: ['--requests-max', String(requestsMax)],
      env: { CAIRN_LOG_LEVEL: 'error' },
    })
    try {
      const client = new Client(server.endpoint, connections)
      equal((await client.send({ method: 'PUT', target: '/burst' })).status, 200)
      await work(server.endpoint, 'burst', honestConnections, workMs)
      const before = await work(server.endpoint, 'burst', honestConnections, workMs)

      const acknowledged = new Map<string, number>()
      const latenciesMs: number[] = []
      let served = 0
      let slowDowns = 0
      let healthAnswers = 0
      const begun = performance.now()
      const isOver = (): boolean => performance.now() - begun > burstMs
      const burst = async (number: number): Promise<void> => {
        const target = `/burst/key-${number}`
        for (let i = 1; !isOver(); i += 1) {
          const isRead = i % 10 === 0 && acknowledged.has(target)
          const body = bodyOf(number, i)
          const sent = performance.now()
          const reply = await client.send(isRead ? { method: 'GET', target } : { method: 'PUT', target, body })
          latenciesMs.push(performance.now() - sent)
          if (reply.status !== 200) {
            requireSlowDown(reply)
            slowDowns += 1
            continue
          }
          served += 1
          if (!isRead) acknowledged.set(target, i)
          else ok(reply.body.equals(bodyOf(number, acknowledged.get(target) ?? 0)), `${target} is not what was put`)
        }
      }
      const watch = async (): Promise<void> => {
        while (!isOver()) {
          equal((await fetch(`${server.endpoint}/-/health/ready`)).status, 200)
          healthAnswers += 1
        }
      }
      await Promise.all([watch(), ...Array.from({ length: connections }, (_, number) => burst(number))])
      const figures = figuresOf(server.pid)
      const after = await workAgain(server.endpoint, 'burst', honestConnections, workMs, rateShareAfter * before.rate)
      for (const [target, i] of acknowledged) {
        const { status, body } = await client.send({ method: 'GET', target })
        equal(status, 200)
        ok(
          body.equals(bodyOf(Number(target.slice('/burst/key-'.length)), i)),
          `${target} is not what was acknowledged last`,
        )
      }
      client.close()

      const sorted = latenciesMs.toSorted((a, b) => a - b)
      const most = sorted.at(-1) ?? 0
      process.stdout.write(
        `      ${served} served, ${slowDowns} told SlowDown, p50 ${(sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(0)} ms, p99 ${(sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(0)} ms, ` +
          `at most ${most.toFixed(0)} ms; ${healthAnswers} health answers; ${figures.anon.toFixed(0)} MiB; ` +
          `${(after.rate / before.rate).toFixed(2)} of the rate afterwards\n`,
      )
      ok(served > 0, 'nothing was served: nothing was tested')
      // How fast a machine is decides whether a few hundred clients are too many for it.
      if (isLong) ok(slowDowns > 0, 'nobody was told SlowDown: nothing was tested')
      ok(healthAnswers > 0)
      ok(most < latencyMsMax, `an answer took ${most} ms`)
      ok(figures.anon < anonMiBMax, `${figures.anon} MiB of memory`)
      ok(after.rate > rateShareAfter * before.rate, `${after.rate} requests/s afterwards, not ${before.rate}`)
      equal(await server.stop(), 0, server.output())
      const check = await runCheck(directory.path)
      equal(check.code, 0, check.output)
    } finally {
      await server.kill()
      await directory.remove()
    }
  })
})

const shared = Buffer.alloc(bodySizeBytes, 7)

function bodyOf(number: number, i: number): Buffer {
  const body = Buffer.from(shared)
  body.writeUInt32BE(number, 0)
  body.writeUInt32BE(i, 4)
  return body
}
