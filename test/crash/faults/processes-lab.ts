// One trial after the other on a server of several processes: an operation, the end of one process or of all at a point, what goes on, and
// everything read back.

import { equal, ok } from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { FaultPoint } from '../../../src/store/fault-points.js'
import { runCheck, scratchDirectory, type ServerProcess, startServerProcess } from '../../server-process.js'
import { clientBeside, clientOn } from '../../workers/clients.js'
import { isInterruption } from '../../workers/interruption.js'
import { childrenOf, hasEnded, processesOf, until } from '../../workers/processes.js'
import { contentOf, KeyModel, type Label, type RaceModel } from '../model.js'
import { clientFor } from '../writers.js'
import { DiskImage } from './disk-image.js'
import { type Ending, Faults } from './faults.js'
import { FaultyDisk, type Misbehaviour } from './faulty-disk.js'
import { bucket } from './operations.js'
import type { ProcessOperation, ProcessPlace, ProcessTrial } from './process-operations.js'
import { goOn, readBack } from './read-back.js'

/** What comes over a server at a point: all its processes end, or the one that passes it, or the power goes. */
export type ProcessFault = 'kill' | 'kill of one process' | 'power cut'

const endings: Record<ProcessFault, Ending> = {
  kill: 'kill all',
  'kill of one process': 'kill',
  'power cut': 'stop all',
}

/** In place of 5 s. */
const collectorPauseMs = 200

/** How long a server may take, after the end of one of its processes, to finish what it does, and to serve every client again. */
const goOnMsMax = 20_000

/** A disk, a data directory on it, a server of two workers, and what must be there. A server that lives after a trial is the next one's. */
export class ProcessesLab {
  readonly #scratch: { readonly path: string; remove(): Promise<void> }
  readonly #disk: DiskImage
  readonly #faults: Faults
  readonly #faulty: FaultyDisk
  readonly #wrong: readonly Misbehaviour[]
  readonly #operation: ProcessOperation
  readonly #models: (KeyModel | RaceModel)[] = []
  readonly #clients: (() => unknown)[] = []
  #server: ServerProcess | undefined
  #trials = 0
  #hasBucket = false
  /** Whether the server of the trial has ended, and nobody waits for it any more. */
  #isOver = false

  private constructor(
    scratch: { readonly path: string; remove(): Promise<void> },
    operation: ProcessOperation,
    wrong: readonly Misbehaviour[],
  ) {
    this.#scratch = scratch
    this.#wrong = wrong
    this.#faulty = new FaultyDisk(join(scratch.path, 'faulty'))
    this.#faulty.behave(...wrong)
    this.#operation = operation
    this.#faults = new Faults(join(scratch.path, 'faults'))
    this.#disk = new DiskImage(scratch.path, { sizeMiB: 4096 })
  }

  /** Sets one up for trials of one operation.
   *  @param wrong what its servers' disk does wrong all the time: proofs that a lab notices */
  static async open(operation: ProcessOperation, ...wrong: readonly Misbehaviour[]): Promise<ProcessesLab> {
    const scratch = await scratchDirectory('processes')
    try {
      return new ProcessesLab(scratch, operation, wrong)
    } catch (error) {
      await scratch.remove()
      throw error
    }
  }

  /** Stops the server that lives, if one does.
   *  @throws Error when it does not stop in order, or `cairn check` finds faults then */
  async close(): Promise<void> {
    try {
      this.#disconnect()
      const server = this.#server
      if (server !== undefined) {
        equal(await server.stop(), 0, server.output())
        await this.#check()
      }
    } finally {
      await this.#end()
      this.#disk.remove()
      await this.#scratch.remove()
    }
  }

  /** Runs the operation undisturbed; answers the points it passes, what passes them, and how often one process does at most. */
  async passedPlaces(): Promise<readonly (ProcessPlace & { readonly count: number })[]> {
    try {
      const { steps } = await this.#begin()
      this.#faults.disarm()
      await steps.run()
      const places = new Map<FaultPoint, ProcessPlace & { readonly count: number }>()
      const passings = this.#faults.passings()
      for (const { point, role, pid } of passings) {
        const count = passings.filter((one) => one.point === point && one.pid === pid).length
        places.set(point, { point, role, count: Math.max(count, places.get(point)?.count ?? 0) })
      }
      return [...places.values()]
    } finally {
      await this.#end()
    }
  }

