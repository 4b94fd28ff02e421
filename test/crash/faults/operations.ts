// What a server is doing when the fault comes: one entry an operation, each with what it leaves to be verified.

import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectTaggingCommand,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  RenameObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { FaultPoint } from '../../../src/store/fault-points.js'
import { contentOf, KeyModel, type Label, RaceModel } from '../model.js'

const KiB = 1024
const MiB = 1024 * KiB

/** The bucket of all trials. */
export const bucket = 'trials'

/** What a trial works with. */
export interface Trial {
  /** To the server that runs now. */
  s3: S3Client
  /** Sends the server a signal. */
  signal(signal: NodeJS.Signals): void
  /** Every key of the trial: they are read back after the fault. */
  readonly models: (KeyModel | RaceModel)[]
  /** Settles when a point has been passed, in a server that goes on; never in one that has died. */
  passed(point: FaultPoint): Promise<void>
  /** A trial leaves traces for the next one on the same directory: this number tells them apart. */
  readonly number: number
}

/** One run of an operation. */
export interface Steps {
  /** Before the fault is armed. */
  prepare?(): Promise<void>
  /** What is going on when the fault comes: it throws then. */
  run(): Promise<void>
  /** After the restart, when all keys have been read. */
  verify?(): Promise<void>
}

/** An operation. */
export interface Operation {
  readonly name: string
  /** The steps of one trial. */
  readonly steps: (trial: Trial) => Steps
  /** The points that matter; all that are passed when absent. */
  readonly points?: readonly FaultPoint[]
  /** In place of 5 s. */
  readonly collectorPauseMs?: number
  /** The fault comes while a server starts, on what a killed one left. */
  readonly isStart?: true
}

const keyOf = (trial: Trial, name: string): KeyModel => {
  const model = new KeyModel(bucket, `${trial.number}/${name}`)
  trial.models.push(model)
  return model
}

const labelOf = (trial: Trial, size: number, name = ''): Label => `${size}-${process.pid}-${trial.number}${name}`

async function put(trial: Trial, target: KeyModel, size: number, name = ''): Promise<Label> {
  const label = labelOf(trial, size, name)
  await target.attempt(label, async () => {
    const { bucket: Bucket, key: Key } = target
    await trial.s3.send(new PutObjectCommand({ Bucket, Key, Body: contentOf(label), Metadata: { label } }))
    return 'done'
  })
  return label
}

const putting =
  (size: number) =>
  (trial: Trial): Steps => {
    const target = keyOf(trial, 'put')
    return {
      run: async () => {
        await put(trial, target, size)
      },
    }
  }

const overwriting = (trial: Trial): Steps => {
  const target = keyOf(trial, 'overwritten')
  return {
    prepare: async () => {
      await put(trial, target, 200 * KiB, 'old')
    },
    run: async () => {
      await put(trial, target, 300 * KiB, 'new')
    },
  }
}

/** Two writers of whom one wins; the other's bytes are removed. */
const refusing = (trial: Trial): Steps => {
  const target = new RaceModel(bucket, `${trial.number}/raced`)
  trial.models.push(target)
  const race = async (name: string): Promise<void> => {
    const label = labelOf(trial, 200 * KiB, name)
    target.tries(label)
    try {
      const at = { Bucket: target.bucket, Key: target.key }
      await trial.s3.send(
        new PutObjectCommand({ ...at, Body: contentOf(label), Metadata: { label }, IfNoneMatch: '*' }),
      )
    } catch (error) {
      if (error instanceof Error && error.name === 'PreconditionFailed') return
      throw error
    }
    target.wins(label)
  }
  return {
    run: async () => {
      // Both bodies are read before either is named: so one of them is refused by the transaction.
      const ends = await Promise.allSettled(['a', 'b', 'c', 'd'].map(race))
      for (const end of ends) if (end.status === 'rejected') throw end.reason
      // The refusal is answered after its files are gone.
    },
  }
}

const copying = (trial: Trial): Steps => {
  const [source, target] = [keyOf(trial, 'source'), keyOf(trial, 'copy')]
  let label: Label
  return {
    prepare: async () => {
      label = await put(trial, source, 200 * KiB)
    },
    run: () =>
      target.attempt(label, async () => {
        const CopySource = `${bucket}/${source.key}`
        await trial.s3.send(new CopyObjectCommand({ Bucket: bucket, Key: target.key, CopySource }))
        return 'done'
      }),
  }
}

const deleting = (trial: Trial): Steps => {
  const target = keyOf(trial, 'deleted')
  return {
    prepare: async () => {
      await put(trial, target, 200 * KiB)
    },
    run: () => remove(trial, target),
  }
}

