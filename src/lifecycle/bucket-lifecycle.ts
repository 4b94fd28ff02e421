// PutBucketLifecycleConfiguration: rules are judged as S3 judges them. Nothing carries them out yet, so sound ones are not kept but answered 501:
// a rule that was taken and did nothing would leave, or lose, what its owner counts on.
// What GetBucketLifecycleConfiguration and DeleteBucketLifecycle answer meanwhile stands with the configurations that are never set.

import { S3Error } from '../contract/errors.js'
import type { Operation, Operations } from '../contract/operation.js'
import { bucketNamed } from '../store/catalog/find-bucket.js'
import type { Store } from '../store/store.js'
import { invalidRequest } from './refusals.js'
import { requireSoundRules } from './require-sound-rules.js'

/** Values of `x-amz-transition-default-minimum-object-size`. Source: AWS API reference, PutBucketLifecycleConfiguration. */
const minimumSizes: readonly string[] = ['all_storage_classes_128K', 'varies_by_storage_class']

/** Judges a configuration, and says that it cannot be kept.
 *  @throws NoSuchBucket; what `requireSoundRules` throws; InvalidRequest for an unknown minimum size; NotImplemented for a sound configuration */
const putBucketLifecycleConfiguration =
  (store: Store): Operation<'PutBucketLifecycleConfiguration'> =>
  async (input) => {
    await store.catalog.read(bucketNamed, input.Bucket ?? '')
    requireSoundRules(input.LifecycleConfiguration?.Rules ?? [])
    const minimumSize = input.TransitionDefaultMinimumObjectSize
    if (minimumSize !== undefined && !minimumSizes.includes(minimumSize)) {
      throw invalidRequest('Invalid TransitionDefaultMinimumObjectSize found')
    }
    throw new S3Error('NotImplemented', { message: 'PutBucketLifecycleConfiguration is not implemented.' })
  }

/** Operations that judge what they are given and do no more: for what they take, too, the answer is NotImplemented. */
export const judgingOperations = (store: Store) =>
  ({ PutBucketLifecycleConfiguration: putBucketLifecycleConfiguration(store) }) satisfies Operations
