// GetBucketAcl and PutBucketAcl: whom a bucket grants what.

import { requireAskedList, shownList } from '../contract/acl.js'
import type { Clock, Operation } from '../contract/operation.js'
import { bucketList, setBucketList } from '../store/catalog/bucket-list.js'
import { wantedList } from '../store/catalog/wanted-list.js'
import type { Store } from '../store/store.js'

/** Answers the list of a bucket; where lists do not count, that its owner has full control.
 *  @throws NoSuchBucket */
export const getBucketAcl =
  (store: Store): Operation<'GetBucketAcl'> =>
  async (input) => {
    const { owner, list, names } = await store.catalog.read(bucketList, input.Bucket ?? '')
    return shownList(owner, list, names)
  }

/** Replaces the list of a bucket.
 *  @throws NoSuchBucket; as `requireAskedList` and `wantedList` for what is no list; AccessControlListNotSupported where lists do not count,
 *    AccessDenied for a public one where those are blocked
 *  Source: AWS API reference, PutBucketAcl */
export const putBucketAcl =
  (store: Store, clock: Clock): Operation<'PutBucketAcl'> =>
  async (input, call) => {
    const bucket = input.Bucket ?? ''
    const { owner } = await store.catalog.read(bucketList, bucket)
    const wanted = await store.catalog.read(wantedList, requireAskedList(input, 'bucket', owner.id))
    await store.catalog.commit(setBucketList, {
      bucket,
      wanted,
      callerId: call.caller.accountId,
      now: clock.now(),
    })
    return {}
  }
