// GetBucketAcl and PutBucketAcl: the owner has full control, and that is all there is.

import { ownersAcl, requireOwnersAcl } from '../contract/acl.js'
import type { Operation } from '../contract/operation.js'
import { findAccount } from '../store/catalog/account.js'
import { bucketNamed } from '../store/catalog/find-bucket.js'
import type { Store } from '../store/store.js'
import { requireUnblocked } from './public-access-block.js'

/** Canned lists of a bucket that say what holds anyway. */
const cannedLists = ['private']

/** Answers the owner's FULL_CONTROL.
 *  @throws NoSuchBucket */
export const getBucketAcl =
  (store: Store): Operation<'GetBucketAcl'> =>
  async (input) => {
    const { ownerId } = await store.catalog.read(bucketNamed, input.Bucket ?? '')
    const owner = await store.catalog.read(findAccount, ownerId)
    return ownersAcl({ ID: ownerId, DisplayName: owner?.name ?? '' })
  }

/** Accepts `private`, and a list that says the same; nothing changes.
 *  @throws NoSuchBucket, AccessDenied for a list that lets others in where that is blocked; those of `requireOwnersAcl` */
export const putBucketAcl =
  (store: Store): Operation<'PutBucketAcl'> =>
  async (input) => {
    const { ownerId } = await store.catalog.read(bucketNamed, input.Bucket ?? '')
    await requireUnblocked(store, input.Bucket ?? '', input.ACL)
    requireOwnersAcl(input, ownerId, cannedLists)
    return {}
  }
