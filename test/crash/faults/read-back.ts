// What every trial asks of a server after a fault: that it holds what it must, and goes on.

import { deepEqual, ok } from 'node:assert/strict'
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { contentOf, KeyModel, type Label, type RaceModel } from '../model.js'
import { readOutcome } from '../reader.js'
import { bucket, type Trial } from './operations.js'

/** Every key of a trial holds what was acknowledged, or may hold; the listing says the same.
 *  @throws Error when it does not */
export async function readBack({ s3, number, models }: Trial): Promise<void> {
  const present: string[] = []
  const readOne = async (model: KeyModel | RaceModel): Promise<void> => {
    const seen = await readOutcome(s3, model.bucket, model.key)
    ok(model.allows(seen), `${model.name} holds ${seen}`)
    model.settle(seen)
    if (seen !== 'absent') present.push(`${model.key} ${Number.parseInt(seen, 10)}`)
  }
  for (let i = 0; i < models.length; i += 16) await Promise.all(models.slice(i, i + 16).map(readOne))
  const listed: string[] = []
  let ContinuationToken: string | undefined
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${number}/`, ContinuationToken }))
    for (const { Key = '', Size = -1 } of page.Contents ?? []) listed.push(`${Key} ${Size}`)
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
  deepEqual(listed.toSorted(), present.toSorted())
}

/** The server takes a small body and a large one. */
export async function goOn(trial: Trial): Promise<void> {
  for (const size of [1000, 100_000]) {
    const model = new KeyModel(bucket, `${trial.number}/after ${size}`)
    trial.models.push(model)
    const label: Label = `${size}-after-${trial.number}`
    await model.attempt(label, async () => {
      const at = { Bucket: bucket, Key: model.key }
      await trial.s3.send(new PutObjectCommand({ ...at, Body: contentOf(label), Metadata: { label } }))
      return 'done'
    })
  }
}
