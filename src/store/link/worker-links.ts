// The writer's side of its socket: takes what worker processes want committed, and knows for the collector who of them reads what.

import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { errorData, type ErrorData } from '../catalog/error-data.js'
import type { SqliteCatalog } from '../catalog/sqlite-catalog.js'
import type { ReadsUnderWay } from '../collect.js'
import { passPoint } from '../fault-points.js'
import { commitInRoom } from '../roomy-catalog.js'
import type { Space } from '../space.js'
import { FrameReader, frameOf } from './frames.js'
import type { FromWorker, ToWorker } from './link-messages.js'
import { type SocketPath, socketPath } from './socket-path.js'

/** What the links need. */
export interface WorkerLinksParts {
  readonly catalog: SqliteCatalog
  readonly space: Space
  /** Data directory, locked by this process. */
  readonly directory: string
  /** See `FromWorker`. */
  readonly run: string
  /** Instances of worker processes that live already: an earlier writer has left them. */
  readonly living: readonly string[]
}

/** All links, and the socket they come in by. */
export class WorkerLinks implements ReadsUnderWay {
  readonly #parts: WorkerLinksParts
  readonly #address: SocketPath
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** By instance: every worker that may be alive, whether it is connected or not. */
  readonly #living = new Map<string, LivingWorker>()
  /** Instances whose process has ended. */
  readonly #dead = new Set<string>()
  #failure: ErrorData | undefined

  /** Use `openWorkerLinks`. */
  constructor(parts: WorkerLinksParts) {
    this.#parts = parts
    this.#address = socketPath(parts.directory)
    this.#server = createServer((socket) => this.#welcome(socket))
    for (const instance of parts.living) this.#living.set(instance, new LivingWorker())
  }

