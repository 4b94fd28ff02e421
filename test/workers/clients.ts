// Clients of a server of two workers, each of which keeps to one connection, and so to one worker.

import { Agent } from 'node:http'
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { credentials, region, scratchDirectory, type ServerProcess, startServerProcess } from '../server-process.js'
import { until } from './processes.js'

/** A server of two workers, and a client of each. */
export interface TwoWorkers {
  readonly server: ServerProcess
  readonly directory: string
  readonly one: S3Client
  readonly other: S3Client
  /** Exists. */
  readonly bucket: string
}

/** A client that has one connection at a time and sends each request once. */
export function clientOn(endpoint: string, later: (end: () => unknown) => void): S3Client {
  const httpAgent = new Agent({ keepAlive: true, maxSockets: 1 })
  const s3 = new S3Client({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    requestHandler: { httpAgent },
  })
  later(() => {
    s3.destroy()
    httpAgent.destroy()
  })
  return s3
}

/** Which worker a client talks to: each application has an `x-amz-id-2` of its own. */
export async function workerOf(s3: S3Client): Promise<string | undefined> {
  const { $metadata } = await s3.send(new ListBucketsCommand({}))
  return $metadata.extendedRequestId
}

/** Starts a server of two workers that is gone after the test. */
export async function twoWorkers(
  later: (end: () => unknown) => void,
  options: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<TwoWorkers> {
  const scratch = await scratchDirectory('workers')
  later(() => scratch.remove())
  const server = await startServerProcess(scratch.path, {
    ...options,
    args: ['--workers', '2', ...(options.args ?? [])],
  })
  later(() => server.kill())
  const bucket = 'shared'
  const one = clientOn(server.endpoint, later)
  await one.send(new CreateBucketCommand({ Bucket: bucket }))
  return { server, directory: scratch.path, bucket, one, other: await clientBeside(one, server.endpoint, later) }
}

/** A client of another worker than `one`'s. */
export async function clientBeside(
  one: S3Client,
  endpoint: string,
  later: (end: () => unknown) => void,
): Promise<S3Client> {
  const taken = await workerOf(one)
  let other = clientOn(endpoint, later)
  await until('a client of the other worker', async () => {
    if ((await workerOf(other)) !== taken) return true
    // It keeps its connection meanwhile, so that the worker has more than the other.
    other = clientOn(endpoint, later)
    return false
  })
  return other
}
