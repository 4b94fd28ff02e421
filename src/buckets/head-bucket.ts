// HeadBucket: is it there, and where.

import type { Operation } from '../contract/operation.js'
import { bucketNamed } from '../store/catalog/find-bucket.js'
import type { Store } from '../store/store.js'

/** Answers a bucket's region.
 *  @throws NoSuchBucket */
export const headBucket =
  (store: Store): Operation<'HeadBucket'> =>
  async (input) => {
    const bucket = await store.catalog.read(bucketNamed, input.Bucket ?? '')
    return { BucketRegion: bucket.region, AccessPointAlias: false }
  }
