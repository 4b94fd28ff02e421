// A bucket that a request names, and whose it is.

import { adminResource } from '../contract/admin-actions.js'
import { findAccount } from '../store/catalog/account.js'
import { findBucket } from '../store/catalog/find-bucket.js'
import { query } from '../store/catalog/steps.js'
import type { Store } from '../store/store.js'
import { AdminError } from './admin-error.js'
import { type Asked, isOperator } from './route.js'

/** A bucket as rights are asked for on it. */
export interface OwnedBucket {
  readonly name: string
  /** Canonical id. */
  readonly accountId: string
  /** "arn:aws:cairn::123456789012:bucket/photos" */
  readonly resource: string
}

/** A bucket and its owner, from one snapshot. */
const bucketOwner = query('bucketOwner', function* (name: string) {
  const bucket = yield* findBucket(name)
  return bucket === undefined ? undefined : yield* findAccount.steps(bucket.ownerId)
})

/** The bucket a request names.
 *  @throws AdminError NoSuchEntity to the operator, AccessDenied to all others, for whom buckets that are not theirs do not exist here */
export async function requireBucketOf(asked: Asked, store: Store, name: string): Promise<OwnedBucket> {
  const owner = await store.catalog.read(bucketOwner, name)
  if (owner !== undefined && (isOperator(asked) || owner.id === asked.account.id)) {
    return { name, accountId: owner.id, resource: adminResource(owner.number, `bucket/${name}`) }
  }
  if (isOperator(asked)) throw new AdminError('NoSuchEntity', `There is no bucket ${name}.`)
  throw new AdminError('AccessDenied', `Your account has no bucket ${name}.`)
}
