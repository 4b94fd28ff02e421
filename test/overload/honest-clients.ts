// Clients that behave: they put, get and list, come back when they are told to, and hold every answer against what was acknowledged.

import { setTimeout as wait } from 'node:timers/promises'
import { Client, type Reply } from '../../bench/soak/http.js'

const KiB = 1024

/** How often they come back. */
const triesMax = 20

/** Rounds until they are quick again. */
const roundsMax = 6

/** What they have seen. */
export interface Seen {
  readonly requests: number
  /** Requests in a second. */
  readonly rate: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly mostMs: number
  /** How often they were told SlowDown. */
  readonly slowDowns: number
}

/** Works for a while: a put of 1 KiB, a get of it and a listing in turn, on so many connections.
 *  @throws Error when an answer is not what it must be, or does not come */
export async function work(endpoint: string, bucket: string, connections: number, forMs: number): Promise<Seen> {
  const client = new Client(endpoint, connections)
  const latenciesMs: number[] = []
  let slowDowns = 0
  const begun = performance.now()
  const send = async (ask: Parameters<Client['send']>[0]): Promise<Reply> => {
    for (let i = 0; ; i += 1) {
      const sent = performance.now()
      const reply = await client.send(ask)
      if (reply.status === 200) {
        latenciesMs.push(performance.now() - sent)
        return reply
      }
      if (reply.status !== 503 || i === triesMax) {
        throw new Error(`${ask.method} ${ask.target}: ${reply.status} ${reply.body.toString()}`)
      }
      requireSlowDown(reply)
      slowDowns += 1
      await wait(100)
    }
  }
  const run = async (number: number): Promise<void> => {
    const body = Buffer.alloc(KiB)
    for (let i = 0; performance.now() - begun < forMs; i += 1) {
      body.writeDoubleLE(Math.random())
      const target = `/${bucket}/honest-${number}`
      await send({ method: 'PUT', target, body })
      const { body: read } = await send({ method: 'GET', target })
      if (!read.equals(body)) throw new Error(`${target} is not what was put`)
      const listed = await send({ method: 'GET', target: `/${bucket}?list-type=2&prefix=honest-${number}&max-keys=10` })
      if (!listed.body.includes(`<Key>honest-${number}</Key>`)) throw new Error(`${target} is not listed`)
    }
  }
  try {
    await Promise.all(Array.from({ length: connections }, (_, number) => run(number)))
  } finally {
    client.close()
  }
  const tookMs = performance.now() - begun
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return {
    requests: sorted.length,
    rate: (sorted.length / tookMs) * 1000,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    mostMs: at(1),
    slowDowns,
  }
}

/** Works until they are as quick as they must be, a few times at most: what else the machine does comes and goes.
 *  @param rateMin requests in a second
 *  @returns what was seen last */
export async function workAgain(
  endpoint: string,
  bucket: string,
  connections: number,
  forMs: number,
  rateMin: number,
): Promise<Seen> {
  for (let i = 1; ; i += 1) {
    const seen = await work(endpoint, bucket, connections, forMs)
    if (seen.rate > rateMin || i === roundsMax) return seen
  }
}

/** @throws Error when a refusal does not say what it must */
export function requireSlowDown({ status, headers, body }: Reply): void {
  if (status === 503 && headers['retry-after'] !== undefined && body.includes('<Code>SlowDown</Code>')) return
  throw new Error(`${status} without SlowDown and Retry-After: ${body.toString()}`)
}
