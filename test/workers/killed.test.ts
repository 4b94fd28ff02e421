// Processes of a server of two workers are killed while it is written to. What it acknowledged must be there, whole, and the rest goes on.

import { equal, ok, rejects, throws } from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { contentOf, RaceModel } from '../crash/model.js'
import { emptyModel, type Model, verify } from '../crash/model-of-writers.js'
import { randomFrom } from '../crash/random.js'
import { clientFor, writeUntilKilled } from '../crash/writers.js'
import { runCheck, type ServerProcess, startServerProcess } from '../server-process.js'
import { DirectoryLocked, lockDirectory, lockForServer } from '../../src/store/lock.js'
import { repairStore } from '../../src/store/repair/repair.js'
import { afterEachTest } from '../store/temporary-directory.js'
import { clientBeside, clientOn, twoWorkers } from './clients.js'
import { isInterruption } from './interruption.js'
import { processesOf, until } from './processes.js'

const MiB = 1024 * 1024
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000_000)

/** Kills of one test. */
const kills = Number(process.env['CRASH_KILLS'] ?? 3)

const racesPerKill = 4

/** Until everybody is served again after a kill. */
const recoveryMsMax = 15_000

describe(`A server of two workers of which a process is killed while it is written to (CRASH_SEED=${seed})`, function () {
  this.timeout(120_000 + kills * 30_000)
  const later = afterEachTest()

  const victims: readonly (readonly [string, (server: ServerProcess, turn: number) => number | undefined])[] = [
    ['a worker', ({ pid }, turn) => processesOf(pid).workers[turn % 2]],
    ['the writer', ({ pid }) => processesOf(pid).writer],
  ]
  for (const [victim, find] of victims) {
    it(`keeps what it acknowledged and goes on when ${victim} is killed, ${kills} times`, async () => {
      const { server, directory } = await twoWorkers(later)
      const random = randomFrom(seed)
      const model = await emptyModel(server.endpoint)
      addRaces(model, 0)
      const load = new Load(server, model, seed)
      for (let turn = 1; turn <= kills; turn += 1) {
        addRaces(model, turn)
        await load.during(100 + random.integer(1500))
        await until(`${victim} is there`, () => find(server, turn) !== undefined)
        process.kill(find(server, turn) ?? 0, 'SIGKILL')
        await load.everybodyIsServed(`kill ${turn} of ${victim}`)
      }
      await load.end()
      await until('all are back', () => {
        const { writer, workers } = processesOf(server.pid)
        return writer !== undefined && workers.length === 2
      })
      await verify(server.endpoint, model, `after ${victim} was killed`)
      equal(await server.stop(), 0, server.output())
      const check = await runCheck(directory)
      equal(check.code, 0, check.output)
    })
  }

  it('ends when the supervisor is killed, and has lost nothing', async () => {
    const { server, directory } = await twoWorkers(later)
    const model = await emptyModel(server.endpoint)
    addRaces(model, 0)
    const load = new Load(server, model, seed)
    await load.during(1000)
    const { writer = 0, workers } = processesOf(server.pid)
    load.isOver = true
    await server.kill()
    await load.end()
    for (const id of [writer, ...workers]) await until(`process ${id} has ended`, () => !isAlive(id))
    const again = await startServerProcess(directory, { args: ['--workers', '2'] })
    later(() => again.kill())
    await verify(again.endpoint, model, 'after the supervisor was killed')
    equal(await again.stop(), 0, again.output())
    const check = await runCheck(directory)
    equal(check.code, 0, check.output)
  })

  it('finishes uploads that were under way while the writer was killed, and leaves none of their files to the sweep', async () => {
    const { server, one, other, bucket, directory } = await twoWorkers(later)
    const content = contentOf(`${24 * MiB}-under-way`)
    let isAtHalf = (): void => undefined
    const half = new Promise<void>((resolve) => (isAtHalf = resolve))
    let goOn = (): void => undefined
    const gate = new Promise<void>((resolve) => (goOn = resolve))
    async function* slowly(): AsyncGenerator<Buffer> {
      yield content.subarray(0, 17 * MiB)
      isAtHalf()
      await gate
      yield content.subarray(17 * MiB)
    }
    const at = { Bucket: bucket, Key: 'whole' }
    const parts = { Bucket: bucket, Key: 'parts' }
    const { UploadId } = await other.send(new CreateMultipartUploadCommand(parts))
    const put = one.send(new PutObjectCommand({ ...at, Body: Readable.from(slowly()), ContentLength: content.length }))
    const part = other.send(new UploadPartCommand({ ...parts, UploadId, PartNumber: 1, Body: content }))
    await Promise.all([half, part])
    for (let i = 0; i < 2; i += 1) {
      const id = processesOf(server.pid).writer ?? 0
      process.kill(id, 'SIGKILL')
      await until('another writer', async () => {
        const { writer } = processesOf(server.pid)
        return writer !== undefined && writer !== id && (await isReady(server.endpoint))
      })
    }
    // The new writer has looked for files of dead processes by now: those of the workers, which live, are none.
    await wait(1000)
    goOn()
    const { ETag } = await part
    await Promise.all([
      put,
      other.send(
        new CompleteMultipartUploadCommand({
          ...parts,
          UploadId,
          MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] },
        }),
      ),
    ])
    for (const name of [at, parts]) {
      const { Body } = await other.send(new GetObjectCommand(name))
      ok(content.equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0)), name.Key)
    }
    equal(await server.stop(), 0)
    const check = await runCheck(directory)
    equal(check.code, 0, check.output)
  })

  it('removes what a worker that was killed left unnamed, while the server goes on', async () => {
    const { server, one, other, bucket, directory } = await twoWorkers(later)
    const content = contentOf(`${20 * MiB}-cut`)
    let isAtHalf = (): void => undefined
    const half = new Promise<void>((resolve) => (isAtHalf = resolve))
    async function* unfinished(): AsyncGenerator<Buffer> {
      yield content.subarray(0, 17 * MiB)
      isAtHalf()
      await new Promise(() => undefined)
    }
    const put = one.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: 'cut',
        Body: Readable.from(unfinished()),
        ContentLength: content.length,
      }),
    )
    put.catch(() => undefined)
    await half
    await until('it has written a file', () => filesIn(join(directory, 'blobs')) > 0)
    for (const id of processesOf(server.pid).workers) process.kill(id, 'SIGKILL')
    await rejects(put)
    await until('what it left is removed', () => filesIn(join(directory, 'blobs')) === 0)
    await until('it serves again', () => isReady(server.endpoint))
    const again = clientOn(server.endpoint, later)
    await rejects(again.send(new HeadObjectCommand({ Bucket: bucket, Key: 'cut' })), { name: 'NotFound' })
    other.destroy()
  })

  it('closes connections that were on their way to a worker that is killed', async () => {
    const { server } = await twoWorkers(later)
    const { workers } = processesOf(server.pid)
    for (const id of workers) process.kill(id, 'SIGSTOP')
    const { hostname, port } = new URL(server.endpoint)
    const closed = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const socket = createConnection(Number(port), hostname)
        later(() => socket.destroy())
        socket.on('error', () => undefined)
        await once(socket, 'connect')
        return { ended: once(socket.resume(), 'close', { signal: AbortSignal.timeout(10_000) }) }
      }),
    )
    // Until the supervisor has handed them over, which nobody takes.
    await wait(300)
    for (const id of workers) process.kill(id, 'SIGKILL')
    await Promise.all(closed.map(({ ended }) => ended))
    await until('it serves again', () => isReady(server.endpoint))
  })

  it('is let alone by a repair, a check and a second server while there is no writer', async () => {
    const { server, directory, one, bucket } = await twoWorkers(later)
    const writer = (): number | undefined => processesOf(server.pid).writer
    // Each time it is waited longer before the next one is started.
    for (let count = 0; count < 4; count += 1) {
      await until('there is a writer', () => writer() !== undefined)
      const id = writer() ?? 0
      process.kill(id, 'SIGKILL')
      await until('the writer has ended', () => writer() !== id)
    }
    equal(writer(), undefined)
    const isLocked = (error: unknown): boolean => error instanceof DirectoryLocked && error.holder === server.pid
    throws(() => lockDirectory(directory), isLocked)
    throws(() => lockForServer(directory), isLocked)
    await rejects(repairStore(directory, { isConfirmed: true, now: 0, step: () => undefined }), isLocked)
    await until('a write is answered', () =>
      one.send(new PutObjectCommand({ Bucket: bucket, Key: 'after' })).then(
        () => true,
        () => false,
      ),
    )
    equal(await server.stop(), 0, server.output())
    lockDirectory(directory).release()
  })

  it('reads while there is no writer, and answers writes when there is one again', async () => {
    const { server, one, bucket } = await twoWorkers(later)
    const two = await clientBeside(one, server.endpoint, later)
    await one.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'there' }))
    const id = processesOf(server.pid).writer ?? 0
    process.kill(id, 'SIGKILL')
    await until('the writer is gone', () => !isAlive(id))
    const written = Promise.all(
      [one, two].map((s3, i) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: `new ${i}`, Body: 'x' }))),
    )
    const reader = clientOn(server.endpoint, later)
    const { Body } = await reader.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' }))
    equal(await Body?.transformToString(), 'there')
    // Not one of them was sent to the writer that was killed: they wait for the next.
    await written
  })
})

