// What the tests of object operations share.

import { deepEqual } from 'node:assert/strict'
import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3ServiceException,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Clock } from '../../src/contract/operation.js'
import { freshServer, type FreshServerOptions } from '../fresh-server.js'

/** Bodies of every kind the store has: none, in the catalog, one file, several blocks, several files. */
export const sizes = [0, 1, 16 * 1024, 16 * 1024 + 1, 64 * 1024, 200_000, 17 * 1024 * 1024] as const

/** Bytes that differ at every place, the same for the same size. */
export function patterned(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let i = 0; i + 4 <= size; i += 4) bytes.writeUInt32LE(Math.imul(i + size, 0x9e3779b1) >>> 0, i)
  return bytes
}

/** A clock that a test turns. It begins near the machine's, by which clients sign, at a time with a fraction of a second. */
export class HandClock implements Clock {
  ms = Math.floor(Date.now() / 1000) * 1000 - 300

  now(): number {
    return this.ms
  }
}

/** A server and the few things every test does with it. */
export async function objectServer(options: FreshServerOptions = {}) {
  const fresh = await freshServer(options)
  const { s3, bucket } = fresh
  return {
    ...fresh,
    put: (Key: string, body: string | Uint8Array = Key, input: Partial<PutObjectCommandInput> = {}) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from(body), ...input })),
    text: (Key: string, VersionId?: string) => textOf(s3, bucket, Key, VersionId),
    version: (Status: 'Enabled' | 'Suspended') =>
      s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } })),
    line: (Key: string) => lineOf(s3, bucket, Key),
  }
}

/** Asserts that a request is refused with a code and, where it is said, a status. */
export async function refused(request: Promise<unknown>, code: string, status?: number): Promise<void> {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof S3ServiceException)) throw new Error(`was not refused with ${code}`, { cause: error })
  deepEqual([error.name, status && error.$metadata.httpStatusCode], [code, status])
}

/** An object as text. */
export async function textOf(s3: S3Client, Bucket: string, Key: string, VersionId?: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))
  return (await Body?.transformToString()) ?? ''
}

/** The versions of a key, newest first: ids, with "!" before that of a marker and "*" behind the latest. */
async function lineOf(s3: S3Client, Bucket: string, Key: string): Promise<string[]> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }))
  const told = [
    ...Versions.map((version) => ({ ...version, mark: '' })),
    ...DeleteMarkers.map((marker) => ({ ...marker, mark: '!' })),
  ].filter((version) => version.Key === Key)
  // Ids of ours begin with the position; "null" has none, and is listed last.
  return told
    .map(({ VersionId = '', IsLatest, mark }) => `${mark}${VersionId}${IsLatest === true ? '*' : ''}`)
    .toSorted((a, b) => (a.replace('!', '') < b.replace('!', '') ? 1 : -1))
}
