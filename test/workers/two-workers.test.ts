import { deepEqual, equal, match, notEqual, ok, rejects } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { get } from 'node:https'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { contentOf } from '../crash/model.js'
import { credentials, launchServer, runCheck, scratchDirectory, startServerProcess } from '../server-process.js'
import { afterEachTest } from '../store/temporary-directory.js'
import { clientOn, twoWorkers, workerOf } from './clients.js'
import { processesOf, until } from './processes.js'

const MiB = 1024 * 1024

describe('A server of two workers', function () {
  this.timeout(60_000)
  const later = afterEachTest()

  it('gives each connection to the worker that has fewer, on one port', async () => {
    const { server, one, other } = await twoWorkers(later)
    notEqual(await workerOf(one), await workerOf(other))
    const { writer, workers } = processesOf(server.pid)
    ok(writer !== undefined)
    equal(workers.length, 2)
    equal(server.output().match(/Cairn serves/g)?.length, 1, server.output())
  })

  it('answers by one worker what was acknowledged by the other just before', async () => {
    const { one, other, bucket } = await twoWorkers(later)
    for (let i = 0; i < 100; i += 1) {
      const [writer, reader] = i % 2 === 0 ? [one, other] : [other, one]
      const at = { Bucket: bucket, Key: `key ${i % 7}` }
      const content = contentOf(`${i % 10 === 0 ? 100_000 : 100}-round-${i}`)
      await writer.send(new PutObjectCommand({ ...at, Body: content }))
      const { Body } = await reader.send(new GetObjectCommand(at))
      ok(content.equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0)), `round ${i}`)
      if (i % 10 !== 3) continue
      await writer.send(new DeleteObjectCommand(at))
      await rejects(reader.send(new HeadObjectCommand(at)), { name: 'NotFound' })
    }
  })

  it('lets exactly one of two racing conditional writes win, whichever workers they come by', async () => {
    const { one, other, bucket } = await twoWorkers(later)
    for (let i = 0; i < 40; i += 1) {
      const Key = `lock ${i}`
      const ends = await Promise.allSettled(
        [one, other].map((s3, who) =>
          s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: `${who}`, IfNoneMatch: '*' })),
        ),
      )
      const losers = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
      equal(losers.length, 1, Key)
      equal((losers[0] as Error).name, 'PreconditionFailed')
      const winner = ends.findIndex(({ status }) => status === 'fulfilled')
      const { Body } = await one.send(new GetObjectCommand({ Bucket: bucket, Key }))
      equal(await Body?.transformToString(), `${winner}`)
    }
  })

  it('completes an upload whose parts came by different workers, and lists it by both', async () => {
    const { one, other, bucket } = await twoWorkers(later)
    const at = { Bucket: bucket, Key: 'parts' }
    const { UploadId } = await one.send(new CreateMultipartUploadCommand(at))
    const content = contentOf(`${11 * MiB}-parts`)
    const Parts = []
    for (const [i, s3] of [one, other].entries()) {
      const Body = i === 0 ? content.subarray(0, 6 * MiB) : content.subarray(6 * MiB)
      const { ETag } = await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: i + 1, Body }))
      Parts.push({ ETag, PartNumber: i + 1 })
    }
    await other.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
    for (const s3 of [one, other]) {
      const { Body } = await s3.send(new GetObjectCommand(at))
      ok(content.equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0)))
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }))
      deepEqual(
        Contents.map(({ Key, Size }) => [Key, Size]),
        [['parts', content.length]],
      )
    }
  })

  it('keeps what a slow reader of one worker reads while the other deletes it, and removes it afterwards', async () => {
    const { one, other, bucket, directory } = await twoWorkers(later)
    const at = { Bucket: bucket, Key: 'slow' }
    const content = contentOf(`${64 * MiB}-slow`)
    await one.send(new PutObjectCommand({ ...at, Body: content }))
    const { Body } = await one.send(new GetObjectCommand(at))
    // The SDK's answer is a stream of Node's here.
    const stream = (Body as unknown as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
    const chunks = [(await stream.next()).value as Buffer]
    await other.send(new DeleteObjectCommand(at))
    await other.send(new PutObjectCommand({ Bucket: bucket, Key: 'unrelated', Body: 'later' }))
    const blobs = (): number => filesIn(join(directory, 'blobs'))
    const before = blobs()
    // Two passes of the collector, which runs every five seconds.
    await wait(12_000)
    equal(blobs(), before)
    for (let next = await stream.next(); next.done !== true; next = await stream.next()) chunks.push(next.value)
    ok(content.equals(Buffer.concat(chunks)))
    await until('the files of the deleted object are removed', () => blobs() === 0, 30_000)
  })

  it('refuses a second server on its directory, of any number of workers, and names the process to stop', async () => {
    const { server, directory } = await twoWorkers(later)
    for (const args of [[], ['--workers', '2']]) {
      const second = launchServer(directory, { args })
      later(() => second.kill())
      const [code] = await once(second.child, 'exit')
      equal(code, 2)
      match(second.output(), new RegExp(`in use by another Cairn \\(process ${server.pid}\\): stop it first`))
    }
  })

  it('refuses what a single server refuses at its start, in the same words', async () => {
    const { server } = await twoWorkers(later)
    const second = await twoWorkersRefused(later, ['--address', new URL(server.endpoint).host])
    match(second, /cairn: address 127\.0\.0\.1:\d+ cannot be listened on \(EADDRINUSE\)/)
  })

  it('closes the connections that rest longest beyond the maximum of the whole server, and serves the new ones', async () => {
    const { server } = await twoWorkers(later, { args: ['--connections-max', '6'] })
    const sockets = await Promise.all(Array.from({ length: 12 }, () => connected(server.endpoint, later)))
    const open = (): Socket[] => sockets.filter((socket) => !socket.destroyed)
    await until('the surplus is closed', () => open().length <= 6)
    // Nobody who only rests keeps others out.
    for (let i = 0; i < 20; i += 1) {
      const socket = await connected(server.endpoint, later)
      socket.write('GET /-/health/live HTTP/1.1\r\nHost: x\r\n\r\n')
      const [first] = (await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer]
      match(first.toString(), /^HTTP\/1\.1 200/)
      socket.destroy()
    }
  })

  it('closes connections whose headers are late', async () => {
    const { server } = await twoWorkers(later, { args: ['--headers-timeout-ms', '500'] })
    const socket = await connected(server.endpoint, later)
    socket.write('GET / HTTP/1.1\r\nHo')
    await once(socket.resume(), 'close', { signal: AbortSignal.timeout(10_000) })
  })

  it('serves HTTPS, and ends with code 1 and says why when a worker cannot be started any more', async () => {
    const scratch = await scratchDirectory('workers-tls')
    later(() => scratch.remove())
    const [cert, key] = [join(scratch.path, 'cert.pem'), join(scratch.path, 'key.pem')]
    const made = spawnSync(
      'openssl',
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext
      subjectAltName=IP:127.0.0.1 -keyout ${key} -out ${cert}`.split(/\s+/),
    )
    equal(made.status, 0, String(made.stderr))
    const server = launchServer(join(scratch.path, 'data'), {
      args: ['--workers', '2', '--tls-cert', cert, '--tls-key', key],
    })
    later(() => server.kill())
    await until('it serves', () => /Endpoint/.test(server.output()))
    const endpoint = new URL(/https:\S+/.exec(server.output())?.[0] ?? '')
    const answers = await Promise.all(Array.from({ length: 4 }, () => healthOver(endpoint, readFileSync(cert))))
    deepEqual(answers, [200, 200, 200, 200])
    // What a worker needs is gone when it is started again.
    rmSync(cert)
    for (const id of processesOf(server.pid).workers) process.kill(id, 'SIGKILL')
    await until('it gives up', () => server.child.exitCode !== null, 30_000)
    equal(server.child.exitCode, 1)
    match(server.output(), /cairn: Worker \d could not be started again \(tlsCert is .*; allowed is the path of a file/)
  })

  it('serves from a directory whose path is too long for a socket', async () => {
    const { server, directory, bucket } = await twoWorkers(later)
    equal(await server.stop(), 0)
    const long = join(directory, 'd'.repeat(100), 'e'.repeat(100))
    const again = launchServer(long, { args: ['--workers', '2'] })
    later(() => again.kill())
    await until('it serves', () => /Endpoint/.test(again.output()))
    const endpoint = /http:\S+/.exec(again.output())?.[0] ?? ''
    const s3 = clientOn(endpoint, later)
    await rejects(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'x' })), { name: 'NotFound' })
    equal(statSync(join(long, 'writer.sock')).mode & 0o777, 0o600)
    equal(await again.stop(), 0)
  })

  it('keeps its secret out of command lines and environments of its processes', async () => {
    const { server } = await twoWorkers(later)
    const { writer = 0, workers } = processesOf(server.pid)
    for (const id of [writer, ...workers]) {
      for (const file of ['cmdline', 'environ']) {
        equal(readFileSync(`/proc/${id}/${file}`, 'utf8').includes(credentials.secretAccessKey), false, file)
      }
    }
  })

  it('finishes what is under way when it is told to stop, and leaves a directory without fault', async () => {
    const { server, one, other, bucket, directory } = await twoWorkers(later, {
      args: ['--shutdown-grace-ms', '10000'],
    })
    const content = contentOf(`${8 * MiB}-last`)
    const { writer = 0, workers } = processesOf(server.pid)
    async function* slowly(): AsyncGenerator<Buffer> {
      yield content.subarray(0, MiB)
      void server.stop()
      await wait(500)
      yield content.subarray(MiB)
    }
    const put = one.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: 'last',
        Body: Readable.from(slowly()),
        ContentLength: content.length,
      }),
    )
    await put
    await until('every process has ended', () =>
      [server.pid, writer, ...workers].every((id) => !existsSync(`/proc/${id}`)),
    )
    await rejects(other.send(new HeadObjectCommand({ Bucket: bucket, Key: 'last' })))
    const { code, output } = await runCheck(directory)
    equal(code, 0, output)
    const alone = await startServerProcess(directory)
    later(() => alone.kill())
    const { Body } = await clientOn(alone.endpoint, later).send(new GetObjectCommand({ Bucket: bucket, Key: 'last' }))
    ok(content.equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0)))
  })
})

/** The status of a health check over TLS, on a connection of its own. */
function healthOver(endpoint: URL, ca: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(new URL('/-/health/ready', endpoint), { ca, agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode))
    }).once('error', reject)
  })
}

async function connected(endpoint: string, later: (end: () => unknown) => void): Promise<Socket> {
  const { hostname, port } = new URL(endpoint)
  const socket = createConnection(Number(port), hostname)
  socket.on('error', () => undefined)
  later(() => socket.destroy())
  await once(socket, 'connect')
  // A socket nobody reads from does not see that the other side has closed it.
  socket.resume()
  return socket
}

async function twoWorkersRefused(later: (end: () => unknown) => void, args: readonly string[]): Promise<string> {
  const scratch = await scratchDirectory('refused')
  later(() => scratch.remove())
  const refused = launchServer(scratch.path, { args: ['--workers', '2', ...args] })
  later(() => refused.kill())
  const [code] = await once(refused.child, 'exit')
  equal(code, 2)
  return refused.output()
}

/** How many files there are. */
function filesIn(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
}
