// Compiles faulty-disk.c and tells it what goes wrong.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../project-root.js'

/** Errors of calls on files whose path contains `part`; LIE: the call succeeds and does nothing; STOP: the process stops in it. A directory's
 *  sync is `names`. */
export type Misbehaviour =
  | {
      readonly call: 'read' | 'write' | 'sync' | 'names'
      readonly part: string
      readonly error: 'EIO' | 'ENOSPC' | 'LIE' | 'STOP'
    }
  | { readonly call: 'clock'; readonly seconds: number }

/** What a server's system calls go through, when it is started with this environment. */
export class FaultyDisk {
  readonly #library: string
  readonly #control: string
  readonly #log: string

  /** @param directory of its own, on a disk that behaves
   *  @throws Error when there is no C compiler: tests that need it must fail then, not pass */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true })
    this.#library = join(directory, 'faulty-disk.so')
    this.#control = join(directory, 'wrong')
    this.#log = join(directory, 'calls')
    writeFileSync(this.#log, '')
    this.behave()
    const source = join(projectRoot, 'test', 'crash', 'faults', 'faulty-disk.c')
    try {
      execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', this.#library, source])
    } catch (cause) {
      throw new Error('This suite needs gcc and the headers of libc (Debian: gcc, libc6-dev)', { cause })
    }
  }

  get environment(): Record<string, string> {
    return { LD_PRELOAD: this.#library, FAULTY_DISK: this.#control, FAULTY_DISK_LOG: this.#log }
  }

  /** The calls whose order matters, in that order: "sync /data/catalog.db-wal". */
  calls(): string[] {
    return readFileSync(this.#log, 'utf8').split('\n').filter(Boolean)
  }

  /** From now on this is wrong, and nothing else. */
  behave(...wrong: readonly Misbehaviour[]): void {
    const lines = wrong.map((one) =>
      one.call === 'clock' ? `clock ${one.seconds}\n` : `${one.call} ${one.part} ${one.error}\n`,
    )
    writeFileSync(`${this.#control}.new`, lines.join(''))
    renameSync(`${this.#control}.new`, this.#control)
  }
}
