// Access control lists as they are kept and decided upon: who is granted what by a bucket or by an object. Pure.
// Source: AWS user guide, "Access control list (ACL) overview".

/** What a grant gives. */
export type Permission = 'READ' | 'WRITE' | 'READ_ACP' | 'WRITE_ACP' | 'FULL_CONTROL'

/** S3's predefined groups: everybody, everybody who signs, and the writer of access logs. */
export type GroupName = 'AllUsers' | 'AuthenticatedUsers' | 'LogDelivery'

/** A permission, and whom it is given to: an account by its canonical user id, or a group. JSON as it is. */
export type ListGrant =
  | { readonly id: string; readonly permission: Permission }
  | { readonly group: GroupName; readonly permission: Permission }

/** All that is granted, the owner's grant too where it has one. At most 100 grants. JSON as it is. */
export type AccessList = readonly ListGrant[]

/** The list everything begins with: its owner's FULL_CONTROL. */
export const ownersList = (ownerId: string): AccessList => [{ id: ownerId, permission: 'FULL_CONTROL' }]

/** What an action asks of which list: the bucket's, or the object's. */
export interface ListedRight {
  readonly list: 'bucket' | 'object'
  readonly permission: Exclude<Permission, 'FULL_CONTROL'>
}

/** "Mapping of ACL permissions and access policy permissions". WRITE on an object says nothing. What stands in no list, lists do not grant. */
const rights: ReadonlyMap<string, ListedRight> = new Map([
  ['s3:ListBucket', { list: 'bucket', permission: 'READ' }],
  ['s3:ListBucketVersions', { list: 'bucket', permission: 'READ' }],
  ['s3:ListBucketMultipartUploads', { list: 'bucket', permission: 'READ' }],
  ['s3:PutObject', { list: 'bucket', permission: 'WRITE' }],
  ['s3:DeleteObject', { list: 'bucket', permission: 'WRITE' }],
  ['s3:DeleteObjectVersion', { list: 'bucket', permission: 'WRITE' }],
  ['s3:GetBucketAcl', { list: 'bucket', permission: 'READ_ACP' }],
  ['s3:PutBucketAcl', { list: 'bucket', permission: 'WRITE_ACP' }],
  ['s3:GetObject', { list: 'object', permission: 'READ' }],
  ['s3:GetObjectVersion', { list: 'object', permission: 'READ' }],
  ['s3:GetObjectAcl', { list: 'object', permission: 'READ_ACP' }],
  ['s3:GetObjectVersionAcl', { list: 'object', permission: 'READ_ACP' }],
  ['s3:PutObjectAcl', { list: 'object', permission: 'WRITE_ACP' }],
  ['s3:PutObjectVersionAcl', { list: 'object', permission: 'WRITE_ACP' }],
])

/** What lists can say of an action ("s3:GetObject"); undefined: nothing. */
export const listedRightOf = (action: string): ListedRight | undefined => rights.get(action)

/** Who asks a list, and what is not to count. */
export interface ListQuestion {
  /** "s3:GetObject" */
  readonly action: string
  /** Canonical user id of the caller's account; undefined: nobody signed. */
  readonly callerId: string | undefined
  /** IgnorePublicAcls: what is granted to everybody does not count. */
  readonly ignoresPublic: boolean
}

/** Whether a list grants an action. Whoever owns a thing may read and write its list, whatever that says.
 *  "In addition, when the grantee is the bucket owner, granting WRITE permission in a bucket ACL allows the s3:DeleteObjectVersion action".
 *  @param list the bucket's or the object's, as `listedRightOf` says; undefined: `ownersList`
 *  @param ownerId canonical user id of the bucket's or the object's owner */
export function listAllows(list: AccessList | undefined, ownerId: string, question: ListQuestion): boolean {
  const { action, callerId, ignoresPublic } = question
  const right = listedRightOf(action)
  if (right === undefined) return false
  const isOwner = callerId === ownerId
  if (isOwner && (right.permission === 'READ_ACP' || right.permission === 'WRITE_ACP')) return true
  if (!isOwner && action === 's3:DeleteObjectVersion') return false
  if (list === undefined) return isOwner
  return list.some(
    (grant) =>
      (grant.permission === right.permission || grant.permission === 'FULL_CONTROL') &&
      ('id' in grant ? grant.id === callerId : !ignoresPublic && isMember(callerId, grant.group)),
  )
}

/** Whether a list grants an action to a group the caller is of: to everybody, or to everybody who signed.
 *  @param callerId as in `ListQuestion` */
export function groupsAllow(list: AccessList | undefined, action: string, callerId: string | undefined): boolean {
  const right = listedRightOf(action)
  if (list === undefined || right === undefined || action === 's3:DeleteObjectVersion') return false
  return list.some(
    (grant) =>
      'group' in grant &&
      (grant.permission === right.permission || grant.permission === 'FULL_CONTROL') &&
      isMember(callerId, grant.group),
  )
}

/** Everybody is of AllUsers, whoever signed also of AuthenticatedUsers; nobody who sends requests is of LogDelivery. */
const isMember = (callerId: string | undefined, group: GroupName): boolean =>
  group === 'AllUsers' || (group === 'AuthenticatedUsers' && callerId !== undefined)

/** Whether a list lets everybody in. "Amazon S3 considers a bucket or object ACL public if it grants any permissions to members of the predefined
 *  AllUsers or AuthenticatedUsers groups." Source: AWS user guide, "The meaning of public". */
export const isPublicList = (list: AccessList | undefined): boolean =>
  list !== undefined && list.some((grant) => 'group' in grant && grant.group !== 'LogDelivery')

/** Whether a list says no more than that its owner has full control. */
export const isOwnersList = (list: AccessList | undefined, ownerId: string): boolean =>
  list === undefined || list.every((grant) => 'id' in grant && grant.id === ownerId)

/** A list as it is kept: undefined, the owner's, is NULL. */
export const listJson = (list: AccessList | undefined): string | null =>
  list === undefined ? null : JSON.stringify(list)

/** The list of a row. */
export const listOfJson = (json: string | null | undefined): AccessList | undefined =>
  // The row holds what `listJson` has written.
  json === null || json === undefined ? undefined : (JSON.parse(json) as AccessList)
