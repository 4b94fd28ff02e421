// Whose the objects of a bucket are, and whether lists count.

import { isOwnersList, listOfJson } from '../../contract/access-list.js'
import type { ObjectOwnership } from '../../contract/bucket-access.js'
import { S3Error } from '../../contract/errors.js'
import { raiseAccessNumber } from './access-number.js'
import { appendChange } from './append-change.js'
import { bucketSetting } from './bucket-setting.js'
import { requireBucket } from './find-bucket.js'
import { nextNumber } from './next-number.js'
import { one, query, run, statement, transaction } from './steps.js'

const find = statement<{ id: number }, { ownership: ObjectOwnership | 'None' }>(
  'SELECT ownership FROM bucket WHERE id = :id',
)
const set = statement<{ id: number; ownership: string }>('UPDATE bucket SET ownership = :ownership WHERE id = :id')

/** A bucket's ownership controls; undefined when they were removed.
 *  @throws NoSuchBucket */
export const bucketOwnership = query('bucketOwnership', function* (name: string) {
  const { id } = yield* requireBucket(name)
  const ownership = (yield* one(find, { id }))?.ownership
  return ownership === 'None' ? undefined : ownership
})

/** New ownership controls. */
export interface SetBucketOwnership {
  readonly bucket: string
  /** 'None' removes them. */
  readonly ownership: ObjectOwnership | 'None'
  /** Ms since 1970. */
  readonly now: number
}

/** Sets or removes a bucket's ownership controls. Lists of objects stay as they are and count again when lists do.
 *  @throws NoSuchBucket; InvalidBucketAclWithObjectOwnership for BucketOwnerEnforced while the bucket's list grants others something */
export const setBucketOwnership = transaction('setBucketOwnership', function* (args: SetBucketOwnership) {
  const { id, ownerId } = yield* requireBucket(args.bucket)
  if (args.ownership === 'BucketOwnerEnforced') {
    const list = listOfJson(yield* bucketSetting.steps({ bucket: args.bucket, setting: 'acl' }))
    if (!isOwnersList(list, ownerId)) {
      throw new S3Error('InvalidBucketAclWithObjectOwnership', { members: { BucketName: args.bucket } })
    }
  }
  yield* run(set, { id, ownership: args.ownership })
  yield* appendChange({ number: yield* nextNumber(), time: args.now, kind: 'setting', bucketId: id })
  yield* raiseAccessNumber()
})
