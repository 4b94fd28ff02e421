// Cairn's own scrub beside a server that is measured.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { projectRoot } from '../test/project-root.js'

const program = join(projectRoot, 'bin', 'cairn.cjs')

/** A scrub that goes on, from the first blob again after the last. */
export interface Scrubbing {
  /** @throws Error when it ended by itself with another code than 0 */
  stop(): Promise<void>
}

/** Whether there is a command `cairn scrub`. */
export function hasScrub(): boolean {
  return /^ +scrub /m.test(execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' }))
}

/** Reads a data directory that is served, at a pace. */
export function startScrub(directory: string, mebibytesPerSecond: number): Scrubbing {
  const args = [program, 'scrub', '--data', directory, '--mib-per-second', String(mebibytesPerSecond), '--json']
  let child: ChildProcess | undefined
  const over = new AbortController()
  const running = (async () => {
    while (!over.signal.aborted) {
      child = spawn(process.execPath, args, { stdio: 'ignore' })
      await once(child, 'exit')
      if (!over.signal.aborted && child.exitCode !== 0)
        throw new Error(`cairn scrub ended with ${String(child.exitCode)}`)
    }
  })()
  // Told when it is stopped.
  running.catch(() => undefined)
  return {
    async stop() {
      over.abort()
      child?.kill()
      await running
    },
  }
}
