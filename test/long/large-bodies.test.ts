// Bodies at S3's limits and many at once: memory stays flat, and what comes back is what went in.

import { equal, ok } from 'node:assert/strict'
import aws4 from 'aws4'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { credentials, region, scratchDirectory, type ServerProcess, startServerProcess } from '../server-process.js'

const mebibyte = 1024 * 1024
const gibibyte = 1024 * mebibyte

/** Bodies that are sent at once, and bytes of each. */
const uploads = 50
const uploadSizeBytes = 100 * mebibyte

/** Resident memory of the server at its highest. */
const residentSizeBytesMax = 500 * mebibyte

/** Largest body of one PUT. */
const putSizeBytesMax = 5 * gibibyte

interface Answer {
  readonly status: number
  readonly body: IncomingMessage
}

/** Sends a signed request whose body is `first` and then `filler`, over and over, up to `sizeBytes`. */
function send(
  server: ServerProcess,
  method: string,
  path: string,
  sizeBytes: number,
  first: Buffer,
  filler: Buffer,
): Promise<Answer> {
  const { host, hostname, port } = new URL(server.endpoint)
  const headers = { Host: host, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD', 'Content-Length': String(sizeBytes) }
  const signed = aws4.sign({ service: 's3', region, method, path, headers, signQuery: false }, credentials)
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers: { ...signed.headers } })
    outgoing.on('response', (body) => resolve({ status: body.statusCode ?? 0, body }))
    outgoing.on('error', reject)
    let left = sizeBytes
    const writeOn = (): void => {
      while (left > 0) {
        const source = left === sizeBytes ? first : filler
        const piece = source.subarray(0, Math.min(source.length, left))
        left -= piece.length
        if (!outgoing.write(piece)) {
          outgoing.once('drain', writeOn)
          return
        }
      }
      outgoing.end()
    }
    if (sizeBytes === 0) outgoing.end()
    else writeOn()
  })
}

async function statusOf(answer: Promise<Answer>): Promise<number> {
  const { status, body } = await answer
  body.resume()
  return status
}

const nothing = Buffer.alloc(0)

const makeBucket = (server: ServerProcess): Promise<number> =>
  statusOf(send(server, 'PUT', '/large', 0, nothing, nothing))

/** Peak resident memory of a process. Source: proc(5), VmHWM in kB. */
async function peakResidentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

describe('Large bodies', function () {
  this.timeout(10 * 60_000)

  it(`${uploads} uploads of 100 MiB at once keep the server under 500 MB`, async () => {
    const directory = await scratchDirectory('memory')
    const server = await startServerProcess(directory.path)
    try {
      equal(await makeBucket(server), 200)
      const filler = Buffer.alloc(mebibyte, 'cairn ')
      const sent = Array.from({ length: uploads }, (_, i) =>
        statusOf(send(server, 'PUT', `/large/${i}`, uploadSizeBytes, Buffer.from(`upload ${i}`), filler)),
      )

      for (const status of await Promise.all(sent)) equal(status, 200)

      const peak = await peakResidentBytes(server.pid)
      ok(peak < residentSizeBytesMax, `resident memory rose to ${Math.round(peak / mebibyte)} MiB`)
    } finally {
      await server.stop()
      await directory.remove()
    }
  })

  it('takes 5 GiB in one PUT, gives them back, and refuses one byte more', async () => {
    const directory = await scratchDirectory('large')
    const server = await startServerProcess(directory.path)
    try {
      equal(await makeBucket(server), 200)
      const first = Buffer.from('the first of many')
      const filler = Buffer.alloc(mebibyte, 'stone on stone ')

      equal(await statusOf(send(server, 'PUT', '/large/five', putSizeBytesMax, first, filler)), 200)

      const { body, status } = await send(server, 'GET', '/large/five', 0, nothing, nothing)
      equal(status, 200)
      const received = createHash('md5')
      let size = 0
      for await (const chunk of body as AsyncIterable<Buffer>) {
        received.update(chunk)
        size += chunk.length
      }
      equal(size, putSizeBytesMax)
      equal(`"${received.digest('hex')}"`, body.headers.etag)
      equal(await statusOf(refusedAtOnce(server)), 400)
    } finally {
      await server.stop()
      await directory.remove()
    }
  })
})

/** Says it will send one byte too many, and waits to be asked for the first. */
function refusedAtOnce(server: ServerProcess): Promise<Answer> {
  const { host, hostname, port } = new URL(server.endpoint)
  const size = String(putSizeBytesMax + 1)
  const headers = { Host: host, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD', 'Content-Length': size }
  const signed = aws4.sign({ service: 's3', region, method: 'PUT', path: '/large/six', headers }, credentials)
  return new Promise((resolve, reject) => {
    const outgoing = request({
      hostname,
      port,
      method: 'PUT',
      path: '/large/six',
      headers: { ...signed.headers, Expect: '100-continue' },
    })
    outgoing.on('continue', () => reject(new Error('the body was asked for')))
    outgoing.on('response', (body) => {
      resolve({ status: body.statusCode ?? 0, body })
      outgoing.destroy()
    })
    outgoing.on('error', reject)
    outgoing.flushHeaders()
  })
}
