// The access control list of a bucket: shown, and replaced.

import { listJson, listOfJson } from '../../contract/access-list.js'
import { listOf, type WantedList } from '../../contract/acl.js'
import { raiseAccessNumber } from './access-number.js'
import { appendChange } from './append-change.js'
import { bucketSetting, clearBucketSetting, setBucketSetting } from './bucket-setting.js'
import { requireBucket } from './find-bucket.js'
import { requireNoList, requireUnblocked } from './new-object-access.js'
import { nextNumber } from './next-number.js'
import { query, transaction, type Steps } from './steps.js'
import { namedList, type NamedList } from './version-list.js'

/** The list of a bucket as it counts.
 *  @throws NoSuchBucket */
export const bucketList = query('bucketList', function* (name: string): Steps<NamedList> {
  const bucket = yield* requireBucket(name)
  if (bucket.ownership === 'BucketOwnerEnforced') return yield* namedList(bucket.ownerId, undefined)
  const json = yield* bucketSetting.steps({ bucket: name, setting: 'acl' })
  return yield* namedList(bucket.ownerId, listOfJson(json))
})

/** A list for a bucket. */
export interface SetBucketList {
  readonly bucket: string
  readonly wanted: WantedList
  /** Canonical user id of who asks for it. */
  readonly callerId: string
  /** Ms since 1970. */
  readonly now: number
}

/** Replaces the list of a bucket. Where lists do not count, only the one that says what holds is taken, and nothing changes.
 *  @throws NoSuchBucket; AccessControlListNotSupported, AccessDenied for a public list where those are blocked */
export const setBucketList = transaction('setBucketList', function* (args: SetBucketList) {
  const bucket = yield* requireBucket(args.bucket)
  if (bucket.ownership === 'BucketOwnerEnforced') return requireNoList(bucket, args.wanted, args.callerId)
  const list = listOf(args.wanted, { what: 'bucket', ownerId: bucket.ownerId, bucketOwnerId: bucket.ownerId })
  yield* requireUnblocked(bucket.id, list)
  const json = listJson(list)
  if (json === null) yield* clearBucketSetting(bucket.id, 'acl')
  else yield* setBucketSetting(bucket.id, 'acl', json)
  yield* appendChange({ number: yield* nextNumber(), time: args.now, kind: 'setting', bucketId: bucket.id })
  yield* raiseAccessNumber()
})
