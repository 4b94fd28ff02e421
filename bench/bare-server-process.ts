// The measure of all ratios: Koa and nothing else. Bodies to 64 KiB stay in memory, larger ones go to a file and are streamed from it;
// no signatures, no checksums, no sync. Prints its port.

import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import Koa from 'koa'

const memoryBytesMax = 64 * 1024

type Stored = Buffer | { readonly file: string; readonly size: number }

const directory = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'cairn-bare-'))
const objects = new Map<string, Stored>()
let files = 0

const app = new Koa()
// A client that closes at the last byte of its answer is no error.
app.silent = true
app.use(async (ctx) => {
  // A listing by folders is another page than one by keys; nothing else of a query counts.
  const target = ctx.querystring.includes('delimiter') ? `${ctx.path}?delimiter` : ctx.path
  if (ctx.method === 'PUT') {
    objects.set(target, await stored(target, ctx.req, Number(ctx.get('content-length'))))
    ctx.body = ''
    return
  }
  if (ctx.method === 'DELETE') {
    objects.delete(target)
    ctx.status = 204
    return
  }
  const found = objects.get(target)
  if (!found) return
  ctx.type = 'application/octet-stream'
  ctx.length = Buffer.isBuffer(found) ? found.length : found.size
  if (ctx.method === 'HEAD') ctx.status = 200
  else ctx.body = Buffer.isBuffer(found) ? found : createReadStream(found.file)
})

const server = app.listen(0, '127.0.0.1', () => {
  // Listening on a TCP port, not on a pipe: the address is an AddressInfo.
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})

// Whoever started it holds its standard input: at the end of it, however that comes, there is nobody to serve.
process.stdin.resume().once('end', () => {
  server.close()
  server.closeAllConnections()
  rm(directory, { recursive: true }).then(
    () => process.exit(0),
    () => process.exit(1),
  )
})

async function stored(
  target: string,
  body: AsyncIterable<Buffer> & NodeJS.ReadableStream,
  size: number,
): Promise<Stored> {
  if (size > memoryBytesMax) {
    const before = objects.get(target)
    const file = before && 'file' in before ? before.file : join(directory, String((files += 1)))
    await pipeline(body, createWriteStream(file))
    return { file, size }
  }
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
