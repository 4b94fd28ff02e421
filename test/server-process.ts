// The built server in a process of its own, as a user runs it: for suites that kill it, measure it or point other programs at it.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { projectRoot } from './project-root.js'

/** Root's key in every server started here. */
export const credentials = {
  accessKeyId: 'CAIRNTESTACCESSKEY00',
  secretAccessKey: 'cairn/test+secret/key0123456789abcdefghi',
}

/** The region these servers are in. */
export const region = 'us-east-1'

/** How long a start and a stop may take. */
const startMsMax = 60_000
const stopMsMax = 60_000

/** Servers that are not to outlive this process, however it ends. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A running server. */
export interface ServerProcess {
  /** "http://127.0.0.1:PORT", no slash at its end. */
  readonly endpoint: string
  readonly pid: number
  /** SIGTERM, and waits; answers the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>
  /** What it printed so far, both streams. */
  output(): string
}

/** Starts `cairn serve` on a free port and answers when it is ready.
 *  @param directory the data directory
 *  @param options further arguments, Node's own before them, and environment
 *  @throws Error with what the server printed, when it does not come up */
export async function startServerProcess(
  directory: string,
  options: {
    args?: readonly string[]
    nodeArgs?: readonly string[]
    env?: Readonly<Record<string, string | undefined>>
  } = {},
): Promise<ServerProcess> {
  const launched = launchServer(directory, options)
  try {
    const endpoint = await endpointOf(launched)
    return { ...launched, endpoint }
  } catch (error) {
    await launched.kill()
    throw error
  }
}

/** As `startServerProcess`, but does not wait for it to come up: for suites that kill it before. */
export function launchServer(
  directory: string,
  options: {
    args?: readonly string[]
    nodeArgs?: readonly string[]
    env?: Readonly<Record<string, string | undefined>>
  } = {},
): Omit<ServerProcess, 'endpoint'> & { readonly child: ChildProcess } {
  const child = spawn(
    process.execPath,
    [
      ...(options.nodeArgs ?? []),
      mainFile(),
      'serve',
      '--data',
      directory,
      '--address',
      '127.0.0.1:0',
      '--region',
      region,
      ...(options.args ?? []),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        CAIRN_ROOT_ACCESS_KEY: credentials.accessKeyId,
        CAIRN_ROOT_SECRET_KEY: credentials.secretAccessKey,
        ...options.env,
      },
    },
  )
  let printed = ''
  const remember = (chunk: Buffer): void => {
    if (printed.length < 1_000_000) printed += chunk.toString()
  }
  child.stdout.on('data', remember)
  child.stderr.on('data', remember)
  running.add(child)
  child.once('exit', () => running.delete(child))
  const exited = once(child, 'exit')
  return {
    child,
    pid: child.pid ?? -1,
    output: () => printed,
    async kill() {
      // Those of a server of several processes end by themselves; the next one on the directory waits for that.
      child.kill('SIGKILL')
      await exited
    },
    async stop() {
      child.kill('SIGTERM')
      const timeout = new AbortController()
      const late = wait(stopMsMax, 'late', { signal: timeout.signal }).catch(() => 'stopped')
      if ((await Promise.race([exited, late])) === 'late') {
        child.kill('SIGKILL')
        throw new Error(`the server did not stop on SIGTERM within ${stopMsMax} ms\n${printed}`)
      }
      timeout.abort()
      return child.exitCode
    },
  }
}

/** Runs `cairn check` on a data directory nobody serves; answers its exit code and what it printed. */
export async function runCheck(directory: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [mainFile(), 'check', '--data', directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  return { code: child.exitCode, output }
}

/** A new, empty directory; `remove` deletes it with all that is in it. */
export async function scratchDirectory(name: string): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `cairn-${name}-`))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
}

function mainFile(): string {
  return join(projectRoot, 'bin', 'cairn.cjs')
}

/** The endpoint a server prints, once it also says that it is ready. */
async function endpointOf(server: ReturnType<typeof launchServer>): Promise<string> {
  const until = Date.now() + startMsMax
  while (Date.now() < until) {
    if (server.child.exitCode !== null || server.child.signalCode !== null) break
    const endpoint = /https?:\/\/127\.0\.0\.1:\d+/.exec(server.output())?.[0]
    if (endpoint && (await isReady(endpoint))) return endpoint
    await wait(20)
  }
  throw new Error(`the server did not come up\n${server.output()}`)
}

async function isReady(endpoint: string): Promise<boolean> {
  try {
    const answer = await fetch(`${endpoint}/-/health/ready`)
    await answer.arrayBuffer()
    return answer.status === 200
  } catch {
    return false
  }
}
