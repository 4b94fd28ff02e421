// Writers that keep a server busy until it dies, and note in the model what was acknowledged.

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { credentials, region } from '../server-process.js'
import { contentOf, type KeyModel, type Label, type RaceModel } from './model.js'
import type { Random } from './random.js'
import { readOutcome } from './reader.js'

const KiB = 1024
const MiB = 1024 * KiB

/** Bodies in the catalog, in one file, and in files of many blocks. */
const sizes = [0, KiB, 64 * KiB, MiB]

/** A client that sends each request once: a retry would hide what was acknowledged. */
export function clientFor(endpoint: string): S3Client {
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 })
}

/** What a writer works on. */
export interface Work {
  readonly s3: S3Client
  readonly random: Random
  /** Its own keys. */
  readonly keys: readonly KeyModel[]
  /** Keys it shares with the other writers. */
  readonly races: readonly RaceModel[]
  /** Becomes true when the server is killed: then a request may fail. */
  isOver(): boolean
  /** Whether a request may fail in this way although it is not over; when left out, none may. */
  mayFail?(error: unknown): boolean
  /** Told of each request that was acknowledged. */
  onAcknowledged?(): void
}

let sequence = 0

/** Writes until the server dies; answers how many requests were acknowledged.
 *  @throws Error when the server answers what it must not, or dies by itself */
export async function writeUntilKilled(work: Work): Promise<number> {
  let acknowledged = 0
  while (!work.isOver()) {
    try {
      await oneOperation(work)
      acknowledged += 1
      work.onAcknowledged?.()
    } catch (error) {
      if (!work.isOver() && work.mayFail?.(error) !== true) throw error
    }
  }
  return acknowledged
}

async function oneOperation(work: Work): Promise<void> {
  const target = work.random.of(work.keys)
  const chance = work.random.integer(100)
  if (chance < 45) return put(work, target)
  if (chance < 55) return putIfUnchanged(work, target)
  if (chance < 65) return copy(work, target)
  if (chance < 75) return remove(work, target)
  if (chance < 85) return read(work, target)
  if (chance < 90) return putByParts(work, target)
  if (chance < 93) return abortParts(work, target)
  return race(work)
}

async function put(work: Work, target: KeyModel): Promise<void> {
  const label = newLabel(work.random)
  await target.attempt(label, async () => {
    const answer = await work.s3.send(
      new PutObjectCommand({ Bucket: target.bucket, Key: target.key, Body: contentOf(label), Metadata: { label } }),
    )
    if (answer.VersionId !== undefined) target.versions.set(answer.VersionId, label)
    return 'done'
  })
}

/** A write on a condition that holds or does not, which the model knows beforehand. */
async function putIfUnchanged(work: Work, target: KeyModel): Promise<void> {
  const { known } = target
  if (known === undefined) return
  const label = newLabel(work.random)
  await target.attempt(label, async () => {
    try {
      const answer = await work.s3.send(
        new PutObjectCommand({
          Bucket: target.bucket,
          Key: target.key,
          Body: contentOf(label),
          Metadata: { label },
          IfNoneMatch: '*',
        }),
      )
      if (known !== 'absent') throw new Error(`${target.name}: If-None-Match: * was ignored`)
      if (answer.VersionId !== undefined) target.versions.set(answer.VersionId, label)
      return 'done'
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (known === 'absent') throw new Error(`${target.name}: refused, but there is nothing`, { cause: error })
      return 'refused'
    }
  })
}

async function copy(work: Work, target: KeyModel): Promise<void> {
  const source = work.random.of(work.keys)
  const { known } = source
  if (known === undefined || known === 'absent' || source === target) return
  await target.attempt(known, async () => {
    const answer = await work.s3.send(
      new CopyObjectCommand({ Bucket: target.bucket, Key: target.key, CopySource: `${source.bucket}/${source.key}` }),
    )
    if (answer.VersionId !== undefined) target.versions.set(answer.VersionId, known)
    return 'done'
  })
}

async function remove(work: Work, target: KeyModel): Promise<void> {
  await target.attempt('absent', async () => {
    await work.s3.send(new DeleteObjectCommand({ Bucket: target.bucket, Key: target.key }))
    return 'done'
  })
}

async function read(work: Work, target: KeyModel): Promise<void> {
  const { known } = target
  if (known === undefined) return
  const seen = await readOutcome(work.s3, target.bucket, target.key)
  if (seen !== known) throw new Error(`${target.name}: read ${seen}`)
}

async function putByParts(work: Work, target: KeyModel): Promise<void> {
  const label: Label = `${5 * MiB + work.random.integer(64 * KiB)}-${nextName()}`
  const content = contentOf(label)
  await target.attempt(label, async () => {
    const at = { Bucket: target.bucket, Key: target.key }
    const { UploadId } = await work.s3.send(new CreateMultipartUploadCommand({ ...at, Metadata: { label } }))
    const bodies = [content.subarray(0, 5 * MiB), content.subarray(5 * MiB)]
    const Parts = await Promise.all(
      bodies.map(async (Body, i) => {
        const { ETag } = await work.s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: i + 1, Body }))
        return { ETag, PartNumber: i + 1 }
      }),
    )
    const answer = await work.s3.send(
      new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }),
    )
    if (answer.VersionId !== undefined) target.versions.set(answer.VersionId, label)
    return 'done'
  })
}

async function abortParts(work: Work, target: KeyModel): Promise<void> {
  const at = { Bucket: target.bucket, Key: target.key }
  const { UploadId } = await work.s3.send(new CreateMultipartUploadCommand(at))
  const Body = contentOf(newLabel(work.random))
  await work.s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body }))
  await work.s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }))
}

async function race(work: Work): Promise<void> {
  const target = work.random.of(work.races)
  const label: Label = `${work.random.of([KiB, 64 * KiB])}-${nextName()}`
  target.tries(label)
  try {
    await work.s3.send(
      new PutObjectCommand({
        Bucket: target.bucket,
        Key: target.key,
        Body: contentOf(label),
        Metadata: { label },
        IfNoneMatch: '*',
      }),
    )
  } catch (error) {
    if (isRefusal(error)) return
    throw error
  }
  target.wins(label)
}

/** One in four contents has been stored before, so that what is stored once is named, left and named again. */
function newLabel(random: Random): Label {
  const size = random.of(sizes)
  return random.integer(4) === 0 ? `${size}-shared-${random.integer(4)}` : `${size}-${nextName()}`
}

function nextName(): string {
  sequence += 1
  return `${process.pid}-${sequence}`
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && ['PreconditionFailed', 'ConditionalRequestConflict'].includes(error.name)
}
