// What operations on objects and uploads need. Pure.

import { type CopySource, copySourceOf, renameSourceOf } from '../copy-source.js'
import type { OperationName } from '../operation.js'
import { asksForList } from './bucket-rights.js'
import { onKey, onVersion, type Right, right, rightsOfDelete, type RightsOf, type Target } from './right.js'

/** Members of what makes an object that need a right of their own. */
interface Asked {
  readonly ACL?: unknown
  readonly GrantFullControl?: unknown
  readonly GrantRead?: unknown
  readonly GrantReadACP?: unknown
  readonly GrantWriteACP?: unknown
  readonly Tagging?: unknown
  readonly ObjectLockMode?: unknown
  readonly ObjectLockRetainUntilDate?: unknown
  readonly ObjectLockEventHold?: unknown
  readonly ObjectLockEventHoldDurationDays?: unknown
  readonly ObjectLockEventHoldDurationYears?: unknown
  readonly ObjectLockLegalHoldStatus?: unknown
}

/** Source: S3 API reference, PutObject, "Permissions": s3:PutObjectAcl "to successfully change the object's acl", s3:PutObjectTagging "to successfully set
 *  the tag-set"; Object Lock headers need s3:PutObjectRetention and s3:PutObjectLegalHold (S3 User Guide, "Configuring S3 Object Lock"). */
function makesObject({ bucket, key }: Target, input: Asked): Right[] {
  const target = { bucket, key }
  const rights = [right('s3:PutObject', target)]
  if (asksForList(input)) rights.push(right('s3:PutObjectAcl', target))
  if (input.Tagging !== undefined) rights.push(right('s3:PutObjectTagging', target))
  if (
    input.ObjectLockMode !== undefined ||
    input.ObjectLockRetainUntilDate !== undefined ||
    input.ObjectLockEventHold !== undefined ||
    input.ObjectLockEventHoldDurationDays !== undefined ||
    input.ObjectLockEventHoldDurationYears !== undefined
  ) {
    rights.push(right('s3:PutObjectRetention', target))
  }
  if (input.ObjectLockLegalHoldStatus !== undefined) rights.push(right('s3:PutObjectLegalHold', target))
  return rights
}

/** "You must have read access to the source object": of exactly the version that will be opened (security rule 5). */
const reads = (source: CopySource): Right =>
  right(source.versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', source)

const copyObject: RightsOf<'CopyObject'> = (target, input) => {
  const rights = makesObject(target, input)
  if (input.CopySource === undefined) return rights
  const source = copySourceOf(input.CopySource)
  rights.push(reads(source))
  if (input.TaggingDirective !== 'REPLACE') {
    const { bucket, key } = target
    const readsTags = source.versionId === undefined ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging'
    rights.push(
      { ...right(readsTags, source), isForSourceTags: true },
      { ...right('s3:PutObjectTagging', { bucket, key }), isForSourceTags: true },
    )
  }
  return rights
}

const uploadPartCopy: RightsOf<'UploadPartCopy'> = ({ bucket, key }, input) => {
  const own = right('s3:PutObject', { bucket, key })
  return input.CopySource === undefined ? [own] : [own, reads(copySourceOf(input.CopySource))]
}

/** On AWS only directory buckets rename, by s3express:CreateSession alone. Here it is what it does: an object is read and removed where it was, and made
 *  where it goes. */
const renameObject: RightsOf<'RenameObject'> = ({ bucket, key }, input) => {
  const own = right('s3:PutObject', { bucket, key })
  if (input.RenameSource === undefined || bucket === undefined) return [own]
  const source = renameSourceOf(input.RenameSource, bucket)
  return [own, reads(source), right('s3:DeleteObject', source)]
}

/** "If you use a version ID: s3:GetObjectVersion and s3:GetObjectVersionAttributes, else s3:GetObject and s3:GetObjectAttributes" (S3 API reference,
 *  GetObjectAttributes). */
const getObjectAttributes: RightsOf<'GetObjectAttributes'> = ({ bucket, key, versionId }) => {
  const target = versionId === undefined ? { bucket, key } : { bucket, key, versionId }
  return versionId === undefined
    ? [right('s3:GetObjectAttributes', target), right('s3:GetObject', target)]
    : [right('s3:GetObjectVersionAttributes', target), right('s3:GetObjectVersion', target)]
}

/** "s3:BypassGovernanceRetention" with the header of that name. */
const putObjectRetention: RightsOf<'PutObjectRetention'> = (target, input) => {
  const own = right('s3:PutObjectRetention', target)
  return input.BypassGovernanceRetention === true ? [own, right('s3:BypassGovernanceRetention', target)] : [own]
}

const onTarget =
  (action: string) =>
  (target: Target): readonly Right[] => [right(action, target)]

/** Operations whose target is an object or an upload. */
export const objectRights = {
  AbortMultipartUpload: onKey('s3:AbortMultipartUpload'),
  CompleteMultipartUpload: onKey('s3:PutObject'),
  CopyObject: copyObject,
  CreateMultipartUpload: makesObject,
  DeleteObject: (target, input) => rightsOfDelete(target, input.BypassGovernanceRetention),
  DeleteObjectAnnotation: onVersion('s3:DeleteObjectAnnotation', 's3:DeleteObjectVersionAnnotation'),
  DeleteObjectTagging: onVersion('s3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging'),
  // Each of its entries is asked about by itself: `rightsOfDelete`.
  DeleteObjects: () => [],
  GetObject: onVersion('s3:GetObject', 's3:GetObjectVersion'),
  GetObjectAcl: onVersion('s3:GetObjectAcl', 's3:GetObjectVersionAcl'),
  GetObjectAnnotation: onVersion('s3:GetObjectAnnotation', 's3:GetObjectVersionAnnotation'),
  GetObjectAttributes: getObjectAttributes,
  GetObjectLegalHold: onTarget('s3:GetObjectLegalHold'),
  GetObjectRetention: onTarget('s3:GetObjectRetention'),
  GetObjectTagging: onVersion('s3:GetObjectTagging', 's3:GetObjectVersionTagging'),
  GetObjectTorrent: onVersion('s3:GetObjectTorrent', 's3:GetObjectVersionTorrent'),
  HeadObject: onVersion('s3:GetObject', 's3:GetObjectVersion'),
  ListObjectAnnotations: onVersion('s3:ListObjectAnnotations', 's3:ListObjectVersionAnnotations'),
  ListParts: onKey('s3:ListMultipartUploadParts'),
  PutObject: makesObject,
  PutObjectAcl: onVersion('s3:PutObjectAcl', 's3:PutObjectVersionAcl'),
  PutObjectAnnotation: onVersion('s3:PutObjectAnnotation', 's3:PutObjectVersionAnnotation'),
  PutObjectLegalHold: onTarget('s3:PutObjectLegalHold'),
  PutObjectRetention: putObjectRetention,
  PutObjectTagging: onVersion('s3:PutObjectTagging', 's3:PutObjectVersionTagging'),
  RenameObject: renameObject,
  RestoreObject: onTarget('s3:RestoreObject'),
  SelectObjectContent: onTarget('s3:GetObject'),
  UpdateObjectEncryption: onTarget('s3:UpdateObjectEncryption'),
  UploadPart: onKey('s3:PutObject'),
  UploadPartCopy: uploadPartCopy,
} satisfies { readonly [Name in OperationName]?: RightsOf<Name> }
