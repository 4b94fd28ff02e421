// GetBucketPolicy, PutBucketPolicy, DeleteBucketPolicy and GetBucketPolicyStatus: who may do what with a bucket and its objects. Deciding by it is
// authorization's.

import { isPublicList } from '../contract/access-list.js'
import { S3Error } from '../contract/errors.js'
import type { Caller, Clock, Operation } from '../contract/operation.js'
import { locksOut } from '../contract/policy/locks-out.js'
import { parsePolicy } from '../contract/policy/parse-policy.js'
import { type Policy, PolicyFault } from '../contract/policy/policy.js'
import { bucketAccess } from '../store/catalog/bucket-access.js'
import { setBucketPolicy } from '../store/catalog/bucket-policy.js'
import { deleteBucketSetting } from '../store/catalog/bucket-setting.js'
import { noSuchBucket } from '../store/catalog/find-bucket.js'
import type { Store } from '../store/store.js'

const setting = 'policy'

/** Answers a bucket's policy, exactly as it was put.
 *  @throws NoSuchBucket, NoSuchBucketPolicy; MethodNotAllowed for another account than the owner's */
export const getBucketPolicy =
  (store: Store): Operation<'GetBucketPolicy'> =>
  async (input, call) => {
    const bucket = input.Bucket ?? ''
    const { policy } = await ownBucket(store, bucket, call.caller)
    if (policy === undefined) throw new S3Error('NoSuchBucketPolicy', { members: { BucketName: bucket } })
    return { Policy: policy }
  }

/** Replaces a bucket's policy.
 *  @throws NoSuchBucket; MalformedPolicy with what is wrong with it; AccessDenied for a public one where those are blocked, and for one that would keep
 *    the caller from changing it again unless that is confirmed; MethodNotAllowed for another account than the owner's
 *  Source: AWS API reference, PutBucketPolicy */
export const putBucketPolicy =
  (store: Store, clock: Clock): Operation<'PutBucketPolicy'> =>
  async (input, call) => {
    const { Bucket: bucket = '', Policy: text = '' } = input
    await ownBucket(store, bucket, call.caller)
    const policy = read(text, bucket)
    if (input.ConfirmRemoveSelfBucketAccess !== true && locksOut(policy, bucket, call.caller.principal)) {
      throw new S3Error('AccessDenied', {
        message:
          'The policy would keep you from changing it again. If you mean that, say so with x-amz-confirm-remove-self-bucket-access: true.',
      })
    }
    await store.catalog.commit(setBucketPolicy, {
      bucket,
      policy: text,
      isPublic: policy.isPublic,
      now: clock.now(),
    })
    return {}
  }

/** Removes a bucket's policy; without one, nothing happens.
 *  @throws NoSuchBucket; MethodNotAllowed for another account than the owner's */
export const deleteBucketPolicy =
  (store: Store, clock: Clock): Operation<'DeleteBucketPolicy'> =>
  async (input, call) => {
    const bucket = input.Bucket ?? ''
    await ownBucket(store, bucket, call.caller)
    await store.catalog.commit(deleteBucketSetting, { bucket, setting, now: clock.now() })
    return {}
  }

/** Answers whether a bucket is public, by its policy or by a list that counts. Without either it is not: S3 answers NoSuchBucketPolicy to a bucket
 *  without a policy, and so says nothing of its list.
 *  @throws NoSuchBucket
 *  Source: AWS user guide, "The meaning of public" */
export const getBucketPolicyStatus =
  (store: Store): Operation<'GetBucketPolicyStatus'> =>
  async (input) => {
    const bucket = input.Bucket ?? ''
    const access = await store.catalog.read(bucketAccess, bucket)
    if (access === undefined) throw noSuchBucket(bucket)
    const { policy, acl, ownership, publicAccessBlock: block } = access
    const doListsCount = ownership !== 'BucketOwnerEnforced' && block?.IgnorePublicAcls !== true
    const isPublic = (policy !== undefined && read(policy, bucket).isPublic) || (doListsCount && isPublicList(acl))
    return { PolicyStatus: { IsPublic: isPublic } }
  }

/** @throws MalformedPolicy */
function read(text: string, bucket: string): Policy {
  try {
    return parsePolicy(text, 'bucket', { name: `bucket policy of ${bucket}`, bucket })
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error
    throw new S3Error('MalformedPolicy', { message: error.message, cause: error })
  }
}

/** "If you have the correct permissions, but you're not using an identity that belongs to the bucket owner's account, Amazon S3 returns a 405 Method Not
 *  Allowed error."
 *  @throws NoSuchBucket, MethodNotAllowed */
async function ownBucket(store: Store, bucket: string, { accountId, principal }: Caller) {
  const access = await store.catalog.read(bucketAccess, bucket)
  if (access === undefined) throw noSuchBucket(bucket)
  const isOperator = principal.kind === 'root' && principal.isOperator
  if (accountId !== access.owner.id && !isOperator) {
    throw new S3Error('MethodNotAllowed', { members: { ResourceType: 'BUCKETPOLICY' } })
  }
  return access
}
