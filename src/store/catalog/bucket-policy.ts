// The policy of a bucket, as the text that was put.

import type { PublicAccessBlock } from '../../contract/bucket-access.js'
import { publicBlocked } from '../../contract/public-blocked.js'
import { raiseAccessNumber } from './access-number.js'
import { appendChange } from './append-change.js'
import { bucketSetting, setBucketSetting } from './bucket-setting.js'
import { requireBucket } from './find-bucket.js'
import { nextNumber } from './next-number.js'
import { transaction } from './steps.js'

/** A policy for a bucket. */
export interface SetBucketPolicy {
  readonly bucket: string
  /** JSON that has been read and found right. */
  readonly policy: string
  /** AWS's "The meaning of public". */
  readonly isPublic: boolean
  /** Ms since 1970. */
  readonly now: number
}

/** Replaces a bucket's policy. BlockPublicPolicy: "Amazon S3 rejects calls to PUT Bucket policy if the specified bucket policy allows public access".
 *  @throws NoSuchBucket; AccessDenied for a public policy where those are blocked */
export const setBucketPolicy = transaction('setBucketPolicy', function* (args: SetBucketPolicy) {
  const { id } = yield* requireBucket(args.bucket)
  if (args.isPublic) {
    const json = yield* bucketSetting.steps({ bucket: args.bucket, setting: 'public-access-block' })
    // The row holds what `putPublicAccessBlock` or `createBucket` has written.
    const block = json === undefined ? undefined : (JSON.parse(json) as PublicAccessBlock)
    if (block?.BlockPublicPolicy === true) throw publicBlocked('BlockPublicPolicy')
  }
  yield* setBucketSetting(id, 'policy', args.policy)
  yield* appendChange({ number: yield* nextNumber(), time: args.now, kind: 'setting', bucketId: id })
  yield* raiseAccessNumber()
})
