// Where S3 departs from its own published model. Each entry names its source; each has a test of its own (quirks.test.ts).
// Not here, because operations see to it: encoding-type=url, 200 with an error inside, and which configurations are 404 when unset.

import type { ErrorCode } from '../../contract/errors.js'
import type { OperationName } from '../../contract/operation.js'

/** Statuses of success that differ from the model's.
 *  AWS API reference, PutBucketPolicy, sample response: "HTTP/1.1 204 No Content"; minio-js takes nothing else. */
export const statusQuirks: { readonly [Name in OperationName]?: number } = { PutBucketPolicy: 204 }

/** The operation whose path is its name and neither bucket nor key. Source: AWS API reference. */
export const wholePathOperation = 'WriteGetObjectResponse' satisfies OperationName

/** A parameter that tells apart operations the model tells apart by `x-id` (or by another endpoint) only. */
export const routeQuirks: { readonly [Name in OperationName]?: string } = {
  ListDirectoryBuckets: 'max-directory-buckets',
}

/** Operations that S3 refuses without `Content-MD5` or an `x-amz-checksum-…` header or trailer: "Missing required header for this
 *  request: Content-MD5 OR x-amz-checksum-*". SDKs protect more payloads than these; clients that do not are served by S3 as well.
 *  Source: AWS API reference, "Content-MD5 … is required" of each; minio-js sends Content-MD5 to exactly such operations. */
export const requiringChecksum: ReadonlySet<OperationName> = new Set<OperationName>([
  'DeleteObjects',
  'PutBucketCors',
  'PutBucketLifecycleConfiguration',
  'PutBucketReplication',
  'PutBucketTagging',
  'PutObjectLegalHold',
  'PutObjectLockConfiguration',
  'PutObjectRetention',
])

/** Optional in the model, yet S3 does nothing without: an empty payload is refused. Source: AWS API reference of each. */
const payloadNeeded: ReadonlySet<OperationName> = new Set<OperationName>([
  'PutObjectLegalHold',
  'PutObjectLockConfiguration',
  'PutObjectRetention',
  'RestoreObject',
])

/** How an empty payload is refused; undefined where it is allowed (CreateBucket, PutBucketAcl with an ACL in headers).
 *  AWS, "Error responses": "MissingRequestBodyError: This happens when the user sends an empty XML document as a request."
 *  CompleteMultipartUpload answers MalformedXML (ceph/s3-tests, test_multipart_upload_empty, passes on AWS). */
export function emptyBodyCode(name: OperationName, isRequired: boolean): ErrorCode | undefined {
  if (name === 'CompleteMultipartUpload') return 'MalformedXML'
  return isRequired || payloadNeeded.has(name) ? 'MissingRequestBodyError' : undefined
}

/** What a header does to the input beside setting its own member. */
export type HeaderQuirk = (text: string, input: Record<string, unknown>) => void

/** `Expires` is a date in the model but any text to S3, kept and given back as it came ("0", "-1"): the SDKs' outputs have
 *  `ExpiresString` for it since 2024, and inputs have it here.
 *  `Content-Encoding: aws-chunked` describes the transfer. AWS, "SigV4 streaming": "Amazon S3 stores the resulting object without the
 *  aws-chunked value in the content-encoding header." */
export const headerQuirks: { readonly [header: string]: HeaderQuirk } = {
  expires: (text, input) => {
    input['ExpiresString'] = text
  },
  'content-encoding': (text, input) => {
    if (!/aws-chunked/i.test(text)) return
    const rest = text.split(',').map((coding) => coding.trim())
    const codings = rest.filter((coding) => coding !== '' && coding.toLowerCase() !== 'aws-chunked')
    if (codings.length === 0) delete input['ContentEncoding']
    else input['ContentEncoding'] = codings.join(', ')
  },
}

/** `ETag` is quoted everywhere, headers and XML alike, but in the answer of GetObjectAttributes.
 *  Source: AWS API reference, samples of CopyObject, ListObjectsV2, ListParts ("&quot;…&quot;"); versitygw issue 1114 for the bare one. */
export const hasQuotedEtag = (name: OperationName): boolean => name !== 'GetObjectAttributes'

/** An entity tag without the quotes it may have. */
export const bareEtag = (etag: string): string =>
  etag.startsWith('"') && etag.endsWith('"') ? etag.slice(1, -1) : etag

/** GetBucketLocation's element is itself the value, and empty for us-east-1.
 *  AWS API reference: "Buckets in Region us-east-1 have a LocationConstraint of null." */
export const locationText = (constraint: unknown): string =>
  typeof constraint !== 'string' || constraint === 'us-east-1' ? '' : constraint

/** Content types of payloads that are no XML. AWS API reference, GetBucketPolicy: the body is the policy in JSON. */
export const textContentType: { readonly [Name in OperationName]?: string } = { GetBucketPolicy: 'application/json' }

/** A partial answer. AWS API reference, GetObject: "HTTP/1.1 206 Partial Content", for ranges and part numbers, HEAD included. */
export const partialStatus = 206