  /** Listens. Only the user this server runs as may connect. */
  async listen(): Promise<void> {
    const { path } = this.#address
    // Left behind by a writer that was killed; nobody else listens here while this process holds the lock.
    rmSync(path, { force: true })
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(path, resolve)
    })
    chmodSync(path, 0o600)
  }

  /** See `ReadsUnderWay`. A worker that does not answer is waited for until it does or is dead. */
  async oldest(current: number): Promise<number> {
    const number = this.#parts.catalog.number()
    return Math.min(
      current,
      ...(await Promise.all([...this.#living.values()].map((one) => one.oldest(current, number)))),
    )
  }

  /** Tells everybody that files are about to be removed. */
  forget(locations: readonly string[]): void {
    if (locations.length > 0) this.#tellAll({ kind: 'forget', locations })
  }

  /** Whether an instance's process may be alive. */
  isLiving(instance: string): boolean {
    return this.#living.has(instance)
  }

  /** Notes that an instance's process has ended. Nothing it has sent and that was not read yet counts any more: its files may be removed. */
  bury(instance: string): void {
    this.#dead.add(instance)
    const worker = this.#living.get(instance)
    this.#living.delete(instance)
    worker?.end()
  }

  /** Tells everybody that writing has stopped for good. */
  fail(error: Error): void {
    this.#failure = errorData(error)
    this.#tellAll({ kind: 'failed', failure: this.#failure })
  }

  /** Closes every link; who waits for answers of workers is refused. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const worker of this.#living.values()) worker.abandon()
    for (const socket of this.#sockets) socket.destroy()
    await closed
    this.#address.release()
  }

  #tellAll(message: ToWorker): void {
    for (const worker of this.#living.values()) worker.link?.say(message)
  }

  /** A process that is on the other side of a new connection, and has not said who it is. */
  #welcome(socket: Socket): void {
    this.#sockets.add(socket)
    const frames = new FrameReader()
    let link: Link | undefined
    socket.on('data', (chunk) => {
      try {
        for (const message of frames.push(chunk)) {
          // After `destroy` what is still buffered must not count.
          if (socket.destroyed) return
          // A worker, which is this very program, sends nothing else.
          link = this.#receive(socket, link, message as FromWorker)
        }
      } catch (error) {
        socket.destroy(error instanceof Error ? error : undefined)
      }
    })
    socket.on('error', () => undefined) // 'close' follows
    socket.on('close', () => {
      this.#sockets.delete(socket)
      for (const worker of this.#living.values()) if (worker.link?.isOver(socket)) worker.link = undefined
    })
  }

  #receive(socket: Socket, link: Link | undefined, message: FromWorker): Link | undefined {
    if (message.kind === 'hello') return this.#greet(socket, message)
    if (link === undefined) throw new Error('A worker spoke before it said who it is')
    if (message.kind === 'commit') link.commit(message)
    else link.worker.answer(message.ask, message.number)
    return link
  }

  #greet(socket: Socket, { run, instance }: FromWorker & { kind: 'hello' }): Link | undefined {
    const { catalog, space } = this.#parts
    if (run !== this.#parts.run || this.#dead.has(instance)) {
      const reason = 'The server this process works for is over.'
      socket.end(frameOf({ kind: 'refused', reason } satisfies ToWorker))
      return undefined
    }
    const worker = this.#living.get(instance) ?? new LivingWorker()
    this.#living.set(instance, worker)
    // Its earlier connection, if there is one, is broken on its side: what comes by it was given up.
    worker.link?.end()
    passPoint('worker greeted')
    const link = new Link(socket, catalog, space, worker)
    link.say({ kind: 'welcome', number: catalog.number(), failure: this.#failure })
    worker.meet(link)
    return link
  }
}

/** A worker process that may be alive. */
class LivingWorker {
  /** Set while it is connected. */
  link: Link | undefined
  #asks = 0
  readonly #open = new Map<number, Ask>()

  /** See `ReadsUnderWay.oldest`. */
  oldest(current: number, number: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#asks += 1
      const ask = { message: { kind: 'oldest', ask: this.#asks, current, number } as const, resolve, reject }
      this.#open.set(this.#asks, ask)
      if (this.link === undefined) return
      this.link.say(ask.message)
      passPoint('oldest asked')
    })
  }

  answer(ask: number, number: number): void {
    this.#open.get(ask)?.resolve(number)
    this.#open.delete(ask)
  }

  /** It is connected, perhaps anew: what it was asked over a connection that broke is asked again. */
  meet(link: Link): void {
    this.link = link
    for (const { message } of this.#open.values()) link.say(message)
  }

  /** It is dead, and reads nothing. */
  end(): void {
    this.link?.end()
    for (const { message, resolve } of this.#open.values()) resolve(message.current)
    this.#open.clear()
  }

  /** Nobody will hear its answers. */
  abandon(): void {
    for (const { reject } of this.#open.values()) reject(new Error('The writer is closing'))
    this.#open.clear()
  }
}

interface Ask {
  readonly message: ToWorker & { kind: 'oldest' }
  readonly resolve: (number: number) => void
  readonly reject: (error: Error) => void
}

/** One connection of a worker. */
class Link {
  readonly worker: LivingWorker
  readonly #socket: Socket
  readonly #catalog: SqliteCatalog
  readonly #space: Space
  /** Answers that have not been sent yet. */
  #tickets: number[] = []
  #results: unknown[] = []
  #errors: (ErrorData | undefined)[] = []

  constructor(socket: Socket, catalog: SqliteCatalog, space: Space, worker: LivingWorker) {
    this.#socket = socket
    this.#catalog = catalog
    this.#space = space
    this.worker = worker
  }

  say(message: ToWorker): void {
    if (!this.#socket.destroyed) this.#socket.write(frameOf(message))
  }

  commit({ first, names, args }: FromWorker & { kind: 'commit' }): void {
    passPoint('commit taken')
    for (const [i, name] of names.entries()) {
      // In memory of its own: to send a view to the writer thread would send all it is a view of.
      const sealed = new Uint8Array(args[i] ?? [])
      commitInRoom(this.#space, name, () => this.#catalog.commitSealed(name, sealed)).then(
        (result) => this.#answer(first + i, result, undefined),
        (error: unknown) => this.#answer(first + i, undefined, errorData(error)),
      )
    }
  }

  end(): void {
    this.#socket.destroy()
  }

  isOver(socket: Socket): boolean {
    return this.#socket === socket
  }

  /** Those who were committed together are answered together. */
  #answer(ticket: number, result: unknown, error: ErrorData | undefined): void {
    if (this.#tickets.length === 0) setImmediate(() => this.#send())
    this.#tickets.push(ticket)
    this.#results.push(result)
    this.#errors.push(error)
  }

  #send(): void {
    const [tickets, results, errors] = [this.#tickets, this.#results, this.#errors]
    this.#tickets = []
    this.#results = []
    this.#errors = []
    passPoint('commit answers ready')
    this.say({ kind: 'answers', tickets, results, errors, number: this.#catalog.number() })
  }
}
