// Thousands of clients that take their time: others are served meanwhile, memory is bounded, and when they are gone nothing of them is left.
// OVERLOAD_CONNECTIONS sets how many; `npm run test:overload` takes 2,000, and each kind by itself too.

import { equal, ok } from 'node:assert/strict'
import { Client } from '../../bench/soak/http.js'
import { runCheck, type ServerProcess, startServerProcess } from '../server-process.js'
import { figuresOf, quickDirectory, until } from './figures.js'
import { attack, type Kind, kinds, type Target } from './hostile-clients.js'
import { type Seen, work, workAgain } from './honest-clients.js'

const connections = Number(process.env['OVERLOAD_CONNECTIONS'] ?? 240)
const isLong = connections >= 1_000

/** How long honest clients work each time. */
const workMs = isLong ? 5_000 : 1_000

const honestConnections = 8

/** Memory of the server's own, MiB, with 2,000 connections: 180 of one that is warm, 173 of pieces (64 KiB for each body, larger ones for the first 128), 128
 *  of pieces kept for the next bodies, 128 of payloads and answers held whole, and some that is not collected yet. */
const anonMiBMax = 640

/** Descriptors beyond those before: blob files that stay open for the next read, and connections of honest clients. */
const descriptorsLeftMax = 300

/** Of the slow clients, still there in the end: half of the half-open uploads leave by themselves, and of those that send large signed chunks the
 *  server sends most away. */
const openShareMin = 0.1

/** What is left of the rate while they are there, and when they are gone. Generous: the clients share the machine with the server. */
const rateShareDuring = 0.05
const rateShareAfter = 0.4

describe(`${connections} slow clients`, () => {
  let directory: Awaited<ReturnType<typeof quickDirectory>>
  let server: ServerProcess
  let target: Target
  let before: Seen

  beforeEach(async function () {
    this.timeout(120_000)
    directory = await quickDirectory('overload')
    server = await startServerProcess(directory.path, { env: { CAIRN_LOG_LEVEL: 'error' } })
    target = { endpoint: server.endpoint, bucket: 'overload', largeKey: 'large' }
    const client = new Client(server.endpoint, 1)
    equal((await client.send({ method: 'PUT', target: '/overload' })).status, 200)
    const large = await client.send({
      method: 'PUT',
      target: '/overload/large',
      body: Buffer.alloc(8 * 1024 * 1024, 1),
    })
    equal(large.status, 200)
    client.close()
    // The first time code is compiled: it counts for nothing.
    await work(server.endpoint, target.bucket, honestConnections, workMs)
    before = await work(server.endpoint, target.bucket, honestConnections, workMs)
  })

  afterEach(async function () {
    this.timeout(120_000)
    await server.kill()
    await directory.remove()
  })

  const attacks: [name: string, kinds: readonly Kind[]][] = [['of all kinds', kinds]]
  if (isLong) for (const kind of kinds) attacks.push([`that are ${kind}`, [kind]])

  for (const [name, chosen] of attacks) {
    it(`${name} neither stop others nor fill the memory, and leave nothing behind`, async function () {
      this.timeout(180_000)
      const figuresBefore = figuresOf(server.pid)
      const slow = await attack(target, chosen, connections)
      let seenDuring: Seen
      let figuresDuring = figuresOf(server.pid)
      let openDuring: number
      try {
        seenDuring = await work(server.endpoint, target.bucket, honestConnections, 2 * workMs)
        figuresDuring = figuresOf(server.pid)
        openDuring = slow.openCount()
        equal((await fetch(`${server.endpoint}/-/health/ready`)).status, 200)
      } finally {
        slow.end()
      }
      const isBack = (): boolean => figuresOf(server.pid).descriptors <= figuresBefore.descriptors + descriptorsLeftMax
      const backMs = await until(isBack, 20_000, 'descriptors are back')
      const rateMin = rateShareAfter * before.rate
      const seenAfter = await workAgain(server.endpoint, target.bucket, honestConnections, workMs, rateMin)
      const figuresAfter = figuresOf(server.pid)

      report(`${connections} ${name}, ${openDuring} still open`, [
        ['before', before, figuresBefore],
        ['during', seenDuring, figuresDuring],
        ['after', seenAfter, figuresAfter],
      ])
      ok(openDuring >= connections * openShareMin, `only ${openDuring} slow clients were there: nothing was tested`)
      ok(figuresDuring.anon < anonMiBMax, `${figuresDuring.anon} MiB of memory with slow clients`)
      ok(figuresAfter.anon < anonMiBMax, `${figuresAfter.anon} MiB of memory after them`)
      ok(seenDuring.rate > rateShareDuring * before.rate, `${seenDuring.rate} requests/s instead of ${before.rate}`)
      ok(backMs < 20_000)
      ok(seenAfter.rate > rateMin, `${seenAfter.rate} requests/s afterwards, not ${before.rate}`)
      equal(await server.stop(), 0, server.output())
      const check = await runCheck(directory.path)
      equal(check.code, 0, check.output)
    })
  }
})

function report(title: string, rows: readonly (readonly [string, Seen, ReturnType<typeof figuresOf>])[]): void {
  const [, first] = rows[0] ?? []
  const lines = rows.map(([when, seen, { anon, descriptors }]) => {
    const ratio = first === undefined ? 1 : seen.rate / first.rate
    return `      ${when}: ${seen.rate.toFixed(0)} requests/s (${ratio.toFixed(2)}), p50 ${seen.p50Ms.toFixed(1)} ms, p99 ${seen.p99Ms.toFixed(1)} ms, ${seen.slowDowns} SlowDown; ${anon.toFixed(0)} MiB, ${descriptors} descriptors`
  })
  process.stdout.write(`      ${title}\n${lines.join('\n')}\n`)
}
