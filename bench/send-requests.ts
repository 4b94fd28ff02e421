// Runs a job of requests: keeps connections busy, or sends at a rate, and takes the time.

import { randomFillSync } from 'node:crypto'
import { Connection } from './connection.js'
import { type RequestJob, type RequestKind, type Slice, turns } from './job.js'
import { type Rest, restOf, type Signed, signedRequest } from './signed-request.js'

/** Bytes at the start of each body that make it unlike all others. */
const stampBytes = 16

/** Milliseconds between the moments at which requests become due. */
const tickMs = 1

/** A server that keeps up has answered what was due this long after the last tick. */
const behindMsMax = 10_000

interface Outgoing {
  readonly pieces: readonly Uint8Array[]
  readonly kind: RequestKind
  readonly target: string
}

/** @throws Error when an answer has another status than it should, a connection breaks, or a rate is too high by far */
export async function sendRequests(job: RequestJob): Promise<Slice> {
  const next = outgoing(job)
  const connections = await Promise.all(Array.from({ length: job.connections }, () => Connection.open(job.port)))
  const latenciesMs: number[] = []
  let bytes = 0
  const send = async (connection: Connection, { pieces, kind, target }: Outgoing, begun: number): Promise<void> => {
    const received = await connection.send(pieces, kind.method !== 'HEAD')
    latenciesMs.push(performance.now() - begun)
    if (received.status !== kind.status) throw new Error(`${kind.method} ${target}: status ${received.status}`)
    bytes += received.bytes + kind.bodySize
  }
  const cpu = process.cpuUsage()
  const start = performance.now()
  try {
    if (job.perSecond === undefined) await sendInTurn(job, connections, next, send)
    else await sendAtRate(job.perSecond, job.msMax, connections, next, send)
  } finally {
    for (const connection of connections) connection.close()
  }
  const { user, system } = process.cpuUsage(cpu)
  const ms = performance.now() - start
  return { requests: latenciesMs.length, bytes, ms, latenciesMs, loadCpuMs: (user + system) / 1000 }
}

type Send = (connection: Connection, outgoing: Outgoing, begun: number) => Promise<void>

async function sendInTurn(
  { msMax, isOnce, kinds }: RequestJob,
  connections: readonly Connection[],
  next: () => Outgoing,
  send: Send,
): Promise<void> {
  const start = performance.now()
  const all = isOnce ? (kinds[0]?.targets.length ?? 0) : Infinity
  let sent = 0
  const busy = async (connection: Connection): Promise<void> => {
    for (;;) {
      const begun = performance.now()
      if (begun - start >= msMax || sent >= all) return
      sent += 1
      await send(connection, next(), begun)
    }
  }
  await Promise.all(connections.map(busy))
}

/** A request that waits for a free connection has been due all the while: a server that stalls is not asked less. What is late because this process was is
 *  counted from when it noticed. */
async function sendAtRate(
  perSecond: number,
  msMax: number,
  connections: readonly Connection[],
  next: () => Outgoing,
  send: Send,
): Promise<void> {
  const free = [...connections]
  const due: number[] = []
  const start = performance.now()
  let made = 0
  await new Promise<void>((resolve, reject) => {
    const stop = (settle: () => void): void => {
      clearInterval(timer)
      settle()
    }
    const serve = async (connection: Connection, begun: number): Promise<void> => {
      await send(connection, next(), begun)
      free.push(connection)
      dispatch()
    }
    const dispatch = (): void => {
      while (free.length > 0 && due.length > 0) {
        const connection = free.pop()
        const begun = due.shift()
        if (!connection || begun === undefined) return
        serve(connection, begun).catch((error: unknown) =>
          stop(() => reject(error instanceof Error ? error : new Error(String(error)))),
        )
      }
    }
    const timer = setInterval(() => {
      const now = performance.now()
      const passedMs = Math.min(now - start, msMax)
      for (; made < (passedMs / 1000) * perSecond; made += 1) due.push(now)
      dispatch()
      if (now - start < msMax) return
      if (free.length === connections.length) stop(resolve)
      else if (now - start > msMax + behindMsMax) stop(() => reject(new Error(`${due.length} requests behind`)))
    }, tickMs)
  })
}

/** Answers one request after the other, signed beforehand. */
function outgoing({ port, kinds }: RequestJob): () => Outgoing {
  const sources = kinds.map((kind) => sourceOf(kind, port))
  const order = turns(kinds.map(({ share }) => share))
  let number = 0
  return () => {
    const source = sources[order[number % order.length] ?? 0]
    if (!source) throw new Error('a job without requests')
    number += 1
    return source()
  }
}

function sourceOf(kind: RequestKind, port: number): () => Outgoing {
  const { method, targets, bodySize, payload, range, by } = kind
  const size = Math.min(stampBytes, bodySize)
  const rest = restOf(randomFillSync(Buffer.alloc(bodySize - size)), size, payload === 'chunked')
  const isPut = method === 'PUT'
  const signed = targets.map((target) =>
    signedRequest(
      port,
      method,
      target,
      payload,
      isPut ? { stamp: stamp(size), rest } : undefined,
      rangeHeader(range),
      by,
    ),
  )
  let number = 0
  return () => {
    const at = number % signed.length
    const request = signed[at]
    if (!request) throw new Error('no targets')
    number += 1
    return { kind, target: targets[at] ?? '', pieces: [request.head, ...bodyOf(request, payload, size, rest)] }
  }
}

/** A body whose hash is not part of the signature gets another stamp each time. */
function bodyOf({ body }: Signed, payload: string, size: number, rest: Rest): readonly Buffer[] {
  return payload === 'unsigned' && body.length > 0 ? [stamp(size), rest.bytes] : body
}

function rangeHeader(range: RequestKind['range']): Record<string, string> {
  if (!range) return {}
  const first = Math.floor(Math.random() * (range.of - range.bytes))
  return { Range: `bytes=${first}-${first + range.bytes - 1}` }
}

function stamp(size: number): Buffer {
  return randomFillSync(Buffer.allocUnsafe(size))
}
