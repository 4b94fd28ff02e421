// Access control lists, as far as they say what holds anyway: the owner may do everything, and nobody else has a grant.

import type { AccessControlPolicy, Grant, Grantee, Owner } from '@aws-sdk/client-s3'
import { S3Error } from './errors.js'

/** What a Put…Acl asks for, in one of its three ways. */
export interface AskedAcl {
  readonly ACL?: string | undefined
  readonly AccessControlPolicy?: AccessControlPolicy | undefined
  readonly GrantFullControl?: string | undefined
  readonly GrantRead?: string | undefined
  readonly GrantReadACP?: string | undefined
  readonly GrantWrite?: string | undefined
  readonly GrantWriteACP?: string | undefined
}

/** The list that every bucket and object has: its owner's FULL_CONTROL. */
export const ownersAcl = (owner: Required<Owner>): { Owner: Owner; Grants: Grant[] } => ({
  Owner: owner,
  Grants: [{ Grantee: { Type: 'CanonicalUser', ...owner }, Permission: 'FULL_CONTROL' }],
})

/** Accepts a list that says what holds anyway.
 *  @param canned names of canned lists that say so
 *  @throws MissingSecurityHeader when nothing is asked for, AccessDenied for another owner, InvalidArgument and UnresolvableGrantByEmailAddress
 *  for a grantee nobody knows, NotImplemented for any other list */
export function requireOwnersAcl(asked: AskedAcl, ownerId: string, canned: readonly string[]): void {
  const grants = [asked.GrantFullControl, asked.GrantRead, asked.GrantReadACP, asked.GrantWrite, asked.GrantWriteACP]
  if (grants.some((grant) => grant !== undefined)) throw notImplemented()
  if (asked.ACL !== undefined) {
    if (!canned.includes(asked.ACL)) throw notImplemented()
    return
  }
  const policy = asked.AccessControlPolicy
  if (policy === undefined) {
    throw new S3Error('MissingSecurityHeader', { members: { MissingHeaderName: 'x-amz-acl' } })
  }
  if (policy.Owner?.ID !== undefined && policy.Owner.ID !== ownerId) throw new S3Error('AccessDenied')
  const given = policy.Grants ?? []
  for (const { Grantee: grantee } of given) requireKnown(grantee, ownerId)
  const isOwners = given.every(({ Grantee, Permission }) => Grantee?.ID === ownerId && Permission === 'FULL_CONTROL')
  if (given.length === 0 || !isOwners) throw notImplemented()
}

/** There is one account, so that everybody else is unknown. */
function requireKnown(grantee: Grantee | undefined, ownerId: string): void {
  if (grantee?.EmailAddress !== undefined) throw new S3Error('UnresolvableGrantByEmailAddress')
  if (grantee?.ID === undefined || grantee.ID === ownerId) return
  throw new S3Error('InvalidArgument', {
    message: 'Invalid id',
    members: { ArgumentName: 'CanonicalUser/ID', ArgumentValue: grantee.ID },
  })
}

const notImplemented = (): S3Error =>
  new S3Error('NotImplemented', { message: 'Access control lists other than private are not implemented.' })
