// Rows of the catalog as IAM's API tells them.

import type * as Sdk from '@aws-sdk/client-iam'
import { iamArn } from '../contract/arns.js'
import type { ManagedPolicy } from '../contract/managed-policies.js'
import type { IdentityRow } from '../store/catalog/identity/identities.js'
import type { PolicyRow } from '../store/catalog/identity/policies.js'
import { type Tag, tagsOf } from '../store/catalog/identity/tags.js'

/** A document in an answer is "URL-encoded compliant with RFC 3986". */
export const encodedDocument = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

export const toTags = (tags: readonly Tag[]): Sdk.Tag[] => tags.map(([Key, Value]) => ({ Key, Value }))

/** Tags, where there are any. */
function optionalTags(tags: readonly Tag[]): { Tags?: Sdk.Tag[] } {
  return tags.length === 0 ? {} : { Tags: toTags(tags) }
}

function boundaryOf(arn: string | null): { PermissionsBoundary?: Sdk.AttachedPermissionsBoundary } {
  if (arn === null) return {}
  return { PermissionsBoundary: { PermissionsBoundaryType: 'PermissionsBoundaryPolicy', PermissionsBoundaryArn: arn } }
}

/** @param isWhole with tags and boundary, which lists leave out */
export const toUser = (row: IdentityRow, isWhole = true): Sdk.User => ({
  Path: row.path,
  UserName: row.name,
  UserId: row.id,
  Arn: iamArn(row.accountNumber, 'user', row.path, row.name),
  CreateDate: new Date(row.createdMs),
  ...(isWhole && boundaryOf(row.boundary)),
  ...(isWhole && optionalTags(tagsOf(row.tags))),
})

export const toGroup = (row: IdentityRow): Sdk.Group => ({
  Path: row.path,
  GroupName: row.name,
  GroupId: row.id,
  Arn: iamArn(row.accountNumber, 'group', row.path, row.name),
  CreateDate: new Date(row.createdMs),
})

/** @param isWhole as of `toUser` */
export const toRole = (row: IdentityRow, isWhole = true): Sdk.Role => ({
  Path: row.path,
  RoleName: row.name,
  RoleId: row.id,
  Arn: iamArn(row.accountNumber, 'role', row.path, row.name),
  CreateDate: new Date(row.createdMs),
  AssumeRolePolicyDocument: encodedDocument(row.trustPolicy ?? ''),
  ...(row.description !== null && { Description: row.description }),
  MaxSessionDuration: row.sessionSecondsMax ?? 0,
  ...(isWhole && boundaryOf(row.boundary)),
  ...(isWhole && optionalTags(tagsOf(row.tags))),
})

/** @param isWhole with description and tags, which lists leave out */
export const toPolicy = (row: PolicyRow, isWhole = true): Sdk.Policy => ({
  PolicyName: row.name,
  PolicyId: row.id,
  Arn: row.arn,
  Path: row.path,
  DefaultVersionId: `v${row.defaultVersion}`,
  AttachmentCount: row.attachments,
  PermissionsBoundaryUsageCount: row.boundaries,
  IsAttachable: true,
  ...(isWhole && row.description !== null && { Description: row.description }),
  CreateDate: new Date(row.createdMs),
  UpdateDate: new Date(row.updatedMs),
  ...(isWhole && optionalTags(tagsOf(row.tags))),
})

/** A policy that every account has, and how often it is used in one. */
export const toManagedPolicy = (
  policy: ManagedPolicy,
  uses: { readonly attachments: number; readonly boundaries: number },
  isWhole = true,
): Sdk.Policy => ({
  PolicyName: policy.name,
  PolicyId: policy.id,
  Arn: policy.arn,
  Path: policy.path,
  DefaultVersionId: 'v1',
  AttachmentCount: uses.attachments,
  PermissionsBoundaryUsageCount: uses.boundaries,
  IsAttachable: true,
  ...(isWhole && { Description: policy.description }),
  CreateDate: new Date(policy.createdMs),
  UpdateDate: new Date(policy.createdMs),
})

/** A managed policy somebody has. */
export const toAttached = (arn: string): Sdk.AttachedPolicy => ({
  PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
  PolicyArn: arn,
})
