// Programs of others: where they are, and how one is run to its end.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from 'mocha'
import { projectRoot } from '../project-root.js'

/** Where scripts/install-clients.sh puts them. */
export const programs = {
  /** Debian's, version 2. */
  aws2: '/usr/bin/aws',
  /** PyPI's, version 1, current. */
  aws1: join(projectRoot, '.venv', 'bin', 'aws'),
  chromium: '/usr/bin/chromium',
  curl: '/usr/bin/curl',
  /** Python with the current boto3. */
  python: join(projectRoot, '.venv', 'bin', 'python'),
  rclone: '/usr/bin/rclone',
  s3cmd: '/usr/bin/s3cmd',
} as const

/** Longest run of one program. */
const runMsMax = 120_000

/** Skips the suite when a file of this machine is missing; with CI=true that is a fault.
 *  @throws Error in CI */
export function requireFile(context: Context, path: string): void {
  if (existsSync(path)) return
  if (process.env['CI'] === 'true') throw new Error(`${path} is missing: run scripts/install-clients.sh`)
  process.stderr.write(`      skipped: ${path} is missing, scripts/install-clients.sh installs it\n`)
  context.skip()
}

/** How a program is run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** What it reads from its standard input. */
  readonly input?: string | Uint8Array
}

/** What a program came to. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program and answers what it printed.
 *  @throws Error with its output when its exit code is not 0 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(program, args, options)
  if (code === 0) return stdout
  throw new Error(`${program} ${args.join(' ')}\nexit code ${code}\n${stdout}${stderr}`)
}

/** As `run`, whatever the exit code. */
export async function tryRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    // Nothing of the account that runs the tests: no proxy, no configuration, no credentials.
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LANG: 'C.UTF-8', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: runMsMax,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  // A program may end without reading what it was sent.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input)
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}
