// The load generator, a process of its own: signs requests beforehand, then keeps connections busy and takes the time.

import aws4 from 'aws4'
import { randomFillSync } from 'node:crypto'
import { credentials, region } from '../test/server-process.js'
import { Connection } from './connection.js'
import type { Job, Slice } from './job.js'

/** Bytes at the start of each body that make it unlike all others. */
const stampBytes = 16

process.on('message', (job: Job) => {
  run(job).then(
    (slice) => process.send?.({ slice }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  )
})

async function run(job: Job): Promise<Slice> {
  const heads = job.targets.map((target) => head(job, target))
  const rest = randomFillSync(Buffer.alloc(Math.max(0, job.bodySize - stampBytes)))
  const connections = await Promise.all(Array.from({ length: job.connections }, () => Connection.open(job.port)))
  const latenciesMs: number[] = []
  let bytes = 0
  let sent = 0
  const start = performance.now()
  const busy = async (connection: Connection): Promise<void> => {
    for (;;) {
      const number = sent
      const begun = performance.now()
      if (begun - start >= job.msMax || (job.isOnce && number >= heads.length)) return
      sent += 1
      const next = heads[number % heads.length]
      if (!next) throw new Error('no targets')
      const pieces = job.bodySize > 0 ? [next, stamp(Math.min(stampBytes, job.bodySize)), rest] : [next]
      const received = await connection.send(pieces, job.method !== 'HEAD')
      latenciesMs.push(performance.now() - begun)
      if (received.status !== job.status) {
        throw new Error(`${job.method} ${job.targets[number % heads.length]}: status ${received.status}`)
      }
      bytes += received.bytes + job.bodySize
    }
  }
  try {
    await Promise.all(connections.map(busy))
  } finally {
    for (const connection of connections) connection.close()
  }
  return { requests: latenciesMs.length, bytes, ms: performance.now() - start, latenciesMs }
}

/** The signed head of a request. The body is not part of the signature, as SDKs have it over TLS. */
function head(job: Job, target: string): Buffer {
  const { headers = {} } = aws4.sign(
    {
      service: 's3',
      region,
      method: job.method,
      host: `127.0.0.1:${job.port}`,
      path: target,
      headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' },
    },
    credentials,
  )
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`)
  if (job.method === 'PUT') lines.push(`Content-Length: ${job.bodySize}`)
  return Buffer.from(`${job.method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function stamp(size: number): Buffer {
  return randomFillSync(Buffer.allocUnsafe(size))
}
