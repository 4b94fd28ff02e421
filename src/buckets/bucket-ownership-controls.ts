// GetBucketOwnershipControls, PutBucketOwnershipControls and DeleteBucketOwnershipControls: whose the objects of a bucket are, and whether lists count.

import { isObjectOwnership } from '../contract/bucket-access.js'
import { S3Error } from '../contract/errors.js'
import type { Clock, Operation } from '../contract/operation.js'
import { bucketOwnership, setBucketOwnership } from '../store/catalog/bucket-ownership.js'
import type { Store } from '../store/store.js'

/** Answers a bucket's controls.
 *  @throws NoSuchBucket, OwnershipControlsNotFoundError */
export const getBucketOwnershipControls =
  (store: Store): Operation<'GetBucketOwnershipControls'> =>
  async (input) => {
    const bucket = input.Bucket ?? ''
    const ObjectOwnership = await store.catalog.read(bucketOwnership, bucket)
    if (ObjectOwnership === undefined) {
      throw new S3Error('OwnershipControlsNotFoundError', { members: { BucketName: bucket } })
    }
    return { OwnershipControls: { Rules: [{ ObjectOwnership }] } }
  }

/** Replaces a bucket's controls: one rule.
 *  @throws NoSuchBucket, MalformedXML; InvalidBucketAclWithObjectOwnership for BucketOwnerEnforced while the bucket's list grants others something */
export const putBucketOwnershipControls =
  (store: Store, clock: Clock): Operation<'PutBucketOwnershipControls'> =>
  async (input) => {
    const [rule, another] = input.OwnershipControls?.Rules ?? []
    const ownership = rule?.ObjectOwnership
    if (!isObjectOwnership(ownership) || another !== undefined) throw new S3Error('MalformedXML')
    await store.catalog.commit(setBucketOwnership, { bucket: input.Bucket ?? '', ownership, now: clock.now() })
    return {}
  }

/** Removes a bucket's controls: from then on lists count, and whoever writes an object owns it.
 *  @throws NoSuchBucket */
export const deleteBucketOwnershipControls =
  (store: Store, clock: Clock): Operation<'DeleteBucketOwnershipControls'> =>
  async (input) => {
    await store.catalog.commit(setBucketOwnership, {
      bucket: input.Bucket ?? '',
      ownership: 'None',
      now: clock.now(),
    })
    return {}
  }
