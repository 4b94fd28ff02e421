// Conditions of reads and writes, and which refusal each one means. Pure: transactions ask here, so that nobody comes between.

import { S3Error } from './errors.js'
import { matchesETag } from './etag.js'

/** What conditions look at. */
export interface Validators {
  /** Bare. */
  readonly etag: string
  /** Ms since 1970. */
  readonly modifiedMs: number
}

/** A version as write conditions see it. */
export interface Current extends Validators {
  readonly isMarker: number
  /** Bytes. */
  readonly size: number
}

/** Conditions of a read, as the SDK names them. */
export interface ReadConditions {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
  readonly IfModifiedSince?: Date | undefined
  readonly IfUnmodifiedSince?: Date | undefined
}

/** Which conditions of a read do not hold. */
export type Unmet = 'If-Match' | 'If-Unmodified-Since' | 'If-None-Match' | 'If-Modified-Since'

/** The first condition that does not hold, in RFC 9110's order (13.2.2), which is S3's:
 *  "If-Match condition evaluates to true, and If-Unmodified-Since condition evaluates to false; then, S3 returns 200 OK";
 *  "If-None-Match condition evaluates to false, and If-Modified-Since condition evaluates to true; then, S3 returns 304". */
export function unmetCondition(conditions: ReadConditions, current: Validators): Unmet | undefined {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions
  if (IfMatch !== undefined) {
    if (!matchesETag(IfMatch, current.etag, 'strong')) return 'If-Match'
  } else if (IfUnmodifiedSince !== undefined && seconds(current.modifiedMs) > seconds(IfUnmodifiedSince.getTime())) {
    return 'If-Unmodified-Since'
  }
  if (IfNoneMatch !== undefined) {
    if (matchesETag(IfNoneMatch, current.etag, 'weak')) return 'If-None-Match'
  } else if (IfModifiedSince !== undefined && seconds(current.modifiedMs) <= seconds(IfModifiedSince.getTime())) {
    return 'If-Modified-Since'
  }
  return undefined
}

/** Refuses a read whose conditions do not hold.
 *  @param headers what a 304 tells beside its status, made only when it is needed
 *  @throws PreconditionFailed with Condition, NotModified */
export function requireReadable(
  conditions: ReadConditions,
  current: Validators,
  headers: () => Readonly<Record<string, string>>,
): void {
  const unmet = unmetCondition(conditions, current)
  if (unmet === undefined) return
  if (unmet === 'If-Match' || unmet === 'If-Unmodified-Since') throw failed(unmet)
  throw new S3Error('NotModified', { headers: headers() })
}

/** Whether a Range header counts: If-Range makes it depend on what the client has already. Otherwise the whole is answered.
 *  RFC 9110, 13.1.5: strong comparison of an entity tag; a date must be Last-Modified exactly. S3 honours it, though no SDK sends it. */
export function mayBePartial(
  { IfRange: validator }: { readonly IfRange?: string | undefined },
  current: Validators,
): boolean {
  if (validator === undefined) return true
  if (validator.startsWith('"') || validator.startsWith('W/')) return matchesETag(validator, current.etag, 'strong')
  return validator === current.etag || seconds(Date.parse(validator)) === seconds(current.modifiedMs)
}

/** Refuses a source whose conditions do not hold: for a copy every one of them is a 412.
 *  @param prefix of the headers' names ("x-amz-copy-source-")
 *  @throws PreconditionFailed with Condition */
export function requireSource(conditions: ReadConditions, current: Validators, prefix: string): void {
  const unmet = unmetCondition(conditions, current)
  if (unmet !== undefined) throw failed(`${prefix}${unmet}`)
}

/** The conditions on `x-amz-copy-source` of CopyObject and UploadPartCopy. */
export const copySourceConditions = (input: {
  readonly CopySourceIfMatch?: string | undefined
  readonly CopySourceIfNoneMatch?: string | undefined
  readonly CopySourceIfModifiedSince?: Date | undefined
  readonly CopySourceIfUnmodifiedSince?: Date | undefined
}): ReadConditions => ({
  IfMatch: input.CopySourceIfMatch,
  IfNoneMatch: input.CopySourceIfNoneMatch,
  IfModifiedSince: input.CopySourceIfModifiedSince,
  IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
})

/** Conditions of a write, checked inside its transaction. Structured-clonable. */
export interface WriteConditions {
  /** ETags, or "*". */
  readonly ifMatch?: string | undefined
  /** ETags that may not be there, or "*": nothing may be there. */
  readonly ifNoneMatch?: string | undefined
}

