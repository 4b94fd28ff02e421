// May this caller do this? The one place that decides; nothing is allowed that is not allowed here.

import { S3Error } from '../contract/errors.js'
import type { Caller, OperationName } from '../contract/operation.js'
import type { Authenticated } from './caller.js'

/** A bucket, or an object (version) in it. Neither bucket nor key: the service itself (ListBuckets). */
export interface Target {
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  readonly versionId?: string | undefined
}

/** What an operation touches. */
export interface Resource extends Target {
  /** Objects read beside it: the source of CopyObject, UploadPartCopy, RenameObject, parsed once; the operation opens exactly these. */
  readonly sources?: readonly Target[] | undefined
}

/** Verified facts about the request. Security rule 6: "Condition keys come from verified context". */
export interface Context {
  readonly by: Authenticated['by']
  readonly remoteAddress: string
  readonly isSecure: boolean
}

/** One thing a caller wants to do to one target. */
export interface Right extends Target {
  readonly operation: OperationName | 'GetObjectVersion'
}

/** Everything `operation` needs: itself on its target, and reading each source.
 *  Source: AWS API reference, CopyObject: "You must have read access to the source object and write access to the destination bucket" */
export function rightsOf(operation: OperationName, resource: Resource): Right[] {
  const { bucket, key, versionId, sources = [] } = resource
  const rights: Right[] = [{ operation, bucket, key, versionId }]
  for (const source of sources) {
    rights.push({ operation: source.versionId === undefined ? 'GetObject' : 'GetObjectVersion', ...source })
  }
  return rights
}

/** Answers when `caller` has every right that `operation` on `resource` needs.
 *  @throws AccessDenied */
export function authorize(caller: Caller, operation: OperationName, resource: Resource, context: Context): void {
  for (const right of rightsOf(operation, resource)) {
    if (!isAllowed(caller, right, context)) throw new S3Error('AccessDenied')
  }
}

/** The root account may do everything; everybody else nothing. */
function isAllowed(caller: Caller, _right: Right, _context: Context): boolean {
  return caller.isRoot === true
}
