// Whether a bucket is whose the caller takes it to be.

import { S3Error } from '../contract/errors.js'
import type { BucketRules } from './bucket-rules.js'

/** Compares `x-amz-expected-bucket-owner` or `x-amz-source-expected-bucket-owner` with the owner of a bucket that is there. AWS knows him by his account's
 *  number; the canonical id names him as surely.
 *  @throws AccessDenied
 *  Source: AWS user guide, "Verifying bucket ownership with bucket owner condition": "the request fails with an HTTP 403 Forbidden error" */
export function requireOwner(
  input: { readonly ExpectedBucketOwner?: unknown; readonly ExpectedSourceBucketOwner?: unknown },
  member: 'ExpectedBucketOwner' | 'ExpectedSourceBucketOwner',
  rules: BucketRules | undefined,
): void {
  const asked = input[member]
  if (asked === undefined || rules === undefined) return
  const { id, number } = rules.access.owner
  if (asked !== id && asked !== number) throw new S3Error('AccessDenied')
}
