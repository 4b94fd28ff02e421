// What a server of several processes is doing when one of them, or all, end: operations by both of its workers, and where the fault comes.

import { equal, ok } from 'node:assert/strict'
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { FaultPoint } from '../../../src/store/fault-points.js'
import { isInterruption } from '../../workers/interruption.js'
import { contentOf, KeyModel, type Label, RaceModel } from '../model.js'
import type { Passing } from './faults.js'
import type { FaultyDisk } from './faulty-disk.js'
import { bucket, type Steps, type Trial } from './operations.js'

const KiB = 1024
const MiB = 1024 * KiB

/** What a trial works with. */
export interface ProcessTrial extends Trial {
  /** A client of each worker, which keeps to one connection, as long as that lasts. */
  workers: readonly S3Client[]
  /** A client that connects anew. */
  newClient(): S3Client
  /** Settles when a point has been passed so many times more, by whichever process. */
  passedAgain(point: FaultPoint, times: number): Promise<void>
  /** What the system calls of all processes go through. It behaves again when the fault has come. */
  readonly disk: FaultyDisk
}

/** One run of an operation. `run` may be interrupted, and throws only what clients must not meet. */
export interface ProcessSteps extends Steps {
  /** When one process has died, and `run` has ended: what the others must have gone on with. */
  goesOn?(died: Passing): void
}

/** Where a fault comes, and to whom. */
export interface ProcessPlace {
  readonly point: FaultPoint
  readonly role: Passing['role']
  /** Who comes to this point first is killed there: that is what leads to the place. */
  readonly after?: FaultPoint
  /** Tried with the end of that one process alone: what all ends do there is tried with a server of one. */
  readonly isForOne?: true
}

/** An operation. */
export interface ProcessOperation {
  readonly name: string
  readonly steps: (trial: ProcessTrial) => ProcessSteps
  readonly places: readonly ProcessPlace[]
  /** Nothing may be written any more after it, by any process, until the server was started again. */
  readonly stopsWriting?: true
}

function keyOf(trial: Trial, name: string): KeyModel {
  const model = new KeyModel(bucket, `${trial.number}/${name}`)
  trial.models.push(model)
  return model
}

async function put(trial: Trial, s3: S3Client, target: KeyModel, size: number, name = ''): Promise<void> {
  const label: Label = `${size}-${process.pid}-${trial.number}-${target.key}${name}`
  await target.attempt(label, async () => {
    const { bucket: Bucket, key: Key } = target
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: contentOf(label), Metadata: { label } }))
    return 'done'
  })
}

const remove = (s3: S3Client, target: KeyModel): Promise<void> =>
  target.attempt('absent', async () => {
    await s3.send(new DeleteObjectCommand({ Bucket: target.bucket, Key: target.key }))
    return 'done'
  })

/** @throws Error when it ends otherwise than well or by a process that died */
async function unlessInterrupted(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!isInterruption(error)) throw error
  }
}

/** Both workers write, replace and delete, and race for a name. */
const writing = (trial: ProcessTrial): ProcessSteps => {
  const raced = new RaceModel(bucket, `${trial.number}/raced`)
  trial.models.push(raced)
  const [fresh, ...keys] = ['by a new connection', 'one', 'other'].map((name) => ({
    small: keyOf(trial, `small ${name}`),
    large: keyOf(trial, `large ${name}`),
    gone: keyOf(trial, `gone ${name}`),
  }))
  const race = async (s3: S3Client, name: string): Promise<void> => {
    const label: Label = `${100 * KiB}-${trial.number}-${name}`
    raced.tries(label)
    try {
      const at = { Bucket: bucket, Key: raced.key }
      await s3.send(new PutObjectCommand({ ...at, Body: contentOf(label), Metadata: { label }, IfNoneMatch: '*' }))
    } catch (error) {
      if (error instanceof Error && error.name === 'PreconditionFailed') return
      throw error
    }
    raced.wins(label)
  }
  return {
    prepare: async () => {
      for (const [i, { large, gone }] of keys.entries()) {
        const s3 = trial.workers[i] ?? trial.s3
        await put(trial, s3, large, 200 * KiB, ' old')
        await put(trial, s3, gone, KiB)
      }
    },
    run: async () => {
      const s3 = trial.newClient()
      const one = async (worker: S3Client, i: number): Promise<void> => {
        const { small, large, gone } = keys[i] ?? {}
        ok(small && large && gone)
        await unlessInterrupted(put(trial, worker, small, KiB))
        await unlessInterrupted(put(trial, worker, large, 300 * KiB, ' new'))
        await unlessInterrupted(remove(worker, gone))
        await unlessInterrupted(race(worker, `${i}`))
        await unlessInterrupted(put(trial, worker, small, 2 * KiB, ' again'))
      }
      ok(fresh)
      await Promise.all([unlessInterrupted(put(trial, s3, fresh.small, KiB)), ...trial.workers.map(one)])
    },
  }
}

