// What several writers have done to a server, and whether it is all there: shared by the suites that kill processes of it.

import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  CreateBucketCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { KeyModel, type RaceModel } from './model.js'
import { readOutcome } from './reader.js'
import { clientFor } from './writers.js'

/** Writers at once. */
const writers = 8

const keysPerWriter = 6
const readsAtOnce = 16

/** What is known of every key, by writer, and of the keys all of them want. */
export interface Model {
  readonly keys: readonly (readonly KeyModel[])[]
  readonly races: RaceModel[]
}

/** Two buckets, one with versions, and every writer's keys in both. */
export async function emptyModel(endpoint: string): Promise<Model> {
  const s3 = clientFor(endpoint)
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

/** Reads everything back, keys, versions and listings, and settles what was open. */
export async function verify(endpoint: string, model: Model, when: string): Promise<void> {
  const s3 = clientFor(endpoint)
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
