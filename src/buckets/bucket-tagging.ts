// GetBucketTagging, PutBucketTagging and DeleteBucketTagging.

import type { Tag } from '@aws-sdk/client-s3'
import { S3Error } from '../contract/errors.js'
import type { Clock, Operation } from '../contract/operation.js'
import { requireTagSet } from '../contract/tags.js'
import { bucketSetting, deleteBucketSetting, putBucketSetting } from '../store/catalog/bucket-setting.js'
import type { Store } from '../store/store.js'

/** Tags of one bucket. Source: AWS user guide, "Using cost allocation S3 bucket tags". */
export const bucketTagsMax = 50

/** Answers a bucket's tags.
 *  @throws NoSuchBucket, NoSuchTagSet */
export const getBucketTagging =
  (store: Store): Operation<'GetBucketTagging'> =>
  async (input) => {
    const bucket = input.Bucket ?? ''
    const json = await store.catalog.read(bucketSetting, { bucket, setting: 'tagging' })
    if (json === undefined) throw new S3Error('NoSuchTagSet', { members: { BucketName: bucket } })
    // The row holds what `putBucketTagging` or `createBucket` has checked and written.
    return { TagSet: JSON.parse(json) as Tag[] }
  }

/** Replaces a bucket's tags.
 *  @throws NoSuchBucket; InvalidTag and others of `requireTagSet` */
export const putBucketTagging =
  (store: Store, clock: Clock): Operation<'PutBucketTagging'> =>
  async (input) => {
    const tags = input.Tagging?.TagSet
    if (tags === undefined) throw new S3Error('MalformedXML')
    requireTagSet(tags, bucketTagsMax)
    await store.catalog.commit(putBucketSetting, {
      bucket: input.Bucket ?? '',
      setting: 'tagging',
      value: JSON.stringify(tags),
      now: clock.now(),
    })
    return {}
  }

/** Removes a bucket's tags; without any, nothing happens.
 *  @throws NoSuchBucket */
export const deleteBucketTagging =
  (store: Store, clock: Clock): Operation<'DeleteBucketTagging'> =>
  async (input) => {
    await store.catalog.commit(deleteBucketSetting, {
      bucket: input.Bucket ?? '',
      setting: 'tagging',
      now: clock.now(),
    })
    return {}
  }