/** The collector removes files, once the last read that held it up is done, while both workers serve slow readers of what was deleted since. */
const collecting = (trial: ProcessTrial): ProcessSteps => {
  const [holding, later, read] = [keyOf(trial, 'holding'), keyOf(trial, 'later'), keyOf(trial, 'read')]
  const ends: ('whole' | 'interrupted')[] = []
  const readers: SlowReader[] = []
  let holder: SlowReader | undefined
  return {
    prepare: async () => {
      // More than sockets hold: its reader cannot be done before it reads on.
      for (const target of [holding, read]) await put(trial, trial.s3, target, 20 * MiB)
      const at = { Bucket: bucket, Key: `${trial.number}/given up` }
      const { UploadId } = await trial.s3.send(new CreateMultipartUploadCommand(at))
      for (const PartNumber of [1, 2, 3]) {
        const Body = contentOf(`${200 * KiB}-part-${PartNumber}-${trial.number}`)
        await trial.s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }))
      }
      holder = await SlowReader.open(trial.newClient(), holding)
      await trial.s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }))
      // A whole pass, of two questions to each worker: the parts' files are written down to be removed, and both workers have heard of it.
      await trial.passedAgain('oldest told', 8)
      for (const s3 of trial.workers) {
        // A read opened at the very change that wrote them down would hold them too.
        await put(trial, s3, later, KiB)
        readers.push(await SlowReader.open(s3, read))
      }
      await remove(trial.s3, read)
    },
    run: async () => {
      await holder?.end()
      await trial.passed('removals durable')
      for (const reader of readers) ends.push(await reader.end())
    },
    goesOn: ({ role }) => {
      equal(ends.length, 2)
      const whole = ends.filter((end) => end === 'whole').length
      ok(whole >= (role === 'worker' ? 1 : 2), `readers of what was deleted: ${ends.join()}`)
    },
  }
}

/** A read that has begun, and waits. */
class SlowReader {
  readonly #target: KeyModel
  readonly #label: Label
  readonly #stream: AsyncIterator<Uint8Array>
  readonly #first: Uint8Array

  private constructor(target: KeyModel, label: Label, stream: AsyncIterator<Uint8Array>, first: Uint8Array) {
    this.#target = target
    this.#label = label
    this.#stream = stream
    this.#first = first
  }

  static async open(s3: S3Client, target: KeyModel): Promise<SlowReader> {
    const { known } = target
    ok(known !== undefined && known !== 'absent')
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: target.bucket, Key: target.key }))
    // The SDK's answer is a stream of Node's here.
    const stream = (Body as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    const { value } = await stream.next()
    return new SlowReader(target, known, stream, value as Uint8Array)
  }

  /** Reads the rest.
   *  @throws Error when it is other than what was stored */
  async end(): Promise<'whole' | 'interrupted'> {
    const chunks = [this.#first]
    try {
      for (let next = await this.#stream.next(); next.done !== true; next = await this.#stream.next())
        chunks.push(next.value)
    } catch (error) {
      if (isInterruption(error)) return 'interrupted'
      throw error
    }
    ok(contentOf(this.#label).equals(Buffer.concat(chunks)), `${this.#target.name} was read, and is damaged`)
    return 'whole'
  }
}

/** The disk of one worker fails a sync. */
const failingSync = (trial: ProcessTrial): ProcessSteps => {
  const kept = ['one', 'other'].map((name) => keyOf(trial, `kept ${name}`))
  const failing = keyOf(trial, 'failing')
  return {
    prepare: async () => {
      for (const target of kept) await put(trial, trial.s3, target, 200 * KiB)
    },
    run: async () => {
      trial.disk.behave({ call: 'sync', part: '/blobs/', error: 'EIO' })
      await put(trial, trial.workers[0] ?? trial.s3, failing, 200 * KiB).then(
        () => ok(false, 'a body was stored whose sync failed'),
        () => undefined,
      )
    },
  }
}

/** All of them. */
export const processOperations: readonly ProcessOperation[] = [
  {
    name: 'writes by two workers',
    steps: writing,
    places: [
      { point: 'connection handed', role: 'server' },
      { point: 'connection taken', role: 'worker' },
      { point: 'commit sent', role: 'worker' },
      { point: 'commit taken', role: 'writer' },
      { point: 'group ready', role: 'writer', isForOne: true },
      { point: 'group committed', role: 'writer', isForOne: true },
      { point: 'commit answers ready', role: 'writer' },
      { point: 'commit answers taken', role: 'worker' },
      { point: 'blob names durable', role: 'worker', isForOne: true },
    ],
  },
  {
    name: 'writes by two workers, without the writer',
    steps: writing,
    places: [
      { point: 'link lost', role: 'worker', after: 'commit answers ready' },
      { point: 'worker greeted', role: 'writer', after: 'commit answers ready' },
      { point: 'link made', role: 'worker', after: 'commit taken' },
    ],
  },
  {
    name: 'writes by two workers, without one of them',
    steps: writing,
    places: [
      // It leaves a file that no row names.
      { point: 'burial told', role: 'server', after: 'blob names durable' },
      { point: 'burial taken', role: 'writer', after: 'blob names durable' },
      { point: 'orphans removed', role: 'writer', after: 'blob names durable', isForOne: true },
      { point: 'instance handed out', role: 'server', after: 'commit sent' },
      { point: 'instance registered', role: 'worker', after: 'commit sent', isForOne: true },
    ],
  },
  {
    name: 'collector pass, two workers',
    steps: collecting,
    places: [
      { point: 'oldest asked', role: 'writer' },
      { point: 'oldest told', role: 'worker' },
      { point: 'files forgotten', role: 'worker' },
      { point: 'files removed', role: 'writer', isForOne: true },
    ],
  },
  {
    name: 'failed sync in a worker',
    steps: failingSync,
    stopsWriting: true,
    places: [
      { point: 'failed sync told', role: 'worker' },
      { point: 'failed sync passed on', role: 'server' },
    ],
  },
]
