// A server of one's own for every test: in this process, on a free port, in an empty directory, with a client and a bucket; gone after the test.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { readSettings } from '../src/config.js'
import type { Log } from '../src/contract/log.js'
import type { Clock, Operations } from '../src/contract/operation.js'
import type { Settings } from '../src/settings.js'
import { type RunningServer, startServer } from '../src/server.js'

/** Root's key on every server made here. */
export const credentials = {
  accessKeyId: 'TESTROOTACCESSKEY000',
  secretAccessKey: 'test/root+secret=key0123456789abcdefghij',
}

/** The region these servers are in. */
export const region = 'us-east-1'

/** What a test may have otherwise. */
export interface FreshServerOptions {
  readonly settings?: Partial<Settings>
  /** The server's clock; clients sign by the machine's. */
  readonly clock?: Clock
  /** Operations of the test's own, in place of Cairn's. */
  readonly operations?: Operations
  /** Whether a bucket is made; true when left out. */
  readonly hasBucket?: boolean
  /** Whether it outlasts its test, for files whose many tests need buckets and users of their own but no more: who makes it in `before` closes it in
   *  `after`. */
  readonly isShared?: boolean
}

/** A line the server logged as a warning or an error. */
export interface Problem {
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

/** A server, and what a test needs to talk to it. */
export interface FreshServer {
  readonly server: RunningServer
  readonly s3: S3Client
  readonly endpoint: URL
  /** A bucket nobody else uses, made already unless `hasBucket` is false. */
  readonly bucket: string
  readonly credentials: typeof credentials
  readonly region: string
  /** The data directory. */
  readonly directory: string
  /** Warnings and errors the server has logged, oldest first. */
  readonly problems: readonly Problem[]
  /** Stops the server and starts another one on the same directory and port; use what it answers from then on. */
  restart(): Promise<FreshServer>
  /** Stops the server; done by itself after the test, unless it is shared. */
  close(): Promise<void>
}

const open = new Set<FreshServer>()
const directories = new Set<string>()
let bucketsMade = 0

// A hook outside every `describe` belongs to the whole run.
afterEach('close the servers of the test', async () => {
  await Promise.all([...open].map((fresh) => fresh.close()))
  await Promise.all([...directories].map((path) => rm(path, { recursive: true, force: true, maxRetries: 3 })))
  directories.clear()
})

/** Starts a server. Call it in a test or in `beforeEach`: it is gone after the test. */
export async function freshServer(options: FreshServerOptions = {}): Promise<FreshServer> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-test-'))
  if (options.isShared !== true) directories.add(directory)
  const bucket = `bucket-${(bucketsMade += 1)}`
  const fresh = await startIn(directory, bucket, options, 0)
  if (options.hasBucket !== false) await fresh.s3.send(new CreateBucketCommand({ Bucket: bucket }))
  return fresh
}

async function startIn(
  directory: string,
  bucket: string,
  options: FreshServerOptions,
  port: number,
): Promise<FreshServer> {
  const settings: Settings = {
    ...readSettings({ flags: { data: directory, address: `127.0.0.1:${port}`, region }, environment: {} }),
    rootAccessKey: credentials.accessKeyId,
    rootSecretKey: credentials.secretAccessKey,
    // A test may ask more of its server within a minute than a stranger may.
    anonymousRequestsPerMinute: 0,
    failedSignaturesPerMinute: 0,
    ...options.settings,
  }
  const problems: Problem[] = []
  const server = await startServer(settings, {
    log: logInto(problems),
    ...(options.clock !== undefined && { clock: options.clock }),
    ...(options.operations !== undefined && { operations: options.operations }),
  })
  const { endpoint } = server
  const s3 = clientOf(endpoint)
  const close = async (): Promise<void> => {
    open.delete(fresh)
    s3.destroy()
    await server.closeNow()
    if (options.isShared === true) await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  const fresh: FreshServer = {
    server,
    s3,
    endpoint,
    bucket,
    credentials,
    region,
    directory,
    problems,
    close,
    async restart() {
      await close()
      return startIn(directory, bucket, options, Number(endpoint.port))
    },
  }
  if (options.isShared !== true) open.add(fresh)
  return fresh
}

/** A client with the SDK's defaults but for retries, which would hide what a test is about. */
const clientOf = (endpoint: URL): S3Client =>
  new S3Client({ endpoint: endpoint.href, region, credentials, forcePathStyle: true, maxAttempts: 1 })

function logInto(problems: Problem[]): Log {
  const remember = (details: Readonly<Record<string, unknown>>, message: string): void => {
    problems.push({ message, details })
  }
  return { debug: () => undefined, info: () => undefined, warn: remember, error: remember }
}
