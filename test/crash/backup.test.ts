// Backups of a server that is written to all the time, while its collector runs all the time and backups are killed. Each one that ends is restored and
// read: for each writer it must hold what that one had done at one instant between the backup's begin and its end, and nothing else.

import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { deepEqual, equal, ok } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freshServer } from '../fresh-server.js'
import { projectRoot } from '../project-root.js'
import { runCheck, scratchDirectory, startServerProcess } from '../server-process.js'
import { contentOf, type Label, type Outcome } from './model.js'
import { type Random, randomFrom } from './random.js'
import { readOutcome } from './reader.js'
import { clientFor } from './writers.js'

const rounds = Math.max(2, Math.floor(Number(process.env['CRASH_ROUNDS'] ?? 0) / 12))
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000_000)

const writers = 5
const keysPerWriter = 4
const KiB = 1024
const MiB = 1024 * KiB
const sizes = [0, KiB, 20 * KiB, 64 * KiB, MiB]

/** The instant of a backup's kill, after it was started. A start of the program takes some 300 ms of it. */
const killMsMax = 1500

/** Something a writer did: what a key holds from some instant between `sentMs` and `doneMs` on. */
interface Deed {
  readonly key: string
  readonly outcome: Outcome
  readonly sentMs: number
  /** Infinity: not answered yet. */
  doneMs: number
}

/** One who writes keys of its own, one after the other: what it sees of time is a line. */
class Writer {
  readonly deeds: Deed[] = []
  readonly keys: readonly string[]
  readonly #s3: S3Client
  readonly #random: Random
  #sequence = 0

  constructor(s3: S3Client, name: string, random: Random) {
    this.#s3 = s3
    this.#random = random
    this.keys = ['plain', 'versioned'].flatMap((bucket) =>
      Array.from({ length: keysPerWriter }, (_, i) => `${bucket}/${name}-${i}`),
    )
  }

  async write(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const key = this.#random.of(this.keys)
      const chance = this.#random.integer(100)
      if (chance < 60) await this.#put(key, this.#newLabel())
      else if (chance < 75) await this.#remove(key)
      else if (chance < 92) await this.#copy(key, this.#random.of(this.keys))
      else await this.#putByParts(key)
    }
  }

  async #do(key: string, outcome: Outcome, send: () => Promise<unknown>): Promise<void> {
    const deed: Deed = { key, outcome, sentMs: performance.now(), doneMs: Infinity }
    this.deeds.push(deed)
    await send()
    deed.doneMs = performance.now()
  }

  async #put(key: string, label: Label): Promise<void> {
    const put = new PutObjectCommand({ ...at(key), Body: contentOf(label), Metadata: { label } })
    await this.#do(key, label, () => this.#s3.send(put))
  }

  async #remove(key: string): Promise<void> {
    await this.#do(key, 'absent', () => this.#s3.send(new DeleteObjectCommand(at(key))))
  }

  async #copy(key: string, source: string): Promise<void> {
    const held = this.deeds.findLast((deed) => deed.key === source)?.outcome ?? 'absent'
    if (held === 'absent' || source === key) return
    await this.#do(key, held, () => this.#s3.send(new CopyObjectCommand({ ...at(key), CopySource: source })))
  }

  async #putByParts(key: string): Promise<void> {
    const label: Label = `${5 * MiB + this.#random.integer(64 * KiB)}-${this.#next()}`
    const content = contentOf(label)
    const { UploadId } = await this.#s3.send(new CreateMultipartUploadCommand({ ...at(key), Metadata: { label } }))
    const Parts: { ETag: string | undefined; PartNumber: number }[] = []
    for (const [i, Body] of [content.subarray(0, 5 * MiB), content.subarray(5 * MiB)].entries()) {
      const part = await this.#s3.send(new UploadPartCommand({ ...at(key), UploadId, PartNumber: i + 1, Body }))
      Parts.push({ ETag: part.ETag, PartNumber: i + 1 })
    }
    const complete = new CompleteMultipartUploadCommand({ ...at(key), UploadId, MultipartUpload: { Parts } })
    await this.#do(key, label, () => this.#s3.send(complete))
  }

  /** One in four contents has been stored before, perhaps by another writer: so blobs are named, left, named again, and move. */
  #newLabel(): Label {
    const size = this.#random.of(sizes)
    return this.#random.integer(4) === 0 ? `${size}-shared-${this.#random.integer(4)}` : `${size}-${this.#next()}`
  }

  #next(): string {
    this.#sequence += 1
    return `${this.keys[0]}-${this.#sequence}`
  }
}

const at = (key: string): { Bucket: string; Key: string } => {
  const slash = key.indexOf('/')
  return { Bucket: key.slice(0, slash), Key: key.slice(slash + 1) }
}

/** What keys hold: outcomes oldest first, of which a bucket without versions keeps the last. */
type State = Map<string, Outcome[]>

function apply(state: State, { key, outcome }: Deed): void {
  if (key.startsWith('plain/')) {
    if (outcome === 'absent') state.delete(key)
    else state.set(key, [outcome])
    return
  }
  state.set(key, [...(state.get(key) ?? []), outcome])
}

