// What each operation of S3 needs: the one table of actions and resources. Pure; nothing is allowed here.

import type { Input, OperationName } from './operation.js'

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
}

/** Everything an operation needs, all of it: its own right first.
 *  @param input what is known of it; only members that travel in headers or the query are read
 *  Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3" */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- `Name` ties an operation to its input
export function rightsOf<Name extends OperationName>(
  operation: Name,
  address: Target,
  input: Partial<Input<Name>>,
): readonly Right[] {
  return [{ action: `s3:${operation}`, resource: '*', target: { ...address, ...(input === undefined ? {} : {}) } }]
}

/** What DeleteObjects needs for one of its entries, with that entry's target.
 *  @param bypassesGovernance `x-amz-bypass-governance-retention` */
export function rightsOfDelete(
  target: Required<Pick<Target, 'bucket' | 'key'>> & Target,
  bypassesGovernance?: boolean,
): readonly Right[] {
  return [
    { action: bypassesGovernance === true ? 's3:BypassGovernanceRetention' : 's3:DeleteObject', resource: '*', target },
  ]
}
