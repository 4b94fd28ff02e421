// DeleteBucket: a bucket without versions goes, and its configurations and uploads with it.

import type { Clock, Operation } from '../contract/operation.js'
import { deleteBucketRow } from '../store/catalog/delete-bucket.js'
import type { Store } from '../store/store.js'

/** Removes a bucket.
 *  @throws NoSuchBucket, BucketNotEmpty */
export const deleteBucket =
  (store: Store, clock: Clock): Operation<'DeleteBucket'> =>
  async (input) => {
    await store.catalog.commit(deleteBucketRow, { bucket: input.Bucket ?? '', now: clock.now() })
    return {}
  }
