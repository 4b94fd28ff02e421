// Where the project is, and how its scripts run a program.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The project's directory, without a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** How long the output of a program that has ended is waited for. */
const outputMsMax = 2_000

/** Runs a program in the project's directory, its output going where ours goes, and answers its exit code (128 + n after a signal). */
export function run(program, args, environment = {}) {
  return ended(program, args, environment, 'inherit')
}

/** As `run`, but shows the output when the program has ended, in one piece. */
export function runHeldBack(program, args, environment = {}) {
  return ended(program, args, environment, ['inherit', 'pipe', 'pipe'])
}

/** @throws when it cannot be started */
async function ended(program, args, environment, stdio) {
  const child = spawn(program, args, { cwd: root, stdio, env: { ...process.env, ...environment } })
  const held = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => held.push(chunk))
  const forward = (signal) => child.kill(signal)
  process.on('SIGINT', forward).on('SIGTERM', forward)
  try {
    const closed = once(child, 'close').catch(() => undefined)
    const [code, signal] = await once(child, 'exit')
    // What is still in the pipe; something left behind that holds it open is not waited for.
    if (stdio !== 'inherit') await Promise.race([closed, wait(outputMsMax, undefined, { ref: false })])
    process.stdout.write(Buffer.concat(held))
    return code ?? (signal === 'SIGINT' ? 130 : 143)
  } finally {
    process.off('SIGINT', forward).off('SIGTERM', forward)
  }
}
