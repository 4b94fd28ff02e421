// The servers that are measured, each a process of its own that is stopped with the bench.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { projectRoot } from '../test/project-root.js'
import { credentials, startServerProcess } from '../test/server-process.js'

/** Cairn with one worker, with two, a bare Koa server, MinIO's server. */
export const subjectNames = ['cairn', 'bare', 'two', 'minio'] as const

/** Which server. */
export type SubjectName = (typeof subjectNames)[number]

/** A server that is measured. */
export interface Subject {
  readonly name: SubjectName
  readonly port: number
  readonly pid: number
  /** Where it keeps its files. */
  readonly directory: string
  /** Stops it and waits until it is gone. */
  stop(): Promise<void>
}

const startMsMax = 20_000

/** Whether it is Cairn, with whatever workers. */
export function isCairn(name: SubjectName): boolean {
  return name === 'cairn' || name === 'two'
}

/** Whether this server can be started here. */
export function isThere(name: SubjectName): boolean {
  if (name === 'two') return hasWorkers()
  return name !== 'minio' || minioProgram() !== undefined
}

/** Starts a server with an empty directory below `directory`.
 *  @throws Error when it does not come up */
export function startSubject(name: SubjectName, directory: string): Promise<Subject> {
  const own = join(directory, name)
  mkdirSync(own)
  if (name === 'bare') return startBare(own)
  return name === 'minio' ? startMinio(own) : startCairn(name, own)
}

/** MinIO's version as Go wrote it into the program; undefined without MinIO. */
export function minioVersion(): string | undefined {
  const program = minioProgram()
  if (!program) return undefined
  const bytes = readFileSync(program)
  const module = 'mod\tgithub.com/minio/minio\t'
  const at = bytes.indexOf(module)
  if (at >= 0) {
    const version = bytes.toString('latin1', at + module.length, at + module.length + 100).split(/[\t\n]/)[0]
    if (version && version !== '(devel)') return version
  }
  return execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n')[0]
}

async function startCairn(name: 'cairn' | 'two', directory: string): Promise<Subject> {
  const server = await startServerProcess(directory, {
    args: workers(name === 'two' ? 2 : 1),
    env: { CAIRN_LOG_LEVEL: 'error' },
  })
  return {
    name,
    port: Number(new URL(server.endpoint).port),
    pid: server.pid,
    directory,
    async stop() {
      await server.stop()
    },
  }
}

/** Arguments of `cairn serve` for so many processes; none where it has but one. */
export function workers(count: number): string[] {
  return hasWorkers() ? ['--workers', String(count)] : []
}

/** Whether `cairn serve` can be told how many processes serve. */
function hasWorkers(): boolean {
  const program = join(projectRoot, 'bin', 'cairn.cjs')
  return execFileSync(process.execPath, [program, 'serve', '--help'], { encoding: 'utf8' }).includes('--workers ')
}

async function startBare(directory: string): Promise<Subject> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare-server-process.js'), directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [printed] = await once(child.stdout, 'data')
  return {
    name: 'bare',
    port: Number(String(printed)),
    pid: child.pid ?? -1,
    directory,
    async stop() {
      const exited = once(child, 'exit')
      child.stdin.end()
      await exited
    },
  }
}

/** MinIO as it comes, with one directory, without TLS. */
async function startMinio(directory: string): Promise<Subject> {
  const port = await freePort()
  const addresses = ['--address', `127.0.0.1:${port}`, '--console-address', `127.0.0.1:${await freePort()}`]
  const child = spawn(minioProgram() ?? 'minio', ['server', ...addresses, directory], {
    stdio: 'ignore',
    env: {
      ...process.env,
      MINIO_ROOT_USER: credentials.accessKeyId,
      MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
      // It asks nobody whether there is a newer one.
      MINIO_UPDATE: 'off',
    },
  })
  // Before its files are removed.
  process.prependOnceListener('exit', () => child.kill('SIGKILL'))
  await untilReady(child, `http://127.0.0.1:${port}/minio/health/ready`)
  return {
    name: 'minio',
    port,
    pid: child.pid ?? -1,
    directory,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const until = performance.now() + startMsMax
  while (performance.now() < until && child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    await wait(50)
  }
  child.kill('SIGKILL')
  throw new Error(`MinIO's server was not ready within ${startMsMax} ms`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // Listening on a TCP port, not on a pipe: the address is an AddressInfo.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The program `minio` on PATH. */
function minioProgram(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return places.map((place) => join(place, 'minio')).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
