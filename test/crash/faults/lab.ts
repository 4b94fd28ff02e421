// One trial after the other on one data directory: an operation, a fault at a point, a restart, and everything read back.

import { equal, ok } from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { FaultPoint } from '../../../src/store/fault-points.js'
import {
  launchServer,
  runCheck,
  scratchDirectory,
  type ServerProcess,
  startServerProcess,
} from '../../server-process.js'
import { contentOf, KeyModel, type RaceModel } from '../model.js'
import { clientFor } from '../writers.js'
import { DiskImage } from './disk-image.js'
import { Faults } from './faults.js'
import { FaultyDisk, type Misbehaviour } from './faulty-disk.js'
import { bucket, type Operation, type Steps, type Trial } from './operations.js'
import { goOn, readBack } from './read-back.js'

/** What comes over a server at a point. */
export type Fault = 'kill' | 'power cut'

/** How long an operation may take on a disk that misbehaves: one that waits for what never comes is not waited for. */
const runMsMax = 10_000

/** Where a fault comes. */
export interface Place {
  readonly point: FaultPoint
  /** At the how manieth passing, from 1. */
  readonly pass: number
}

/** A disk, a data directory on it, and what it must hold. */
export class Lab {
  readonly #scratch: { readonly path: string; remove(): Promise<void> }
  readonly #disk: DiskImage
  readonly #faults: Faults
  readonly #operation: Operation
  readonly #models: (KeyModel | RaceModel)[] = []
  readonly #faulty: FaultyDisk
  #trials = 0

  private constructor(
    scratch: { readonly path: string; remove(): Promise<void> },
    operation: Operation,
    wrong: readonly Misbehaviour[],
  ) {
    this.#scratch = scratch
    this.#faulty = new FaultyDisk(join(scratch.path, 'faulty'))
    this.#faulty.behave(...wrong)
    this.#operation = operation
    this.#faults = new Faults(join(scratch.path, 'faults'))
    this.#disk = new DiskImage(scratch.path, { sizeMiB: 2048 })
  }

  /** Sets one up for trials of one operation.
   *  @param wrong what its servers' disk does wrong all the time: proofs that a lab notices */
  static async open(operation: Operation, ...wrong: readonly Misbehaviour[]): Promise<Lab> {
    const scratch = await scratchDirectory('lab')
    try {
      return new Lab(scratch, operation, wrong)
    } catch (error) {
      await scratch.remove()
      throw error
    }
  }

  async close(): Promise<void> {
    this.#disk.remove()
    await this.#scratch.remove()
  }

