// A server of several processes: this one owns the port and hands out connections, one writes the catalog, the others serve requests. It holds
// no data and answers no request, so that it has little to die of; whatever else dies it starts again.

import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { lockServedData } from './locked-data.js'
import { openLog } from './log.js'
import type { Log } from './contract/log.js'
import type { Denial } from './auth/denials.js'
import type { RootKey } from './auth/root-key.js'
import { Child } from './child.js'
import { type FromWriterProcess, type HandedKeys, receivedKey, type ToWriterProcess } from './process-messages.js'
import { Restarts } from './restarts.js'
import { endpointOf, listen, surplusConnectionsMax, tlsOf } from './listen.js'
import type { Settings } from './settings.js'
import { errorOf } from './store/catalog/error-data.js'
import { failedSyncOf, markFailedSync } from './store/failed-sync.js'
import { passPoint } from './store/fault-points.js'
import type { Lock } from './store/lock.js'
import { WorkerSlot } from './worker-slot.js'

/** Beyond the grace, a worker that has not ended is killed: its requests have been cut off by then. */
const workerEndMsMax = 5_000

/** How long the writer may take to finish its last group and empty the WAL. Killed then, it loses nothing. */
const writerEndMsMax = 30_000

/** A server of several processes that accepts requests. */
export interface SupervisedServer {
  readonly endpoint: URL
  readonly region: string
  readonly rootKey: RootKey
  /** Settles when the server has given up, and is closing. */
  readonly broken: Promise<Error>
  /** Stops accepting, lets requests under way finish within the grace, then ends every process. */
  close(): Promise<void>
  /** Stops at once: requests under way are cut off. */
  closeNow(): Promise<void>
}

/** Starts the processes of a server and listens.
 *  @throws as `startServer` */
export async function startSupervisor(settings: Settings): Promise<SupervisedServer> {
  const log = openLog(settings.logLevel, undefined, 'supervisor')
  const tls = await tlsOf(settings)
  const supervisor = new Supervisor(settings, log)
  try {
    const keys = await supervisor.start()
    const endpoint = endpointOf(supervisor.server, settings.address.host, tls !== undefined)
    return {
      endpoint,
      region: settings.region,
      rootKey: receivedKey(keys.root),
      broken: supervisor.broken,
      close: () => supervisor.close(settings.shutdownGraceMs),
      closeNow: () => supervisor.close(0),
    }
  } catch (error) {
    await supervisor.close(0)
    throw error
  }
}

class Supervisor {
  /** Accepts connections and hands them out, unread. */
  readonly server: Server
  readonly broken: Promise<Error>
  readonly #settings: Settings
  readonly #log: Log
  /** Names this run of the server. */
  readonly #run = randomBytes(16).toString('hex')
  readonly #workers: readonly WorkerSlot[]
  /** The workers, the one first whose turn was longest ago. */
  #turns: readonly WorkerSlot[]
  readonly #restarts = new Restarts()
  #writer: Child<ToWriterProcess, FromWriterProcess> | undefined
  #keys: HandedKeys | undefined
  /** Why writing has stopped for good. A writer that was started anew would write again, to a disk that nobody has checked. */
  #stoppedWriting: string | undefined
  #marked: Promise<void> = Promise.resolve()
  /** Connections nobody is ready for. */
  readonly #waiting = new Set<Socket>()
  /** Keeps others out while there is no writer. */
  #lock: Lock | undefined
  #closing: Promise<void> | undefined
  #break: (error: Error) => void = () => undefined

