// Runs a job of an upload in parts: begins it, sends its parts, completes it, and takes the time of the whole.

import { randomFillSync } from 'node:crypto'
import { Connection, type Received } from './connection.js'
import type { Slice, UploadJob } from './job.js'
import { signedRequest } from './signed-request.js'

/** @throws Error when an answer is none of success */
export async function sendParts({ port, connections, uploadTo, bytes, partBytes }: UploadJob): Promise<Slice> {
  const parts = Math.ceil(bytes / partBytes)
  const rest = { bytes: randomFillSync(Buffer.alloc(partBytes - 16)), chunkHashes: [] }
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)))
  const [first] = open
  if (!first) throw new Error('an upload without connections')
  const cpu = process.cpuUsage()
  const start = performance.now()
  const send = async (connection: Connection, method: string, query: string, body: Buffer[]): Promise<Received> => {
    const [stamp = Buffer.alloc(0), shared = Buffer.alloc(0)] = body
    const whole = { stamp, rest: { bytes: shared, chunkHashes: [] } }
    const { head, body: pieces } = signedRequest(port, method, `${uploadTo}?${query}`, 'unsigned', whole)
    const received = await connection.send([head, ...pieces], true, true)
    if (received.status !== 200 || received.text.includes('<Error>')) {
      throw new Error(`${method} ${uploadTo}?${query}: status ${received.status} ${received.text}`)
    }
    return received
  }
  try {
    const { text } = await send(first, 'POST', 'uploads=', [])
    const uploadId = encodeURIComponent(/<UploadId>([^<]+)</.exec(text)?.[1] ?? '')
    const etags: string[] = []
    let begun = 0
    const busy = async (connection: Connection): Promise<void> => {
      while (begun < parts) {
        const number = (begun += 1)
        const size = Math.min(partBytes, bytes - (number - 1) * partBytes)
        const stamp = randomFillSync(Buffer.alloc(16))
        const body = [stamp, rest.bytes.subarray(0, size - stamp.length)]
        const { head } = await send(connection, 'PUT', `partNumber=${number}&uploadId=${uploadId}`, body)
        etags[number - 1] = /\r\netag: *(\S+)/i.exec(head)?.[1] ?? ''
      }
    }
    await Promise.all(open.map(busy))
    const listed = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`)
    const xml = Buffer.from(`<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`)
    await send(first, 'POST', `uploadId=${uploadId}`, [xml])
  } finally {
    for (const connection of open) connection.close()
  }
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { requests: 1, bytes, ms, latenciesMs: [ms], loadCpuMs: (user + system) / 1000 }
}