/** One ETag of a list, in quotes or bare, as many clients write it. */
const writtenETag = /^\s*(?:W\/)?(?:"[^"*]*"|[^\s"*]+)\s*$/

/** A write without conditions. */
export const unconditional: WriteConditions = {}

/** The conditions of PutObject, CompleteMultipartUpload and CopyObject. S3's If-None-Match "expects the '*' (asterisk) character" and answers 501 to
 *  ETags; here they mean what RFC 9110, 13.1.2, says: nothing is written over an object that has one of them.
 *  @throws NotImplemented for an If-None-Match that is neither "*" nor ETags: whoever means a lock by it must not write without one */
export function writeConditionsOf(input: {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
}): WriteConditions {
  const { IfMatch: ifMatch, IfNoneMatch: ifNoneMatch } = input
  if (ifMatch === undefined && ifNoneMatch === undefined) return unconditional
  if (ifNoneMatch === undefined) return { ifMatch }
  if (ifNoneMatch.trim() === '*') return { ifMatch, ifNoneMatch: '*' }
  if (ifNoneMatch.split(',').every((listed) => writtenETag.test(listed))) return { ifMatch, ifNoneMatch }
  throw new S3Error('NotImplemented', {
    members: {
      Header: 'If-None-Match',
      additionalMessage: "We don't accept the provided value of If-None-Match header for this API",
    },
  })
}

/** Refuses a write that its conditions do not allow. A delete marker counts as nothing.
 *  @param current the key's latest version
 *  @throws NoSuchKey when If-Match finds nothing, PreconditionFailed with Condition */
export function requireWritable(current: Current | undefined, onlyIf: WriteConditions, key: string): void {
  const isThere = current !== undefined && current.isMarker === 0
  if (onlyIf.ifMatch !== undefined) {
    if (!isThere) throw new S3Error('NoSuchKey', { members: { Key: key } })
    if (!matchesETag(onlyIf.ifMatch, current.etag, 'strong')) throw failed('If-Match')
  }
  if (onlyIf.ifNoneMatch !== undefined && isThere && matchesETag(onlyIf.ifNoneMatch, current.etag, 'weak')) {
    throw failed('If-None-Match')
  }
}

/** Conditions of a deletion. Structured-clonable. */
export interface DeleteConditions {
  /** ETags, or "*". */
  readonly ifMatch?: string | undefined
  /** Ms since 1970; compared in whole seconds, for HTTP dates know no shorter time. */
  readonly ifModifiedMs?: number | undefined
  /** Bytes. */
  readonly ifSize?: number | undefined
}

/** Refuses the deletion of a key that its conditions do not allow.
 *  "If the object doesn't exist when evaluating either of the preconditions, S3 rejects the request and returns a Not Found error response."
 *  A delete marker counts as nothing (measured: 404, where the guide says 412 in another place).
 *  @param current the key's latest version
 *  @throws NoSuchKey when If-Match finds nothing, PreconditionFailed with Condition */
export function requireKeyDeletable(current: Current | undefined, onlyIf: DeleteConditions, key: string): void {
  const isThere = current !== undefined && current.isMarker === 0
  if (onlyIf.ifMatch !== undefined && !isThere) throw new S3Error('NoSuchKey', { members: { Key: key } })
  requireDeletable(current, onlyIf)
}

/** Refuses a deletion that its conditions do not allow.
 *  "If the Size matches or if the object doesn't exist, the operation returns a 204": where nothing is, nothing is refused.
 *  @param current the version that is to go, or to be hidden: the latest, or the one that is named
 *  @throws PreconditionFailed with Condition */
export function requireDeletable(current: Current | undefined, onlyIf: DeleteConditions): void {
  if (current === undefined) return
  const { ifMatch, ifModifiedMs, ifSize } = onlyIf
  if (ifMatch !== undefined && !matchesETag(ifMatch, current.etag, 'strong')) throw failed('If-Match')
  if (ifModifiedMs !== undefined && seconds(ifModifiedMs) !== seconds(current.modifiedMs)) {
    throw failed('x-amz-if-match-last-modified-time')
  }
  if (ifSize !== undefined && (ifSize !== current.size || current.isMarker === 1)) throw failed('x-amz-if-match-size')
}

const failed = (condition: string): S3Error => new S3Error('PreconditionFailed', { members: { Condition: condition } })

const seconds = (ms: number): number => Math.floor(ms / 1000)