  constructor(settings: Settings, log: Log) {
    this.#settings = settings
    this.#log = log
    this.broken = new Promise((resolve) => (this.#break = resolve))
    this.server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => this.#accept(socket))
    this.#workers = Array.from(
      { length: settings.workers },
      (_, i) =>
        new WorkerSlot(i + 1, log, {
          onReady: () => this.#handOutWaiting(),
          onDeath: (instance) => {
            this.#writer?.say({ kind: 'bury', instance })
            passPoint('burial told')
          },
          onTallies: (tallies, from) => {
            for (const worker of this.#workers) if (worker !== from) worker.tell(tallies)
          },
          onStoppedWriting: (reason) => this.#passOnStop(reason),
          denialsOfOthers: (requestId) => this.#denialsBeside(i, requestId),
          onBroken: (error) => this.#giveUp(error),
        }),
    )
    this.#turns = this.#workers
  }

  /** Settles when all is ready. The port is taken before a worker is started, and after the directory is locked. */
  async start(): Promise<HandedKeys> {
    this.#lock = await lockServedData(this.#settings.data)
    const keys = await this.#startWriter()
    this.#keys = keys
    await listen(this.server, this.#settings.address)
    const start = { kind: 'start', settings: withoutKey(this.#settings), run: this.#run, keys } as const
    await Promise.all(this.#workers.map((worker) => worker.start(start)))
    return keys
  }

  /** Ends everything: who serves first, who writes last. Called again with a shorter grace, that one counts. */
  close(graceMs: number): Promise<void> {
    for (const worker of this.#workers) worker.stop(graceMs)
    this.#closing ??= this.#close(graceMs)
      .then(() => this.#marked)
      .finally(() => this.#lock?.release())
    return this.#closing
  }

  async #close(graceMs: number): Promise<void> {
    this.server.close()
    for (const socket of this.#waiting) socket.destroy()
    await Promise.all(this.#workers.map((worker) => worker.ended(graceMs + workerEndMsMax)))
    const writer = this.#writer
    if (writer === undefined) return
    writer.say({ kind: 'stop', graceMs })
    const late = setTimeout(() => writer.kill(), writerEndMsMax)
    await writer.ended
    clearTimeout(late)
  }

  /** Starts the writer; answers when it is ready.
   *  @throws Error when it could not start */
  #startWriter(): Promise<HandedKeys> {
    return new Promise((resolve, reject) => {
      let isReady = false
      let refusal: Error | undefined
      const writer = new Child<ToWriterProcess, FromWriterProcess>('writer-process', {
        onMessage: (message) => {
          switch (message.kind) {
            case 'ready':
              // What workers seal now, a writer with another key would take for lost at the next start.
              if (this.#keys !== undefined && this.#keys.master !== message.keys.master) {
                this.#giveUp(new Error('The master key was exchanged while the server ran: restart it'))
              }
              isReady = true
              this.#restarts.noteReady()
              return resolve(message.keys)
            case 'refused':
              refusal = errorOf(message.error)
              return writer.kill()
            case 'stoppedWriting':
              this.#stoppedWriting ??= message.reason
          }
        },
        onExit: (how) => {
          this.#writer = undefined
          this.#markUnlessMarked()
          reject(refusal ?? new Error(`The writer ended before it was ready (${how})`))
          // The first start is the operator's to try again.
          if (this.#closing === undefined && this.#keys !== undefined) void this.#restartWriter(isReady, how, refusal)
        },
      })
      this.#writer = writer
      const living = this.#workers.flatMap(({ instance }) => instance ?? [])
      writer.say({ kind: 'start', settings: this.#settings, run: this.#run, living })
    })
  }

  /** A sync has failed in a worker. */
  #passOnStop(reason: string): void {
    this.#stoppedWriting ??= reason
    this.#writer?.say({ kind: 'stopWriting', reason })
    passPoint('failed sync passed on')
    if (this.#writer === undefined) this.#markUnlessMarked()
  }

  /** To leave the mark of a failed sync is the writer's part. There is none now: it may have ended before it did, or before the sync failed. */
  #markUnlessMarked(): void {
    const reason = this.#stoppedWriting
    if (reason === undefined) return
    const { data } = this.#settings
    const mark = async (): Promise<void> => {
      if ((await failedSyncOf(data)) === undefined) await markFailedSync(data, new Error(reason))
    }
    this.#marked = this.#marked.then(mark)
  }

  async #restartWriter(wasReady: boolean, how: string, refusal: Error | undefined): Promise<void> {
    const stopped = (): boolean => {
      if (this.#stoppedWriting === undefined) return false
      const fields = { how, reason: this.#stoppedWriting }
      this.#log.error(fields, 'the writer has ended, and writing has stopped: restart the server')
      return true
    }
    if (stopped()) return
    const delayMs = this.#restarts.noteEnd(wasReady, performance.now())
    this.#log.error({ how, ...(refusal && { err: refusal }), delayMs }, 'the writer has ended')
    if (delayMs === undefined)
      return this.#giveUp(new Error('The writer could not be started again', { cause: refusal }))
    await wait(delayMs, undefined, { ref: false })
    // A sync may have failed in a worker while there was no writer to be told of it.
    if (this.#closing !== undefined || stopped()) return
    // Should it fail, `onExit` comes back here.
    await this.#startWriter().then(
      () => this.#log.info({}, 'the writer is back'),
      () => undefined,
    )
  }

  /** What all workers but one have denied to a request. */
  async #denialsBeside(asker: number, requestId: string): Promise<readonly Denial[]> {
    const others = this.#workers.filter((_, i) => i !== asker)
    return (await Promise.all(others.map((worker) => worker.denials(requestId)))).flat()
  }

  #giveUp(error: Error): void {
    this.#break(error)
    void this.close(0)
  }

  #accept(socket: Socket): void {
    const open = this.#workers.reduce((sum, worker) => sum + worker.connections, this.#waiting.size)
    // Up to here a worker that has its share lets the new one in for one that rests, or tells it to come back.
    if (open >= this.#settings.connectionsMax + surplusConnectionsMax) {
      socket.destroy()
      return
    }
    this.#waiting.add(socket)
    socket.on('error', () => undefined) // 'close' follows
    socket.on('close', () => this.#waiting.delete(socket))
    this.#handOutWaiting()
  }

  /** Each connection goes to the worker that has the fewest; of several, to the one whose turn was longest ago. */
  #handOutWaiting(): void {
    for (const socket of this.#waiting) {
      const [first, ...others] = this.#turns.filter((worker) => worker.isReady)
      if (first === undefined) return
      const worker = others.reduce((least, one) => (one.connections < least.connections ? one : least), first)
      this.#turns = [...this.#turns.filter((one) => one !== worker), worker]
      this.#waiting.delete(socket)
      worker.hand(socket)
    }
  }
}

/** Workers are handed the keys themselves. */
function withoutKey({
  rootAccessKey: _id,
  rootSecretKey: _secret,
  masterKeyFile: _file,
  ...settings
}: Settings): Settings {
  return settings
}
