// Servers that stop or die at a named point: what is told to fault-preload.cjs, and what it tells.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { FaultPoint } from '../../../src/store/fault-points.js'
import { projectRoot } from '../../project-root.js'

/** How a process ends at a point: at once, or stopped there until the harness has cut the power and kills it. */
export type Ending = 'kill' | 'stop'

/** How long a server may take to come to a point. */
const reachMsMax = 60_000

let runs = 0

/** Directs the servers that are started with its environment, one at a time. */
export class Faults {
  readonly #directory: string

  /** @param directory on another file system than the data: it outlives a power cut */
  constructor(directory: string) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true })
    this.disarm()
  }

  /** For the server's process.
   *  @param collectorPauseMs in place of 5 s */
  environment(collectorPauseMs?: number): Record<string, string> {
    return {
      NODE_OPTIONS: `--require ${join(projectRoot, 'test', 'crash', 'faults', 'fault-preload.cjs')}`,
      FAULT_DIRECTORY: this.#directory,
      ...(collectorPauseMs !== undefined && { FAULT_COLLECTOR_PAUSE_MS: `${collectorPauseMs}` }),
    }
  }

  /** From now on the `pass`-th passing of a point ends the process; passings are counted by thread. Forgets what was passed before. */
  arm(point: FaultPoint, pass: number, action: Ending): void {
    this.#write({ point, pass, action })
  }

  /** Lets every point be passed, and forgets what was passed before. */
  disarm(): void {
    this.#write({})
  }

  /** The points passed since the last call of `arm` or `disarm`, in order; "REACHED …" is the one where the process ended. */
  passed(): string[] {
    return readFileSync(join(this.#directory, 'passed'), 'utf8').split('\n').filter(Boolean)
  }

  /** Settles when the process has ended, or stopped, at the armed point.
   *  @throws Error when it never comes there */
  async reached(): Promise<void> {
    for (const until = Date.now() + reachMsMax; Date.now() < until; await wait(5)) {
      if (this.passed().some((line) => line.startsWith('REACHED'))) return
    }
    throw new Error(`the armed point was not reached; passed were: ${this.passed().join(', ')}`)
  }

  /** Removes what it wrote. */
  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #write(armed: object): void {
    runs += 1
    writeFileSync(join(this.#directory, 'passed'), '')
    const path = join(this.#directory, 'armed')
    writeFileSync(`${path}.new`, JSON.stringify({ run: runs, ...armed }))
    renameSync(`${path}.new`, path)
  }
}