const remove = (trial: Trial, target: KeyModel): Promise<void> =>
  target.attempt('absent', async () => {
    await trial.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: target.key }))
    return 'done'
  })

const deletingMany = (trial: Trial): Steps => {
  const targets = ['a', 'b', 'c'].map((name) => keyOf(trial, `deleted ${name}`))
  return {
    prepare: async () => {
      for (const target of targets) await put(trial, target, KiB, target.key)
    },
    run: () => {
      const send = async (): Promise<'done'> => {
        const Objects = targets.map(({ key: Key }) => ({ Key }))
        const answer = await trial.s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }))
        equal(answer.Deleted?.length, targets.length)
        return 'done'
      }
      return targets.reduce<() => Promise<'done'>>(
        (inner, target) => async () => {
          await target.attempt('absent', inner)
          return 'done'
        },
        send,
      )() as Promise<unknown> as Promise<void>
    },
  }
}

const renaming = (trial: Trial): Steps => {
  const [source, target] = [keyOf(trial, 'old name'), keyOf(trial, 'new name')]
  let label: Label
  return {
    prepare: async () => {
      label = await put(trial, source, 200 * KiB)
    },
    run: () =>
      source.attempt('absent', async () => {
        await target.attempt(label, async () => {
          const RenameSource = encodeURIComponent(source.key)
          await trial.s3.send(new RenameObjectCommand({ Bucket: bucket, Key: target.key, RenameSource }))
          return 'done'
        })
        return 'done'
      }),
    verify: async () => {
      const names = [source.known, target.known].filter((seen) => seen !== 'absent')
      deepEqual(names, [label], 'a renamed object has exactly one of its two names')
    },
  }
}

const tagging = (trial: Trial): Steps => {
  const target = keyOf(trial, 'tagged')
  const at = { Bucket: bucket, Key: target.key }
  let isAcknowledged = false
  return {
    prepare: async () => {
      await put(trial, target, KiB)
    },
    run: async () => {
      const TagSet = [{ Key: 'a', Value: '1' }]
      await trial.s3.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet } }))
      isAcknowledged = true
    },
    verify: async () => {
      const { TagSet = [] } = await trial.s3.send(new GetObjectTaggingCommand(at))
      const text = TagSet.map(({ Key, Value }) => `${Key}=${Value}`).join(' ')
      ok(text === 'a=1' || (text === '' && !isAcknowledged), `the tags are "${text}"`)
    },
  }
}

/** An upload under way, and how a part is sent. */
function upload(trial: Trial, target: KeyModel) {
  const at = { Bucket: target.bucket, Key: target.key }
  const label = labelOf(trial, 5 * MiB + 100 * KiB)
  const content = contentOf(label)
  let UploadId: string | undefined
  const parts: { ETag: string | undefined; PartNumber: number }[] = []
  return {
    label,
    begin: async () => {
      ;({ UploadId } = await trial.s3.send(new CreateMultipartUploadCommand({ ...at, Metadata: { label } })))
    },
    part: async (PartNumber: number) => {
      const Body = PartNumber === 1 ? content.subarray(0, 5 * MiB) : content.subarray(5 * MiB)
      const { ETag } = await trial.s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }))
      parts[PartNumber - 1] = { ETag, PartNumber }
    },
    complete: async () => {
      await trial.s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts: parts } }))
    },
    abort: async () => {
      await trial.s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }))
    },
    /** Numbers and sizes of the parts that are there; undefined when the upload is not. */
    parts: async (): Promise<string | undefined> => {
      try {
        const { Parts = [] } = await trial.s3.send(new ListPartsCommand({ ...at, UploadId }))
        return Parts.map(({ PartNumber, Size }) => `${PartNumber}: ${Size}`).join(', ')
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchUpload') return undefined
        throw error
      }
    },
  }
}

const creatingUpload = (trial: Trial): Steps => {
  const target = keyOf(trial, 'begun')
  const { begin, part, complete, label, parts } = upload(trial, target)
  let isAcknowledged = false
  return {
    run: async () => {
      await begin()
      isAcknowledged = true
    },
    verify: async () => {
      if (isAcknowledged) equal(await parts(), '')
      else await begin()
      await target.attempt(label, async () => {
        await part(1)
        await part(2)
        await complete()
        return 'done'
      })
    },
  }
}

const uploadingPart = (trial: Trial): Steps => {
  const target = keyOf(trial, 'in parts')
  const { begin, part, complete, label, parts } = upload(trial, target)
  let isAcknowledged = false
  return {
    prepare: begin,
    run: async () => {
      await part(1)
      isAcknowledged = true
    },
    verify: async () => {
      const found = await parts()
      ok(found === `1: ${5 * MiB}` || (found === '' && !isAcknowledged), `the parts are ${found}`)
      await target.attempt(label, async () => {
        if (!isAcknowledged) await part(1)
        await part(2)
        await complete()
        return 'done'
      })
    },
  }
}

