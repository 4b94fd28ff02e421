// Whose a new object is, and what its list grants: decided in the transaction that makes it, by what its bucket says then.
// Source: AWS user guide, "Controlling ownership of objects and disabling ACLs for your bucket"

import { isPublicList, listJson, type AccessList } from '../../contract/access-list.js'
import { listOf, saysWhatHolds, type WantedList } from '../../contract/acl.js'
import { anonymousId, type PublicAccessBlock } from '../../contract/bucket-access.js'
import { S3Error } from '../../contract/errors.js'
import { publicBlocked } from '../../contract/public-blocked.js'
import type { BucketRow } from './find-bucket.js'
import { one, statement, type Steps } from './steps.js'

/** Who writes an object, and the list that is wanted for it. */
export interface Writer {
  /** Canonical user id of who writes. */
  readonly ownerId: string
  readonly list?: WantedList | undefined
}

/** What it comes to. */
export interface NewObjectAccess {
  /** Canonical user id. */
  readonly ownerId: string
  /** JSON, as in `version`. */
  readonly acl: string | null
}

type OwnedBucket = Pick<BucketRow, 'id' | 'ownerId' | 'ownership'>

const blockOf = statement<{ bucketId: number }, { value: string }>(
  "SELECT value FROM bucket_setting WHERE bucket_id = :bucketId AND name = 'public-access-block'",
)

/** Whose it is: "bucket owner enforced: … the bucket owner automatically owns and has full control over every object"; "bucket owner preferred: the
 *  bucket owner owns … new objects that other accounts write to the bucket with the bucket-owner-full-control canned ACL"; else the writer. What
 *  nobody has signed is the bucket owner's too: S3 would leave it to whoever does not sign.
 *  @throws AccessControlListNotSupported where lists do not count; AccessDenied for a public list where those are blocked */
export function* newObjectAccess(
  bucket: OwnedBucket,
  { ownerId: writerId, list: wanted }: Writer,
): Steps<NewObjectAccess> {
  if (bucket.ownership === 'BucketOwnerEnforced') {
    requireNoList(bucket, wanted, writerId)
    return { ownerId: bucket.ownerId, acl: null }
  }
  const isGiven =
    writerId === anonymousId ||
    (bucket.ownership === 'BucketOwnerPreferred' &&
      wanted !== undefined &&
      'canned' in wanted &&
      wanted.canned === 'bucket-owner-full-control')
  const ownerId = isGiven ? bucket.ownerId : writerId
  if (wanted === undefined) return { ownerId, acl: null }
  const list = listOf(wanted, { what: 'object', ownerId, bucketOwnerId: bucket.ownerId })
  yield* requireUnblocked(bucket.id, list)
  return { ownerId, acl: listJson(list) }
}

/** Where lists do not count, none is taken but the one that says what holds.
 *  @param callerId canonical user id of who asks for it
 *  @throws AccessControlListNotSupported */
export function requireNoList(
  bucket: Pick<BucketRow, 'ownerId'>,
  wanted: WantedList | undefined,
  callerId: string,
): void {
  if (wanted !== undefined && !saysWhatHolds(wanted, bucket.ownerId, callerId)) {
    throw new S3Error('AccessControlListNotSupported')
  }
}

/** BlockPublicAcls: "PUT Bucket ACL and PUT Object ACL calls fail if the specified ACL is public"; "PUT Object calls fail if the request includes a
 *  public ACL".
 *  @throws AccessDenied */
export function* requireUnblocked(bucketId: number, list: AccessList | undefined): Steps<void> {
  if (!isPublicList(list)) return
  const row = yield* one(blockOf, { bucketId })
  // The row holds what `putPublicAccessBlock` has written.
  const block = row === undefined ? undefined : (JSON.parse(row.value) as PublicAccessBlock)
  if (block?.BlockPublicAcls === true) throw publicBlocked('BlockPublicAcls')
}
