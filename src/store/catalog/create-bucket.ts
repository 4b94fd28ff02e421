// Makes a bucket.

import { S3Error } from '../../contract/errors.js'
import { appendChange } from './append-change.js'
import { setBucketSetting } from './bucket-setting.js'
import { findBucket } from './find-bucket.js'
import { nextNumber } from './next-number.js'
import { one, statement, transaction } from './steps.js'

/** A bucket to be made. */
export interface CreateBucket {
  readonly name: string
  /** Canonical user id. */
  readonly ownerId: string
  readonly region: string
  /** Ms since 1970. */
  readonly now: number
  /** Whether its owner may ask for it again, without effect. */
  readonly mayRepeat: boolean
  /** Configurations it has from the beginning, by name. */
  readonly settings: Readonly<Record<string, string>>
}

const insert = statement<{ name: string; ownerId: string; region: string; now: number }, { id: number }>(`
  INSERT INTO bucket (name, owner_id, region, created, metered)
  VALUES (:name, :ownerId, :region, :now, EXISTS (SELECT 1 FROM quota WHERE account_id = :ownerId)) RETURNING id`)

/** Makes a bucket.
 *  @throws BucketAlreadyExists when it is somebody else's, BucketAlreadyOwnedByYou when it may not be asked for again */
export const createBucketRow = transaction('createBucketRow', function* (args: CreateBucket) {
  const { name, ownerId, region, now } = args
  const existing = yield* findBucket(name)
  if (existing !== undefined) {
    const members = { BucketName: name }
    if (existing.ownerId !== ownerId) throw new S3Error('BucketAlreadyExists', { members })
    if (!args.mayRepeat) throw new S3Error('BucketAlreadyOwnedByYou', { members })
    return
  }
  const row = yield* one(insert, { name, ownerId, region, now })
  if (row === undefined) throw new Error('A bucket was inserted without an id')
  for (const [setting, value] of Object.entries(args.settings)) yield* setBucketSetting(row.id, setting, value)
  yield* appendChange({ number: yield* nextNumber(), time: now, kind: 'bucket', bucketId: row.id })
})