  /** Runs the operation undisturbed; answers the points it passes and how often. */
  async passedPoints(): Promise<ReadonlyMap<FaultPoint, number>> {
    const { server, trial, steps } = await this.#begin()
    let running: Server = server
    try {
      if (this.#operation.isStart === true) {
        await server.kill()
        this.#faults.disarm()
        running = await this.#start(trial)
      } else {
        this.#faults.disarm()
      }
      await steps.run()
      const counts = new Map<FaultPoint, number>()
      for (const point of this.#faults.passed()) counts.set(point, (counts.get(point) ?? 0) + 1)
      return counts
    } finally {
      trial.s3.destroy()
      await running.kill()
    }
  }

  /** One trial.
   *  @throws Error when the store does not hold what it must */
  async holds({ point, pass }: Place, fault: Fault): Promise<void> {
    const { server, trial, steps } = await this.#begin()
    let dying: Server = server
    const ending = fault === 'kill' ? 'kill' : 'stop'
    const { isStart } = this.#operation
    let running: Promise<unknown>
    if (isStart === true) {
      await server.kill()
      this.#faults.arm(point, pass, ending)
      dying = launchServer(this.#directory, { env: this.#environment() })
      running = Promise.resolve()
    } else {
      this.#faults.arm(point, pass, ending)
      // It fails, or never ends: the server does not live to answer. What it had acknowledged before is in the models.
      running = steps.run().catch(() => undefined)
    }
    try {
      await this.#faults.reached()
      if (fault === 'power cut') this.#disk.cutPower()
    } finally {
      await dying.kill()
    }
    await Promise.race([running, wait(2_000)])
    trial.s3.destroy()
    this.#faults.disarm()
    if (fault === 'power cut') {
      this.#disk.unmount()
      this.#disk.mount()
    }
    await this.#requireWhole(trial, steps)
  }

  /** One trial with a disk, or a clock, that misbehaves while the operation is under way; whether it succeeds is not asked. The server is
   *  killed then, and started again on a disk that behaves.
   *  @throws Error when the store does not hold what it must */
  async holdsDespite(wrong: Misbehaviour): Promise<void> {
    const { server, trial, steps } = await this.#begin()
    try {
      this.#faults.disarm()
      this.#faulty.behave(wrong)
      // The client's clock goes with the server's: a signature of another hour would be refused.
      if (wrong.call === 'clock') trial.s3.config.systemClockOffset = wrong.seconds * 1000
      const running = steps.run().catch(() => undefined)
      await Promise.race([running, wait(runMsMax)])
    } finally {
      trial.s3.destroy()
      await server.kill()
      this.#faulty.behave()
    }
    await this.#requireWhole(trial, steps)
  }

  /** One trial whose power is cut in the middle of a system call, before it has had any effect. Where the operation makes no such call, it
   *  is cut after its end.
   *  @param at with STOP
   *  @throws Error when the store does not hold what it must */
  async holdsCutIn(at: Misbehaviour): Promise<void> {
    const { server, trial, steps } = await this.#begin()
    let running: Promise<unknown>
    try {
      this.#faults.disarm()
      this.#faulty.behave(at)
      running = steps.run().catch(() => undefined)
      const stopped = async (): Promise<void> => {
        for (const until = Date.now() + runMsMax; Date.now() < until && !isStopped(server.pid);) await wait(5)
      }
      await Promise.race([running, stopped()])
      this.#disk.cutPower()
    } finally {
      await server.kill()
      this.#faulty.behave()
    }
    await Promise.race([running, wait(2_000)])
    trial.s3.destroy()
    this.#disk.unmount()
    this.#disk.mount()
    await this.#requireWhole(trial, steps)
  }

  /** After a fault: the server starts, holds what it must, goes on working, stops, and `cairn check` finds nothing. */
  async #requireWhole(trial: Trial, steps: Steps): Promise<void> {
    const server = await this.#start(trial)
    try {
      await readBack(trial)
      await steps.verify?.()
      await goOn(trial)
      await readBack(trial)
      trial.s3.destroy()
      equal(await server.stop(), 0, server.output())
      ok(!/"level":(50|60)/.test(server.output()), `the server logged an error:\n${server.output()}`)
    } finally {
      await server.kill()
    }
    const check = await runCheck(this.#directory)
    equal(check.code, 0, `cairn check found faults\n${check.output}`)
  }

  get #directory(): string {
    return join(this.#disk.path, 'data')
  }

  #environment(): Record<string, string> {
    return { ...this.#faults.environment(this.#operation.collectorPauseMs), ...this.#faulty.environment }
  }

  /** A running server, and a trial prepared on it. */
  async #begin() {
    this.#trials += 1
    // Older ones have been read twice; what they named is read by `cairn check` each time.
    this.#models.length = 0
    this.#faults.disarm()
    let pid = 0
    const trial: Trial = {
      s3: clientFor('http://127.0.0.1:1'),
      signal: (signal) => process.kill(pid, signal),
      models: this.#models,
      number: this.#trials,
      passed: async (point) => {
        while (!this.#faults.passed().includes(point)) await wait(20)
      },
    }
    const server = await this.#start(trial)
    pid = server.pid
    try {
      if (this.#trials === 1) await trial.s3.send(new CreateBucketCommand({ Bucket: bucket }))
      const steps = this.#operation.steps(trial)
      await steps.prepare?.()
      if (this.#operation.isStart === true) await this.#leaveOrphans(trial)
      return { server, trial, steps }
    } catch (error) {
      await server.kill()
      throw error
    }
  }

  /** The server dies with a file on disk that no row names. */
  async #leaveOrphans(trial: Trial): Promise<void> {
    this.#faults.arm('blob names durable', 1, 'kill')
    const orphan = new KeyModel(bucket, `${trial.number}/orphan`)
    this.#models.push(orphan)
    const Body = contentOf('100000-orphan')
    await trial.s3.send(new PutObjectCommand({ Bucket: bucket, Key: orphan.key, Body })).catch(() => undefined)
    await this.#faults.reached()
  }

  async #start(trial: Trial): Promise<ServerProcess> {
    if (!existsSync(this.#directory)) mkdirSync(this.#directory)
    const server = await startServerProcess(this.#directory, { env: this.#environment() })
    trial.s3 = clientFor(server.endpoint)
    return server
  }
}

/** Whether a process was stopped by a signal, or is gone. Source: proc_pid_stat(5), state T. */
function isStopped(pid: number): boolean {
  const path = `/proc/${pid}/stat`
  return !existsSync(path) || /\) T /.test(readFileSync(path, 'utf8'))
}

type Server = Omit<ServerProcess, 'endpoint'>
