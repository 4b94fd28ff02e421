// Headers whose values are a closed list, with the refusal S3 has for each. The model knows these lists as types only.

import * as Sdk from '@aws-sdk/client-s3'
import { S3Error } from '../../contract/errors.js'
import { invalidArgument, type TextReader } from './scalars.js'

interface Enumeration {
  readonly values: ReadonlySet<unknown>
  readonly refuse: (text: string) => S3Error
}

const argument = (name: string, values: object, message: string): [string, Enumeration] => [
  name,
  { values: new Set(Object.values(values)), refuse: (text) => invalidArgument(name, text, message) },
]

const request = (name: string, values: object, message: string): [string, Enumeration] => [
  name,
  { values: new Set(Object.values(values)), refuse: () => new S3Error('InvalidRequest', { message }) },
]

/** By header. Sentences as S3 answers them, some of them empty. */
const enumerations: ReadonlyMap<string, Enumeration> = new Map([
  argument('x-amz-acl', { ...Sdk.BucketCannedACL, ...Sdk.ObjectCannedACL, logDelivery: 'log-delivery-write' }, ''),
  argument('x-amz-metadata-directive', Sdk.MetadataDirective, 'Unknown metadata directive.'),
  argument('x-amz-tagging-directive', Sdk.TaggingDirective, 'Unknown tagging directive.'),
  argument('x-amz-object-attributes', Sdk.ObjectAttributes, 'Invalid attribute name specified.'),
  argument('x-amz-object-ownership', Sdk.ObjectOwnership, 'Invalid x-amz-object-ownership header'),
  argument('x-amz-object-lock-mode', Sdk.ObjectLockMode, 'Unknown wormMode directive.'),
  argument('x-amz-object-lock-legal-hold', Sdk.ObjectLockLegalHoldStatus, 'Legal Hold must be either of ON or OFF'),
  argument(
    'x-amz-server-side-encryption',
    Sdk.ServerSideEncryption,
    'The encryption method specified is not supported',
  ),
  request(
    'x-amz-checksum-algorithm',
    Sdk.ChecksumAlgorithm,
    `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${Object.values(Sdk.ChecksumAlgorithm).join(', ')}]`,
  ),
  request(
    'x-amz-sdk-checksum-algorithm',
    Sdk.ChecksumAlgorithm,
    'Value for x-amz-sdk-checksum-algorithm header is invalid.',
  ),
  request('x-amz-checksum-type', Sdk.ChecksumType, 'Value for x-amz-checksum-type header is invalid.'),
  [
    'x-amz-storage-class',
    {
      values: new Set(Object.values(Sdk.StorageClass)),
      refuse: (text) => new S3Error('InvalidStorageClass', { members: { StorageClassRequested: text } }),
    },
  ],
])

/** `read`, refusing what is not on the header's list; `read` itself where there is no list. */
export function requireEnumerated(read: TextReader, header: string): TextReader {
  const enumeration = enumerations.get(header)
  if (enumeration === undefined) return read
  return (text) => {
    const value = read(text)
    for (const one of Array.isArray(value) ? value : [value]) {
      if (!enumeration.values.has(one)) throw enumeration.refuse(text)
    }
    return value
  }
}
