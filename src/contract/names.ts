// What a bucket and a key may be called. Pure.

import { S3Error } from './errors.js'

/** Bytes of a key in UTF-8. Source: S3 User Guide, "Naming Amazon S3 objects". */
export const keySizeBytesMax = 1024

/** Characters of a bucket's name. Source: S3 User Guide, "General purpose bucket naming rules". */
const bucketNameLength = { min: 3, max: 63 } as const

/** "Bucket names can consist only of lowercase letters, numbers, periods, and hyphens … must begin and end with a letter or number." */
const bucketNameShape = /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/

/** "one or more labels. Adjacent labels are separated by a single period … Each label must start and end with a lowercase letter or a number":
 *  a host name's rule too. Source: S3 Developer Guide, "Rules for bucket naming", DNS-compliant names. */
const hasEmptyOrRaggedLabel = /\.\.|-\.|\.-/

const ipAddressShape = /^\d{1,3}(?:\.\d{1,3}){3}$/

/** "Bucket names must not start with the prefix …" */
const reservedPrefixes = ['xn--', 'sthree-', 'amzn-s3-demo-'] as const

/** "Bucket names must not end with the suffix …" */
const reservedSuffixes = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'] as const

/** Whether S3 would let a bucket be made under this name. */
export function isBucketName(name: string): boolean {
  return (
    name.length >= bucketNameLength.min &&
    name.length <= bucketNameLength.max &&
    bucketNameShape.test(name) &&
    !hasEmptyOrRaggedLabel.test(name) &&
    !ipAddressShape.test(name) &&
    !reservedPrefixes.some((prefix) => name.startsWith(prefix)) &&
    !reservedSuffixes.some((suffix) => name.endsWith(suffix))
  )
}

/** @throws InvalidBucketName with BucketName */
export function requireBucketName(name: string): void {
  if (!isBucketName(name)) throw new S3Error('InvalidBucketName', { members: { BucketName: name } })
}

/** @throws KeyTooLongError; InvalidArgument for an empty key */
export function requireKey(key: string): void {
  const size = Buffer.byteLength(key, 'utf8')
  if (size === 0) throw new S3Error('InvalidArgument', { message: 'A key must have at least one byte.' })
  if (size > keySizeBytesMax) {
    throw new S3Error('KeyTooLongError', { members: { Size: String(size), MaxSizeAllowed: String(keySizeBytesMax) } })
  }
}
