// One right, and the shapes in which most operations need one. Pure.

import type { Input, OperationName } from '../operation.js'

/** A bucket, or an object (version) in it. Neither bucket nor key: the service itself (ListBuckets). */
export interface Target {
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  readonly versionId?: string | undefined
}

/** One thing that must be allowed. */
export interface Right {
  /** "s3:GetObject" */
  readonly action: string
  /** "arn:aws:s3:::bucket/key" */
  readonly resource: string
  /** What `resource` names. The version is that of a source where it is one. */
  readonly target: Target
  /** Set where it is needed only if the source of a copy has tags, which are copied along: "If the source object has tags, you must have the
   *  s3:GetObjectTagging permission, and s3:PutObjectTagging in the destination" (S3 API reference, CopyObject). Whoever is refused it looks whether there
   *  are any. */
  readonly isForSourceTags?: true
}

/** What an operation needs, of its target and what is known of its input. */
export type RightsOf<Name extends OperationName> = (target: Target, input: Partial<Input<Name>>) => readonly Right[]

/** "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/key". Source: Service Authorization Reference, "Resource types defined by Amazon S3" */
export const arnOf = ({ bucket, key }: Target): string =>
  key === undefined ? `arn:aws:s3:::${bucket ?? '*'}` : `arn:aws:s3:::${bucket ?? '*'}/${key}`

/** @param action "s3:GetObject" */
export const right = (action: string, target: Target): Right => ({ action, resource: arnOf(target), target })

/** An action on a bucket. */
export const onBucket =
  (action: string) =>
  ({ bucket }: Target): readonly Right[] => [right(action, { bucket })]

/** An action on a key, whatever its versions. */
export const onKey =
  (action: string) =>
  ({ bucket, key }: Target): readonly Right[] => [right(action, { bucket, key })]

/** An action on the latest version, or another one on the version that is named. */
export const onVersion =
  (action: string, ofVersion: string) =>
  ({ bucket, key, versionId }: Target): readonly Right[] => [
    versionId === undefined ? right(action, { bucket, key }) : right(ofVersion, { bucket, key, versionId }),
  ]

/** What DeleteObjects needs for one of its entries, and DeleteObject for its own.
 *  @param bypassesGovernance `x-amz-bypass-governance-retention` */
export function rightsOfDelete(target: Target, bypassesGovernance?: boolean): readonly Right[] {
  const { bucket, key, versionId } = target
  if (versionId === undefined) return [right('s3:DeleteObject', { bucket, key })]
  const own = right('s3:DeleteObjectVersion', target)
  return bypassesGovernance === true ? [own, right('s3:BypassGovernanceRetention', target)] : [own]
}

/** What somebody needs to be told that a key is not there, and not only that he may not have it: to list what begins with it. "If you have the s3:ListBucket
 *  permission on the bucket, Amazon S3 returns an HTTP status code 404 … If you don't …, 403" (S3 API reference, GetObject). Its target has the key, which is the
 *  `s3:prefix` that conditions see. */
export const rightToKnowMissing = ({ bucket, key }: Target): Right => ({
  action: 's3:ListBucket',
  resource: arnOf({ bucket }),
  target: { bucket, key },
})
