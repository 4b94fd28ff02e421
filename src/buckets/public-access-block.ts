// GetPublicAccessBlock, PutPublicAccessBlock and DeletePublicAccessBlock: what of a bucket's policy and lists is not to count. Lists and policies that
// are blocked are refused where they are put; what is ignored and restricted is authorization's to heed, last and always.

import type { PublicAccessBlock } from '../contract/bucket-access.js'
import { S3Error } from '../contract/errors.js'
import type { Clock, Operation } from '../contract/operation.js'
import { bucketSetting, deleteBucketSetting, putBucketSetting } from '../store/catalog/bucket-setting.js'
import type { Store } from '../store/store.js'

const setting = 'public-access-block'

/** Answers what is blocked.
 *  @throws NoSuchBucket, NoSuchPublicAccessBlockConfiguration */
export const getPublicAccessBlock =
  (store: Store): Operation<'GetPublicAccessBlock'> =>
  async (input) => {
    const bucket = input.Bucket ?? ''
    const PublicAccessBlockConfiguration = await blockOf(store, bucket)
    if (PublicAccessBlockConfiguration !== undefined) return { PublicAccessBlockConfiguration }
    throw new S3Error('NoSuchPublicAccessBlockConfiguration', { members: { BucketName: bucket } })
  }

/** Replaces what is blocked. What is left out is false.
 *  @throws NoSuchBucket, MalformedXML */
export const putPublicAccessBlock =
  (store: Store, clock: Clock): Operation<'PutPublicAccessBlock'> =>
  async (input) => {
    const asked = input.PublicAccessBlockConfiguration
    if (asked === undefined) throw new S3Error('MalformedXML')
    const {
      BlockPublicAcls = false,
      IgnorePublicAcls = false,
      BlockPublicPolicy = false,
      RestrictPublicBuckets = false,
    } = asked
    const block: PublicAccessBlock = { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets }
    const value = JSON.stringify(block)
    await store.catalog.commit(putBucketSetting, { bucket: input.Bucket ?? '', setting, value, now: clock.now() })
    return {}
  }

/** Forgets what is blocked; without any, nothing happens.
 *  @throws NoSuchBucket */
export const deletePublicAccessBlock =
  (store: Store, clock: Clock): Operation<'DeletePublicAccessBlock'> =>
  async (input) => {
    await store.catalog.commit(deleteBucketSetting, { bucket: input.Bucket ?? '', setting, now: clock.now() })
    return {}
  }

async function blockOf(store: Store, bucket: string): Promise<PublicAccessBlock | undefined> {
  const json = await store.catalog.read(bucketSetting, { bucket, setting })
  // The row holds what `putPublicAccessBlock` or `createBucket` has written.
  return json === undefined ? undefined : (JSON.parse(json) as PublicAccessBlock)
}
