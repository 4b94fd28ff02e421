// Access control lists as requests ask for them (a canned one, headers, or XML) and as answers show them. Pure.
// Source: AWS user guide, "Access control list (ACL) overview"; API reference, PutBucketAcl and PutObjectAcl.

import type { AccessControlPolicy, Grant, Owner } from '@aws-sdk/client-s3'
import type { AccessList, GroupName, Permission } from './access-list.js'
import { S3Error } from './errors.js'
import { askedInHeaders, type GrantHeaders } from './grant-headers.js'
import { groupOf, uriOf } from './list-groups.js'

/** What a request may ask for, in one of three ways. */
export interface AskedAcl extends GrantHeaders {
  readonly ACL?: string | undefined
  readonly AccessControlPolicy?: AccessControlPolicy | undefined
}

/** A grant as it is asked for. */
export type AskedGrant = { readonly permission: Permission } & (
  | { readonly id: string }
  | { readonly email: string }
  | { readonly group: GroupName }
)

/** What a request asks for. Structured-clonable. */
export type AskedList = { readonly canned: string } | { readonly grants: readonly AskedGrant[] }

/** What a request asks for, of accounts that are there. Structured-clonable. */
export type WantedList = { readonly canned: string } | { readonly grants: AccessList }

/** "An ACL can have up to 100 grants." */
export const grantsMax = 100

const permissions: ReadonlySet<string | undefined> = new Set<Permission>([
  'READ',
  'WRITE',
  'READ_ACP',
  'WRITE_ACP',
  'FULL_CONTROL',
])

const isPermission = (name: string | undefined): name is Permission => permissions.has(name)

/** Grants of each canned list beside the owner's; those of the bucket's owner are added where there is one. `aws-exec-read` grants to Amazon EC2, which
 *  is nobody here. "If you specify this canned ACL when creating a bucket, Amazon S3 ignores it" of the two for the bucket's owner. */
const cannedGrants: { readonly [canned: string]: AccessList } = {
  private: [],
  'public-read': [{ group: 'AllUsers', permission: 'READ' }],
  'public-read-write': [
    { group: 'AllUsers', permission: 'READ' },
    { group: 'AllUsers', permission: 'WRITE' },
  ],
  'authenticated-read': [{ group: 'AuthenticatedUsers', permission: 'READ' }],
  'aws-exec-read': [],
  'bucket-owner-read': [],
  'bucket-owner-full-control': [],
  'log-delivery-write': [
    { group: 'LogDelivery', permission: 'WRITE' },
    { group: 'LogDelivery', permission: 'READ_ACP' },
  ],
}

/** What a request asks for; undefined: no list.
 *  @throws InvalidRequest and UnexpectedContent for more than one way at once; InvalidArgument for a canned list, group or header nobody knows;
 *  MalformedACLError for XML that is no list */
export function askedList(input: AskedAcl, what: 'bucket' | 'object'): AskedList | undefined {
  const headers = askedInHeaders(input)
  const { ACL: canned, AccessControlPolicy: policy } = input
  if (canned !== undefined && headers !== undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'Specifying both Canned ACLs and Header Grants is not allowed',
    })
  }
  if (policy !== undefined) {
    if (canned !== undefined || headers !== undefined) throw new S3Error('UnexpectedContent')
    return { grants: grantsOfXml(policy) }
  }
  if (headers !== undefined) return { grants: requireFew(headers) }
  if (canned === undefined) return undefined
  const isKnown = Object.hasOwn(cannedGrants, canned) && !(what === 'object' && canned === 'log-delivery-write')
  if (isKnown) return { canned }
  throw new S3Error('InvalidArgument', {
    message: '',
    members: { ArgumentName: 'x-amz-acl', ArgumentValue: canned },
  })
}

/** What a Put…Acl asks for.
 *  @param ownerId who owns the bucket or object: XML has to say the same
 *  @throws MissingSecurityHeader when nothing is asked for, AccessDenied for another owner, and as `askedList` */
export function requireAskedList(input: AskedAcl, what: 'bucket' | 'object', ownerId: string): AskedList {
  const asked = askedList(input, what)
  if (asked === undefined) {
    throw new S3Error('MissingSecurityHeader', { members: { MissingHeaderName: 'x-amz-acl' } })
  }
  const stated = input.AccessControlPolicy?.Owner?.ID
  if (stated !== undefined && stated !== ownerId) throw new S3Error('AccessDenied')
  return asked
}

/** Where a list is to stand. */
export interface ListPlace {
  readonly what: 'bucket' | 'object'
  /** Canonical user id of the bucket's or the object's owner. */
  readonly ownerId: string
  readonly bucketOwnerId: string
}