/** Keys that every writer wants from now on. */
function addRaces(model: Model, turn: number): void {
  for (let i = 0; i < racesPerKill; i += 1) model.races.push(new RaceModel('plain', `race-${turn}-${i}`))
}

/** Writers that go on while processes are killed. */
class Load {
  isOver = false
  readonly #acknowledged: number[]
  readonly #work: Promise<unknown>
  readonly #clients: readonly ReturnType<typeof clientFor>[]

  constructor(server: ServerProcess, model: Model, seedOfLoad: number) {
    this.#acknowledged = model.keys.map(() => 0)
    // A client of its own each: they come by both workers.
    this.#clients = model.keys.map(() => clientFor(server.endpoint))
    this.#work = Promise.all(
      model.keys.map((keys, i) =>
        writeUntilKilled({
          s3: this.#clients[i] as ReturnType<typeof clientFor>, // one for each
          keys,
          races: model.races,
          random: randomFrom(seedOfLoad + i),
          isOver: () => this.isOver,
          mayFail: isInterruption,
          onAcknowledged: () => (this.#acknowledged[i] = (this.#acknowledged[i] ?? 0) + 1),
        }),
      ),
    )
  }

  /** Goes on for so long; a writer that meets a fault ends the wait.
   *  @throws what a writer has met */
  async during(ms: number): Promise<void> {
    await Promise.race([wait(ms), this.#work])
  }

  /** Every writer must be acknowledged something that it asked for after this call. */
  async everybodyIsServed(when: string): Promise<void> {
    const before = [...this.#acknowledged]
    // The request under way may have been acknowledged before.
    const areAll = (): boolean => this.#acknowledged.every((count, i) => count >= (before[i] ?? 0) + 2)
    await Promise.race([this.#work, until(`everybody is served after ${when}`, areAll, recoveryMsMax)])
  }

  async end(): Promise<void> {
    this.isOver = true
    await this.#work
    for (const s3 of this.#clients) s3.destroy()
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch {
    return false
  }
}

async function isReady(endpoint: string): Promise<boolean> {
  const answer = await fetch(`${endpoint}/-/health/ready`).catch(() => undefined)
  return answer?.status === 200
}

/** How many files there are. */
function filesIn(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
}
