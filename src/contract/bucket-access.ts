// What a bucket and an object say about who may use them: the nouns that are stored, shown and decided upon.

import type { AccountName } from './access.js'
import type { AccessList } from './access-list.js'

/** Whose the objects of a bucket are, and whether lists count. Source: AWS user guide, "Controlling ownership of objects and disabling ACLs". */
export type ObjectOwnership = (typeof objectOwnerships)[number]

/** Every kind of ownership. */
export const objectOwnerships = ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'] as const

/** Whether a request's text is a kind of ownership. */
export const isObjectOwnership = (text: string | undefined): text is ObjectOwnership =>
  objectOwnerships.some((name) => name === text)

/** Who pays, and says so. */
export type Payer = 'BucketOwner' | 'Requester'

/** What of a bucket's policy and lists is not to count. Source: AWS user guide, "Blocking public access to your Amazon S3 storage". */
export interface PublicAccessBlock {
  /** Refuse to store lists that let everybody in. */
  readonly BlockPublicAcls: boolean
  /** Let no list that lets everybody in count. */
  readonly IgnorePublicAcls: boolean
  /** Refuse to store policies that let everybody in. */
  readonly BlockPublicPolicy: boolean
  /** Let nobody but the owner's account in by a policy that lets everybody in. */
  readonly RestrictPublicBuckets: boolean
}

/** All of it: what a new bucket has. */
export const everythingBlocked: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
}

/** What a bucket says of access. Structured-clonable. */
export interface BucketAccess {
  /** Of the row; never used twice. */
  readonly id: number
  readonly name: string
  readonly owner: AccountName
  readonly ownership: ObjectOwnership
  /** The policy's text as it was put; undefined: none. */
  readonly policy: string | undefined
  /** undefined: `ownersList` of the owner. With 'BucketOwnerEnforced' it does not count. */
  readonly acl: AccessList | undefined
  /** undefined: nothing is blocked. */
  readonly publicAccessBlock: PublicAccessBlock | undefined
  readonly payer: Payer
}

/** What a version of a key says of access. Structured-clonable. */
export interface ObjectAccess {
  /** Of the row; a change of its tags or list makes another. */
  readonly rowId: number
  /** Canonical user id: the bucket owner's, whoever wrote it, with 'BucketOwnerEnforced'. */
  readonly ownerId: string
  /** undefined: `ownersList` of the owner. With 'BucketOwnerEnforced' it does not count. */
  readonly acl: AccessList | undefined
  /** By key. */
  readonly tags: ReadonlyMap<string, string>
  readonly isMarker: boolean
}

/** Canonical user id of whoever did not sign. Source: AWS user guide, "Access control list (ACL) overview" */
export const anonymousId = '65a011a29cdf8ec533ec3d1ccaae921c'
