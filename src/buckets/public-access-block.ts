// GetPublicAccessBlock, PutPublicAccessBlock and DeletePublicAccessBlock. Nothing can be made public here, so that what is blocked is blocked
// already; kept is what was asked for.

import type { PublicAccessBlockConfiguration } from '@aws-sdk/client-s3'
import { S3Error } from '../contract/errors.js'
import type { Clock, Operation } from '../contract/operation.js'
import { bucketSetting, deleteBucketSetting, putBucketSetting } from '../store/catalog/bucket-setting.js'
import type { Store } from '../store/store.js'

const setting = 'public-access-block'

/** Canned lists that let others in. "PUT Bucket ACL and PUT Object ACL calls fail if the specified ACL is public." */
const publicLists: ReadonlySet<string | undefined> = new Set(['public-read', 'public-read-write', 'authenticated-read'])

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
    const value = JSON.stringify({ BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets })
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

/** Refuses a canned list that lets others in where that is blocked.
 *  @throws NoSuchBucket, AccessDenied */
export async function requireUnblocked(store: Store, bucket: string, cannedList: string | undefined): Promise<void> {
  if (!publicLists.has(cannedList)) return
  const block = await blockOf(store, bucket)
  if (block?.BlockPublicAcls === true) throw new S3Error('AccessDenied')
}

async function blockOf(store: Store, bucket: string): Promise<PublicAccessBlockConfiguration | undefined> {
  const json = await store.catalog.read(bucketSetting, { bucket, setting })
  // The row holds what `putPublicAccessBlock` has written.
  return json === undefined ? undefined : (JSON.parse(json) as PublicAccessBlockConfiguration)
}