/** Every key and version there is. */
async function stateOf(s3: S3Client): Promise<State> {
  const state: State = new Map()
  for (const Bucket of ['plain', 'versioned']) {
    let KeyMarker: string | undefined
    let VersionIdMarker: string | undefined
    do {
      const page = await s3.send(new ListObjectVersionsCommand({ Bucket, KeyMarker, VersionIdMarker }))
      const rows = [
        ...(page.Versions ?? []).map((row) => ({ ...row, isMarker: false })),
        ...(page.DeleteMarkers ?? []).map((row) => ({ ...row, isMarker: true })),
      ]
      for (const { Key = '', VersionId = '', isMarker } of rows) {
        const outcome = isMarker ? 'absent' : await readOutcome(s3, Bucket, Key, VersionId)
        const key = `${Bucket}/${Key}`
        state.set(key, [...(state.get(key) ?? []), `${VersionId} ${outcome}` as Outcome])
      }
      KeyMarker = page.NextKeyMarker
      VersionIdMarker = page.NextVersionIdMarker
    } while (KeyMarker !== undefined)
  }
  for (const [key, outcomes] of state) {
    // A VersionId sorts as its version does in time.
    const inTime = outcomes.toSorted((a, b) => (a < b ? -1 : 1))
    // The outcome was put behind the id above.
    state.set(key, inTime.map((text) => text.slice(text.indexOf(' ') + 1)) as Outcome[])
  }
  return state
}

/** The restored state is, for each writer, that after some number of its deeds: those answered before the backup began at least, those sent before it
 *  ended at most. */
function verifyInstant(writer: Writer, restored: State, beganMs: number, endedMs: number, when: string): void {
  const found = new Map([...restored].filter(([key]) => writer.keys.includes(key)))
  const text = (state: State): string => JSON.stringify([...state].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const wanted = text(found)
  const atLeast = writer.deeds.filter(({ doneMs }) => doneMs < beganMs).length
  const atMost = writer.deeds.filter(({ sentMs }) => sentMs < endedMs).length
  const state: State = new Map()
  for (let count = 0; count <= atMost; count += 1) {
    if (count >= atLeast && text(state) === wanted) return
    const deed = writer.deeds[count]
    if (deed !== undefined) apply(state, deed)
  }
  throw new Error(
    `${when}: ${wanted} is no state between deeds ${atLeast} and ${atMost} of ${writer.keys[0]}, the last being ${text(state)}`,
  )
}

interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; output: string }>
}

function cairn(...args: string[]): Run {
  const child = spawn(process.execPath, [join(projectRoot, 'bin/cairn.cjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return { child, ended: once(child, 'close').then(() => ({ code: child.exitCode, output })) }
}

describe('Backups of a server that is written to', () => {
  it(`are the state of one instant, ${rounds} times (CRASH_SEED=${seed})`, async function () {
    // The writers go on meanwhile: each round has more to copy and to read than the one before.
    this.timeout(60_000 + rounds * 180_000)
    const random = randomFrom(seed)
    const fresh = await freshServer({ hasBucket: false })
    const { s3, directory } = fresh
    const scratch = await scratchDirectory('backup')
    const target = join(scratch.path, 'backup')
    await s3.send(new CreateBucketCommand({ Bucket: 'plain' }))
    await s3.send(new CreateBucketCommand({ Bucket: 'versioned' }))
    const VersioningConfiguration = { Status: 'Enabled' } as const
    await s3.send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration }))

    let isOver = false
    const all = Array.from({ length: writers }, (_, i) => new Writer(s3, `w${i}`, randomFrom(random.integer(2 ** 31))))
    const over = (): boolean => isOver
    const writing = all.map((writer) => writer.write(over))
    // Nobody reads through this server: so nobody is between opening a body and reading it.
    let collected = 0
    const collecting = (async () => {
      while (!over()) {
        const { files } = await fresh.server.store.collector.collectNow()
        collected += files
        await wait(20)
      }
    })()
    const work = Promise.all([...writing, collecting])
    const meanwhile = async <Result>(step: Promise<Result>): Promise<Result> =>
      Promise.race([step, work.then(() => Promise.reject(new Error('the writers ended')))])

    try {
      let killed = 0
      let copied = 0
      for (let round = 1; round <= rounds; round += 1) {
        const victim = cairn('backup', '--data', directory, '--to', target, '--verify')
        await meanwhile(wait(random.integer(killMsMax)))
        if (victim.child.kill('SIGKILL')) killed += 1
        await victim.ended

        const beganMs = performance.now()
        const backup = await meanwhile(
          cairn('backup', '--data', directory, '--to', target, '--keep', '2', '--json').ended,
        )
        const endedMs = performance.now()
        equal(backup.code, 0, backup.output)
        const { manifest } = JSON.parse(backup.output) as { manifest: { blobs: { copied: number } } }
        copied += manifest.blobs.copied

        const restored = join(scratch.path, `restored-${round}`)
        const restore = await meanwhile(cairn('restore', '--from', target, '--data', restored).ended)
        equal(restore.code, 0, restore.output)
        const check = await meanwhile(runCheck(restored))
        equal(check.code, 0, `round ${round}\n${check.output}`)
        const server = await meanwhile(startServerProcess(restored))
        try {
          const client = clientFor(server.endpoint)
          const state = await meanwhile(stateOf(client))
          client.destroy()
          const known = all.flatMap(({ keys }) => keys)
          for (const key of state.keys()) ok(known.includes(key), key)
          for (const writer of all) verifyInstant(writer, state, beganMs, endedMs, `round ${round}`)
        } finally {
          await server.kill()
        }
        await rm(restored, { recursive: true })
      }
      isOver = true
      await work
      const verified = await cairn('backup', 'verify', target).ended
      equal(verified.code, 0, verified.output)
      await fresh.server.store.collector.collectNow()
      deepEqual(readdirSync(join(directory, 'holds')), [])
      ok(killed > 0, 'no backup was killed')
      ok(copied > 0 && collected > 0, 'nothing was copied, or nothing was collected: nothing was tested')
      ok(
        all.every(({ deeds }) => deeds.length > 20),
        'the writers hardly wrote',
      )
      deepEqual(fresh.problems, [])
    } finally {
      isOver = true
      await work.catch(() => undefined)
      await scratch.remove()
    }
  })
})
