// The server is killed while it is written to, again and again. What it acknowledged must be there, whole; what it did not, whole or not at all.

import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  CreateBucketCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { setTimeout as wait } from 'node:timers/promises'
import { launchServer, runCheck, scratchDirectory, type ServerProcess, startServerProcess } from '../server-process.js'
import { KeyModel, RaceModel } from './model.js'
import { type Random, randomFrom } from './random.js'
import { readOutcome } from './reader.js'
import { clientFor, writeUntilKilled } from './writers.js'

const rounds = Number(process.env['CRASH_ROUNDS'] ?? 5)
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000_000)

const writers = 8
const keysPerWriter = 6
const racesPerRound = 4

/** Then a new directory: what was written before is read again each time. */
const roundsPerDirectory = 10

const readsAtOnce = 16

/** The instant of the kill, after writing began. */
const writeMsMax = 1500

/** The instant of a kill while the server starts. */
const startMsMax = 400

describe('A server that is killed while it is written to', () => {
  it(`keeps what it acknowledged, ${rounds} times (CRASH_SEED=${seed})`, async function () {
    this.timeout(60_000 + rounds * 20_000)
    const random = randomFrom(seed)
    for (let first = 1; first <= rounds; first += roundsPerDirectory) {
      const directory = await scratchDirectory('crash')
      try {
        await killAndVerify(directory.path, first, Math.min(rounds, first + roundsPerDirectory - 1), random)
      } finally {
        await directory.remove()
      }
    }
  })
})

/** Rounds `first` to `last` on one data directory. */
async function killAndVerify(directory: string, first: number, last: number, random: Random): Promise<void> {
  let server = await startServerProcess(directory)
  try {
    const model = await emptyModel(server)
    let acknowledged = 0
    for (let round = first; round <= last; round += 1) {
      for (let i = 0; i < racesPerRound; i += 1) model.races.push(new RaceModel('plain', `race-${round}-${i}`))
      acknowledged += await writeAndKill(server, model, random)
      if (random.integer(3) === 0) await killWhileStarting(directory, random)

      server = await startServerProcess(directory)
      await verify(server, model, `round ${round}`)
      if (random.integer(2) === 0) equal(await server.stop(), 0, server.output())
      else await server.kill()

      const check = await runCheck(directory)
      equal(check.code, 0, `round ${round}: cairn check found faults\n${check.output}`)
      server = await startServerProcess(directory)
    }
    ok(acknowledged > 0, 'nothing was acknowledged before any of the kills: nothing was tested')
  } finally {
    await server.kill()
  }
}

interface Model {
  readonly keys: readonly (readonly KeyModel[])[]
  readonly races: RaceModel[]
}

/** Two buckets, one with versions, and every writer's keys in both. */
async function emptyModel(server: ServerProcess): Promise<Model> {
  const s3 = clientFor(server.endpoint)
  await s3.send(new CreateBucketCommand({ Bucket: 'plain' }))
  await s3.send(new CreateBucketCommand({ Bucket: 'versioned' }))
  await s3.send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration: { Status: 'Enabled' } }))
  s3.destroy()
  const keysOf = (writer: number): KeyModel[] =>
    ['plain', 'versioned'].flatMap((bucket) =>
      Array.from({ length: keysPerWriter }, (_, i) => new KeyModel(bucket, `writer ${writer}/key-${i}`)),
    )
  return { keys: Array.from({ length: writers }, (_, writer) => keysOf(writer)), races: [] }
}

/** Answers how many requests were acknowledged before the kill. */
async function writeAndKill(server: ServerProcess, model: Model, random: Random): Promise<number> {
  const s3 = clientFor(server.endpoint)
  let isOver = false
  const races = model.races.slice(-racesPerRound)
  const work = Promise.all(
    model.keys.map((keys) =>
      writeUntilKilled({ s3, keys, races, random: randomFrom(random.integer(2 ** 31)), isOver: () => isOver }),
    ),
  )
  const instant = wait(50 + random.integer(writeMsMax))
  try {
    // A writer that meets a fault ends the wait at once.
    await Promise.race([instant, work])
  } finally {
    isOver = true
    await server.kill()
  }
  const acknowledged = await work
  s3.destroy()
  return acknowledged.reduce((sum, count) => sum + count, 0)
}

async function killWhileStarting(directory: string, random: Random): Promise<void> {
  const starting = launchServer(directory)
  await wait(random.integer(startMsMax))
  await starting.kill()
}

/** Reads everything back, keys, versions and listings, and settles what was open. */
async function verify(server: ServerProcess, model: Model, when: string): Promise<void> {
  const s3 = clientFor(server.endpoint)
  const present = new Map<string, string[]>([
    ['plain', []],
    ['versioned', []],
  ])
  const verifyKey = async (target: KeyModel | RaceModel): Promise<void> => {
    const seen = await readOutcome(s3, target.bucket, target.key)
    ok(target.allows(seen), `${when}: ${target.name} holds ${seen}`)
    target.settle(seen)
    if (seen !== 'absent') present.get(target.bucket)?.push(`${target.key} ${Number.parseInt(seen, 10)}`)
  }
  for (const targets of [...model.keys, model.races]) await Promise.all(targets.map(verifyKey))
  for (const [bucket, expected] of present)
    deepEqual(await listed(s3, bucket), expected.toSorted(), `${when}: ${bucket}`)
  await verifyVersions(s3, model, when)
  s3.destroy()
}

/** Every acknowledged version is listed and holds its content; versions nobody acknowledged hold a content of one piece. */
async function verifyVersions(s3: S3Client, model: Model, when: string): Promise<void> {
  const acknowledged = new Map(
    model.keys.flat().flatMap(({ key, versions }) => [...versions].map(([id, label]) => [`${key} ${id}`, label])),
  )
  let KeyMarker: string | undefined
  let VersionIdMarker: string | undefined
  do {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket: 'versioned', KeyMarker, VersionIdMarker }))
    const verifyVersion = async (Key: string, VersionId: string): Promise<void> => {
      const seen = await readOutcome(s3, 'versioned', Key, VersionId)
      const expected = acknowledged.get(`${Key} ${VersionId}`)
      if (expected !== undefined) equal(seen, expected, `${when}: ${Key} ${VersionId}`)
      acknowledged.delete(`${Key} ${VersionId}`)
    }
    const versions = page.Versions ?? []
    for (let i = 0; i < versions.length; i += readsAtOnce) {
      const some = versions.slice(i, i + readsAtOnce)
      await Promise.all(some.map(({ Key = '', VersionId = '' }) => verifyVersion(Key, VersionId)))
    }
    KeyMarker = page.NextKeyMarker
    VersionIdMarker = page.NextVersionIdMarker
  } while (KeyMarker !== undefined)
  deepEqual([...acknowledged.keys()], [], `${when}: versions that were acknowledged and are not listed`)
}

/** "key size" of every object, sorted. */
async function listed(s3: S3Client, bucket: string): Promise<string[]> {
  const found: string[] = []
  let ContinuationToken: string | undefined
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken, MaxKeys: 100 }))
    for (const { Key = '', Size = -1 } of page.Contents ?? []) found.push(`${Key} ${Size}`)
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
  return found.toSorted()
}