/** The list that is wanted; undefined: the owner has full control and nobody else anything. */
export function listOf(wanted: WantedList, { what, ownerId, bucketOwnerId }: ListPlace): AccessList | undefined {
  if ('grants' in wanted) {
    const [only] = wanted.grants
    const isOwners =
      wanted.grants.length === 1 && only !== undefined && 'id' in only && only.id === ownerId && isFull(only)
    return isOwners ? undefined : wanted.grants
  }
  const toBucketOwner: AccessList =
    what === 'bucket' || bucketOwnerId === ownerId
      ? []
      : wanted.canned === 'bucket-owner-read'
        ? [{ id: bucketOwnerId, permission: 'READ' }]
        : wanted.canned === 'bucket-owner-full-control'
          ? [{ id: bucketOwnerId, permission: 'FULL_CONTROL' }]
          : []
  const others = [...(cannedGrants[wanted.canned] ?? []), ...toBucketOwner]
  return others.length === 0 ? undefined : [{ id: ownerId, permission: 'FULL_CONTROL' }, ...others]
}

const isFull = ({ permission }: { readonly permission: Permission }): boolean => permission === 'FULL_CONTROL'

/** Whether a list says what holds where lists do not count: that the bucket's owner has full control, and nobody else anything. "PUT requests that don't specify an
 *  ACL or PUT requests with bucket owner full control ACLs, such as the bucket-owner-full-control canned ACL or an equivalent form of this ACL
 *  expressed in XML". `private` says the same when the bucket's owner asks for it; S3 refuses it, and with it every upload of rclone 1.60, which always
 *  asks for it. Source: AWS user guide, "Controlling ownership of objects and disabling ACLs for your bucket"
 *  @param callerId canonical user id of who asks */
export function saysWhatHolds(wanted: WantedList, bucketOwnerId: string, callerId: string): boolean {
  if ('canned' in wanted) {
    return wanted.canned === 'bucket-owner-full-control' || (wanted.canned === 'private' && callerId === bucketOwnerId)
  }
  const { grants } = wanted
  return grants.length > 0 && grants.every((grant) => 'id' in grant && grant.id === bucketOwnerId && isFull(grant))
}

/** A list as S3 shows it, groups before accounts.
 *  @param names display names by canonical user id */
export function shownList(
  owner: { readonly id: string; readonly name: string },
  list: AccessList | undefined,
  names: ReadonlyMap<string, string>,
): { Owner: Owner; Grants: Grant[] } {
  const grants: AccessList = list ?? [{ id: owner.id, permission: 'FULL_CONTROL' }]
  const toGroups = grants.flatMap((grant): Grant[] =>
    'group' in grant ? [{ Grantee: { Type: 'Group', URI: uriOf(grant.group) }, Permission: grant.permission }] : [],
  )
  const toAccounts = grants.flatMap((grant): Grant[] =>
    'id' in grant
      ? [
          {
            Grantee: { Type: 'CanonicalUser', ID: grant.id, DisplayName: names.get(grant.id) ?? '' },
            Permission: grant.permission,
          },
        ]
      : [],
  )
  return { Owner: { ID: owner.id, DisplayName: owner.name }, Grants: [...toGroups, ...toAccounts] }
}

/** @throws MalformedACLError, InvalidArgument */
function grantsOfXml({ Owner: owner, Grants: grants = [] }: AccessControlPolicy): readonly AskedGrant[] {
  if (owner?.ID === undefined) throw new S3Error('MalformedACLError')
  return requireFew(grants.map(grantOfXml))
}

function grantOfXml({ Grantee: grantee, Permission: permission }: Grant): AskedGrant {
  if (!isPermission(permission)) throw new S3Error('MalformedACLError')
  if (grantee?.Type === 'CanonicalUser' && grantee.ID !== undefined) return { id: grantee.ID, permission }
  if (grantee?.Type === 'Group' && grantee.URI !== undefined) return { group: groupOf(grantee.URI), permission }
  if (grantee?.Type === 'AmazonCustomerByEmail' && grantee.EmailAddress !== undefined) {
    return { email: grantee.EmailAddress, permission }
  }
  throw new S3Error('MalformedACLError')
}

/** S3's schema has `maxOccurs="100"` there.
 *  @throws MalformedACLError */
function requireFew(grants: readonly AskedGrant[]): readonly AskedGrant[] {
  if (grants.length > grantsMax) {
    throw new S3Error('MalformedACLError', { message: `An ACL can have up to ${grantsMax} grants.` })
  }
  return grants
}