const completing = (trial: Trial): Steps => {
  const target = keyOf(trial, 'completed')
  const { begin, part, complete, label } = upload(trial, target)
  return {
    prepare: async () => {
      await begin()
      await part(1)
      await part(2)
    },
    run: () =>
      target.attempt(label, async () => {
        await complete()
        return 'done'
      }),
    // Whoever got no answer asks again, and must get one.
    verify: () =>
      target.attempt(label, async () => {
        await complete()
        return 'done'
      }),
  }
}

const aborting = (trial: Trial): Steps => {
  const { begin, part, abort, parts } = upload(trial, keyOf(trial, 'aborted'))
  let isAcknowledged = false
  return {
    prepare: async () => {
      await begin()
      await part(1)
    },
    run: async () => {
      await abort()
      isAcknowledged = true
    },
    verify: async () => {
      const found = await parts()
      ok(found === undefined || (found === `1: ${5 * MiB}` && !isAcknowledged), `the parts are ${found}`)
      if (found !== undefined) await abort()
    },
  }
}

/** Content that nobody names any more, in two folders' worth of files, until its files are gone. */
const collecting = (trial: Trial): Steps => {
  const kept = keyOf(trial, 'kept')
  const gone = ['a', 'b', 'c'].map((name) => keyOf(trial, `gone ${name}`))
  return {
    prepare: async () => {
      await put(trial, kept, 200 * KiB, 'kept')
      for (const target of gone) await put(trial, target, 200 * KiB, target.key)
    },
    run: async () => {
      for (const target of gone) await remove(trial, target)
      await trial.passed('removals durable')
    },
  }
}

/** As much in the catalog as wakes the checkpoint thread. One in twenty is read back, and listed below the trial's own prefix. */
const checkpointing = (trial: Trial): Steps => {
  const targets = Array.from({ length: 1900 }, (_, i) =>
    i % 20 === 0 ? keyOf(trial, `small ${i}`) : new KeyModel(bucket, `bulk ${trial.number}/${i}`),
  )
  return {
    run: async () => {
      const one = async (first: number): Promise<void> => {
        for (let i = first; i < targets.length; i += 32) {
          const target = targets[i]
          if (target !== undefined) await put(trial, target, 16 * KiB, ` ${i}`)
        }
      }
      const ends = await Promise.allSettled(Array.from({ length: 32 }, (_, i) => one(i)))
      for (const end of ends) if (end.status === 'rejected') throw end.reason
      await trial.passed('checkpoint ended')
    },
  }
}

const stopping = (trial: Trial): Steps => {
  const target = keyOf(trial, 'before the stop')
  return {
    prepare: async () => {
      await put(trial, target, KiB)
    },
    run: async () => {
      trial.signal('SIGTERM')
      await trial.passed('checkpoint ended')
    },
  }
}

/** A start after a kill, with files of the dead process that no row names. */
const starting = (trial: Trial): Steps => {
  const target = keyOf(trial, 'before the start')
  return {
    prepare: async () => {
      await put(trial, target, 200 * KiB)
    },
    run: () => trial.passed('folder removed'),
  }
}

/** All of them. */
export const operations: readonly Operation[] = [
  { name: 'PutObject, 1 KiB', steps: putting(KiB) },
  { name: 'PutObject, 200 KiB (one blob)', steps: putting(200 * KiB) },
  { name: 'PutObject, 20 MiB (two blobs)', steps: putting(20 * MiB) },
  { name: 'PutObject over another', steps: overwriting },
  { name: 'PutObject, refused by If-None-Match', steps: refusing },
  { name: 'CopyObject', steps: copying },
  { name: 'DeleteObject', steps: deleting },
  { name: 'DeleteObjects', steps: deletingMany },
  { name: 'RenameObject', steps: renaming },
  { name: 'PutObjectTagging', steps: tagging },
  { name: 'CreateMultipartUpload', steps: creatingUpload },
  { name: 'UploadPart, 5 MiB', steps: uploadingPart },
  { name: 'CompleteMultipartUpload', steps: completing },
  { name: 'AbortMultipartUpload', steps: aborting },
  {
    name: 'collector pass',
    steps: collecting,
    collectorPauseMs: 50,
    points: ['files removed', 'removals durable', 'group ready', 'group committed'],
  },
  { name: 'checkpoint', steps: checkpointing, points: ['checkpoint begins', 'checkpoint ended'] },
  { name: 'stop by SIGTERM', steps: stopping, points: ['checkpoint begins', 'checkpoint ended'] },
  { name: 'start after a kill', steps: starting, isStart: true },
]
