// Makes a bucket.

import { isOwnersList, listOfJson } from '../../contract/access-list.js'
import type { ObjectOwnership } from '../../contract/bucket-access.js'
import { S3Error } from '../../contract/errors.js'
import { raiseAccessNumber } from './access-number.js'
import { appendChange } from './append-change.js'
import { bucketSetting, setBucketSetting, type SettingName } from './bucket-setting.js'
import { type BucketRow, findBucket } from './find-bucket.js'
import { nextNumber } from './next-number.js'
import { one, statement, transaction, type Steps } from './steps.js'

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
  readonly settings: { readonly [Name in SettingName]?: string }
  /** Whose its objects are; 'BucketOwnerEnforced' when left out. */
  readonly ownership?: ObjectOwnership
  /** The same, where it was asked for by name. */
  readonly askedOwnership?: ObjectOwnership | undefined
}

const insert = statement<
  { name: string; ownerId: string; region: string; now: number; ownership: string },
  { id: number }
>(`
  INSERT INTO bucket (name, owner_id, region, created, ownership) VALUES (:name, :ownerId, :region, :now, :ownership)
  RETURNING id`)

/** Makes a bucket.
 *  @throws BucketAlreadyExists when it is somebody else's, or its owner asks for it again with another list or ownership than it has;
 *    BucketAlreadyOwnedByYou when it may not be asked for again */
export const createBucketRow = transaction('createBucketRow', function* (args: CreateBucket) {
  const { name, ownerId, region, now } = args
  const existing = yield* findBucket(name)
  if (existing !== undefined) {
    const members = { BucketName: name }
    if (existing.ownerId !== ownerId) throw new S3Error('BucketAlreadyExists', { members })
    if (!args.mayRepeat) throw new S3Error('BucketAlreadyOwnedByYou', { members })
    yield* requireSame(existing, args)
    return
  }
  const row = yield* one(insert, { name, ownerId, region, now, ownership: args.ownership ?? 'BucketOwnerEnforced' })
  if (row === undefined) throw new Error('A bucket was inserted without an id')
  for (const [setting, value] of Object.entries(args.settings)) yield* setBucketSetting(row.id, setting, value)
  yield* appendChange({ number: yield* nextNumber(), time: now, kind: 'bucket', bucketId: row.id })
  yield* raiseAccessNumber()
})

/** Who asks again must not take for granted what the bucket does not have. S3 would give it the list that is asked for, or take the one it has away.
 *  @throws BucketAlreadyExists */
function* requireSame(existing: BucketRow, { settings, askedOwnership }: CreateBucket): Steps<void> {
  const list = yield* bucketSetting.steps({ bucket: existing.name, setting: 'acl' })
  const isSameList = isOwnersList(listOfJson(settings.acl), existing.ownerId)
    ? isOwnersList(listOfJson(list), existing.ownerId)
    : settings.acl === list
  if (isSameList && (askedOwnership === undefined || askedOwnership === existing.ownership)) return
  throw new S3Error('BucketAlreadyExists', {
    message: 'You own this bucket already, with another access control list or object ownership than you ask for.',
    members: { BucketName: existing.name },
  })
}
