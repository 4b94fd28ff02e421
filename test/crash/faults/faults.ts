// Servers that stop or die at a named point: what is told to fault-preload.cjs, and what it tells.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { FaultPoint } from '../../../src/store/fault-points.js'
import { projectRoot } from '../../project-root.js'

/** How a process ends at a point: at once, or stopped there until the harness has cut the power and kills it. With 'all' every process of its
 *  server does. */
export type Ending = 'kill' | 'stop' | 'kill all' | 'stop all'

/** Where processes end. */
export interface Armed {
  readonly point: FaultPoint
  /** At the how manieth passing by one thread, from 1. */
  readonly pass: number
  readonly action: Ending
}

/** Who passed a point. */
export interface Passing {
  /** 'server': the one process of a server, or its supervisor. */
  readonly role: 'server' | 'writer' | 'worker'
  readonly pid: number
  readonly point: FaultPoint
  /** Whether this is where it ended. */
  readonly isEnd: boolean
}

/** How long a server may take to come to a point. */
const reachMsMax = 60_000

let runs = 0

/** Directs the servers that are started with its environment, one at a time. */
export class Faults {
  readonly #directory: string
  #places = 0

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
    this.armAll([{ point, pass, action }])
  }

  /** From now on whoever comes to the first place ends there, then whoever comes to the second, and so on. Forgets what was passed before. */
  armAll(places: readonly Armed[]): void {
    this.#places = places.length
    this.#write(places)
  }

  /** Lets every point be passed, and forgets what was passed before. */
  disarm(): void {
    this.armAll([])
  }

  /** The points passed since the last call of `arm` or `disarm`, in order. */
  passed(): FaultPoint[] {
    return this.passings().map(({ point }) => point)
  }

  /** As `passed`, with who passed them. */
  passings(): Passing[] {
    const lines = readFileSync(join(this.#directory, 'passed'), 'utf8').split('\n').slice(0, -1)
    return lines.map((line) => {
      const [, end, role, pid, point] = /^(REACHED )?(\w+) (\d+) (.*)$/.exec(line) ?? []
      // The preload writes down nothing but what it is told under these names.
      return { role: role as Passing['role'], pid: Number(pid), point: point as FaultPoint, isEnd: end !== undefined }
    })
  }

  /** Settles when a process has ended, or stopped, at the last of the armed points; answers which.
   *  @throws Error when none ever comes there */
  async reached(): Promise<Passing> {
    for (const until = Date.now() + reachMsMax; Date.now() < until; await wait(5)) {
      const ends = this.passings().filter(({ isEnd }) => isEnd)
      const last = ends[this.#places - 1]
      if (last !== undefined) return last
    }
    throw new Error(`the armed point was not reached; passed were: ${[...new Set(this.passed())].join(', ')}`)
  }

  /** Removes what it wrote. */
  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #write(places: readonly Armed[]): void {
    runs += 1
    writeFileSync(join(this.#directory, 'passed'), '')
    const path = join(this.#directory, 'armed')
    writeFileSync(`${path}.new`, JSON.stringify({ run: runs, places }))
    renameSync(`${path}.new`, path)
  }
}
