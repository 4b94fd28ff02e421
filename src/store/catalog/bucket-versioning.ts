// Turns a bucket's versioning on, or suspends it. What that means for a key is insert-version.ts's business.

import { appendChange } from './append-change.js'
import { requireBucket, type Versioning } from './find-bucket.js'
import { nextNumber } from './next-number.js'
import { run, statement, transaction } from './steps.js'

/** The new state; a bucket never goes back to 'Off'. */
export interface SetBucketVersioning {
  readonly bucket: string
  readonly versioning: Exclude<Versioning, 'Off'>
  /** Ms since 1970. */
  readonly now: number
}

const set = statement<{ id: number; versioning: string }>('UPDATE bucket SET versioning = :versioning WHERE id = :id')

/** Sets a bucket's versioning.
 *  @throws NoSuchBucket */
export const setBucketVersioning = transaction('setBucketVersioning', function* (args: SetBucketVersioning) {
  const bucket = yield* requireBucket(args.bucket)
  if (bucket.versioning === args.versioning) return
  yield* run(set, { id: bucket.id, versioning: args.versioning })
  yield* appendChange({ number: yield* nextNumber(), time: args.now, kind: 'setting', bucketId: bucket.id })
})