  /** One trial.
   *  @param pass at the how manieth passing the fault comes, from 1
   *  @throws Error when the store does not hold what it must, or the rest of the server does not go on */
  async holds(place: ProcessPlace, pass: number, fault: ProcessFault): Promise<void> {
    const { point, after } = place
    try {
      const { trial, steps, server } = await this.#begin()
      const before = childrenOf(server.pid)
      this.#faults.armAll([
        ...(after === undefined ? [] : [{ point: after, pass: 1, action: 'kill' } as const]),
        { point, pass, action: endings[fault] },
      ])
      const running = steps.run()
      const failing = running.then(() => new Promise<never>(() => undefined))
      failing.catch(() => undefined) // of what comes after the fault, as far as it counts, `running` tells
      const died = await Promise.race([this.#faults.reached(), failing])
      equal(died.role, place.role)
      const isOver = fault !== 'kill of one process' || died.role === 'server'
      if (isOver) {
        await this.#endAll(server, [...before, ...this.#faults.passings().map(({ pid }) => pid)], fault)
        await Promise.race([running.catch(() => undefined), wait(2_000)])
        await this.#restart(trial, fault)
      } else {
        await within(goOnMsMax, `${this.#operation.name} goes on`, running)
        this.#faulty.behave(...this.#wrong)
        steps.goesOn?.(died)
        await (this.#operation.stopsWriting === true ? this.#stays(trial, server) : this.#servesAll(trial, server))
      }
      await readBack(trial)
      await steps.verify?.()
      if (this.#operation.stopsWriting === true && !isOver) await this.#reopen(trial, server)
      await goOn(trial)
      await readBack(trial)
      // What goes on is checked with what is there after the next fault, or at the end.
      if (isOver) await this.#check()
    } catch (error) {
      // The next trial gets a server of its own.
      const output = this.#server?.output() ?? ''
      await this.#end()
      if (fault === 'power cut') {
        this.#disk.unmount()
        this.#disk.mount()
      }
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${output.slice(-3000)}`, {
        cause: error,
      })
    }
  }

  /** All processes end: of themselves where only their supervisor has died.
   *  @param ids of those that may live */
  async #endAll(server: ServerProcess, ids: readonly number[], fault: ProcessFault): Promise<void> {
    if (fault === 'power cut') {
      this.#disk.cutPower()
      // They are stopped, so that none has become another program's.
      for (const id of childrenOf(server.pid)) process.kill(id, 'SIGKILL')
    }
    await server.kill()
    await until('every process has ended', () => ids.every(hasEnded))
    this.#server = undefined
    this.#isOver = true
    this.#disconnect()
  }

  async #restart(trial: ProcessTrial, fault: ProcessFault): Promise<void> {
    this.#faults.disarm()
    this.#faulty.behave(...this.#wrong)
    if (fault === 'power cut') {
      this.#disk.unmount()
      this.#disk.mount()
    }
    const server = await this.#start(trial)
    ok(!/"level":(50|60)/.test(server.output()), `the server logged an error:\n${server.output()}`)
  }

  /** Whoever connects is served again, by two workers and a writer. */
  async #servesAll(trial: ProcessTrial, server: ServerProcess): Promise<void> {
    this.#faults.disarm()
    const served = async (i: number): Promise<void> => {
      const model = new KeyModel(bucket, `${trial.number}/served ${i}`)
      trial.models.push(model)
      const label: Label = `${i % 2 === 0 ? 1000 : 100_000}-${trial.number}-served-${i}`
      const s3 = trial.newClient()
      await until(
        'a client is served',
        async () => {
          try {
            await model.attempt(label, async () => {
              const at = { Bucket: bucket, Key: model.key }
              await s3.send(new PutObjectCommand({ ...at, Body: contentOf(label), Metadata: { label } }))
              return 'done'
            })
            return true
          } catch (error) {
            if (!isInterruption(error)) throw error
            return false
          }
        },
        goOnMsMax,
      )
    }
    await Promise.all([0, 1, 2, 3].map(served))
    await until('all processes are back', () => {
      const { writer, workers } = processesOf(server.pid)
      return writer !== undefined && workers.length === 2
    })
  }

  /** Nobody writes, whoever asks whom; and what has failed is written down for the next start. */
  async #stays(trial: ProcessTrial, server: ServerProcess): Promise<void> {
    this.#faults.disarm()
    const mark = join(this.#directory, 'failed-sync')
    await until('the failure is marked', () => existsSync(mark) && /EIO/.test(readFileSync(mark, 'utf8')))
    await until('both workers are there', () => processesOf(server.pid).workers.length === 2)
    for (let i = 0; i < 6; i += 1) {
      const s3 = trial.newClient()
      const at = { Bucket: bucket, Key: `refused ${trial.number}` }
      await until('a client is answered', async () => {
        try {
          await s3.send(new PutObjectCommand({ ...at, Body: 'refused' }))
        } catch (error) {
          if (error instanceof Error && error.name === 'ServiceUnavailable') return true
          if (isInterruption(error)) return false
          throw error
        }
        throw new Error('a write was acknowledged after a failed sync')
      })
    }
  }

  /** A server that has stopped writing stops in order, and the next one writes. */
  async #reopen(trial: ProcessTrial, server: ServerProcess): Promise<void> {
    this.#disconnect()
    equal(await server.stop(), 0, server.output())
    const next = await this.#start(trial)
    ok(/what was written last is whole: writes go on/.test(next.output()), next.output())
  }

  /** A server, and a trial prepared on it. */
  async #begin() {
    this.#trials += 1
    // Older ones have been read twice; what they named is read by `cairn check` each time.
    this.#models.length = 0
    this.#isOver = false
    this.#faults.disarm()
    this.#disconnect()
    const trial: ProcessTrial = {
      s3: clientFor('http://127.0.0.1:1'),
      workers: [],
      newClient: () => this.#newClient(),
      signal: (signal) => process.kill(this.#server?.pid ?? process.pid, signal),
      models: this.#models,
      disk: this.#faulty,
      number: this.#trials,
      passed: async (point) => {
        while (!this.#isOver && !this.#faults.passed().includes(point)) await wait(20)
      },
      passedAgain: async (point, times) => {
        const count = (): number => this.#faults.passed().filter((one) => one === point).length
        const before = count()
        await until(`${point} is passed ${times} times`, () => count() >= before + times)
      },
    }
    const server = this.#server ?? (await this.#start(trial))
    trial.s3 = this.#newClient()
    if (!this.#hasBucket) await trial.s3.send(new CreateBucketCommand({ Bucket: bucket }))
    this.#hasBucket = true
    const later = (end: () => unknown): unknown => this.#clients.push(end)
    const one = clientOn(server.endpoint, later)
    trial.workers = [one, await clientBeside(one, server.endpoint, later)]
    const steps = this.#operation.steps(trial)
    await steps.prepare?.()
    return { trial, steps, server }
  }

  async #start(trial: ProcessTrial): Promise<ServerProcess> {
    if (!existsSync(this.#directory)) mkdirSync(this.#directory)
    const env = { ...this.#faults.environment(collectorPauseMs), ...this.#faulty.environment }
    this.#server = await startServerProcess(this.#directory, { args: ['--workers', '2'], env })
    trial.s3 = this.#newClient()
    return this.#server
  }

  /** Ends the server that lives, if one does, by all its processes. */
  async #end(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#isOver = true
    if (server === undefined) return
    const ids = childrenOf(server.pid)
    for (const id of ids) if (!hasEnded(id)) process.kill(id, 'SIGKILL')
    await server.kill()
    await until('every process has ended', () => ids.every(hasEnded))
    this.#faulty.behave(...this.#wrong)
  }

  /** @throws Error when `cairn check` finds faults, beside a server or alone */
  async #check(): Promise<void> {
    const check = await runCheck(this.#directory)
    equal(check.code, 0, `cairn check found faults\n${check.output}`)
  }

  #newClient(): S3Client {
    const s3 = clientFor(this.#server?.endpoint ?? '')
    this.#clients.push(() => s3.destroy())
    return s3
  }

  #disconnect(): void {
    for (const end of this.#clients.splice(0)) end()
  }

  get #directory(): string {
    return join(this.#disk.path, 'data')
  }
}

/** @throws Error when it takes longer; what `work` throws */
async function within(ms: number, what: string, work: Promise<unknown>): Promise<void> {
  const timeout = new AbortController()
  const late = wait(ms, undefined, { signal: timeout.signal }).then(
    () => {
      throw new Error(`${what}: not within ${ms} ms`)
    },
    () => undefined,
  )
  try {
    await Promise.race([work, late])
  } finally {
    timeout.abort()
  }
}
