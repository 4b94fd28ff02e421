// The access control list of a version: shown, and replaced.

import { listJson, listOfJson, type AccessList } from '../../contract/access-list.js'
import { listOf, type WantedList } from '../../contract/acl.js'
import { requireDecidedOn } from '../../contract/decided-on.js'
import { S3Error } from '../../contract/errors.js'
import { accountNames } from './account-names.js'
import { requireBucket, type BucketRow } from './find-bucket.js'
import { findVersion } from './find-version.js'
import { requireNoList, requireUnblocked } from './new-object-access.js'
import { replaceVersion } from './replace-version.js'
import { one, query, statement, transaction, type Steps } from './steps.js'
import { shownVersionId, type Version } from './version.js'

/** A version of a key, the latest when `versionId` is undefined. */
export interface VersionAddress {
  readonly bucket: string
  readonly key: string
  readonly versionId: string | undefined
}

/** A list, whose it is, and the names of everybody in it by canonical user id. */
export interface NamedList {
  readonly owner: { readonly id: string; readonly name: string }
  readonly list: AccessList | undefined
  readonly names: ReadonlyMap<string, string>
}

const aclOf = statement<{ id: number }, { acl: string | null }>('SELECT acl FROM version WHERE id = :id')

/** The list of a version as it counts, and the id of its row.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker asked for by its id */
export const versionList = query('versionList', function* (address: VersionAddress) {
  const { bucket, version } = yield* find(address)
  const rowId = version.id
  if (bucket.ownership === 'BucketOwnerEnforced') return { rowId, ...(yield* namedList(bucket.ownerId, undefined)) }
  const row = yield* one(aclOf, { id: rowId })
  return { rowId, ...(yield* namedList(version.ownerId, listOfJson(row?.acl))) }
})

/** A list with the names that are shown in it. */
export function* namedList(ownerId: string, list: AccessList | undefined): Steps<NamedList> {
  const names = yield* accountNames([ownerId, ...(list ?? []).flatMap((grant) => ('id' in grant ? [grant.id] : []))])
  return { owner: { id: ownerId, name: names.get(ownerId) ?? '' }, list, names }
}

/** A list for a version. */
export interface SetVersionList extends VersionAddress {
  readonly wanted: WantedList
  /** Canonical user id of who asks for it. */
  readonly callerId: string
  /** See `requireDecidedOn`. */
  readonly decided?: number | undefined
  /** Ms since 1970. */
  readonly now: number
}

/** Replaces the list of a version. Where lists do not count, only the one that says what holds is taken, and nothing changes. What authorization
 *  keeps is of buckets alone, so the access number stays as it is.
 *  @throws as `versionList`; AccessControlListNotSupported, AccessDenied for a public list where those are blocked */
export const setVersionList = transaction('setVersionList', function* (args: SetVersionList) {
  const { bucket, version } = yield* find(args)
  requireDecidedOn(args.decided, version.id)
  if (bucket.ownership === 'BucketOwnerEnforced') return requireNoList(bucket, args.wanted, args.callerId)
  const place = { what: 'object', ownerId: version.ownerId, bucketOwnerId: bucket.ownerId } as const
  const list = listOf(args.wanted, place)
  yield* requireUnblocked(bucket.id, list)
  const named = { ...version, bucketId: bucket.id, key: Buffer.from(args.key, 'utf8') }
  yield* replaceVersion(named, 'acl', listJson(list), args.now)
})

function* find(address: VersionAddress): Steps<{ readonly bucket: BucketRow; readonly version: Version }> {
  const { key, versionId } = address
  const bucket = yield* requireBucket(address.bucket)
  const version = yield* findVersion(bucket.id, Buffer.from(key, 'utf8'), versionId)
  if (version === undefined) {
    if (versionId === undefined) throw new S3Error('NoSuchKey', { members: { Key: key } })
    throw new S3Error('NoSuchVersion', { members: { Key: key, VersionId: versionId } })
  }
  if (version.isMarker === 1) {
    const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': shownVersionId('Enabled', version) ?? 'null' }
    if (versionId === undefined) throw new S3Error('NoSuchKey', { members: { Key: key }, headers })
    throw new S3Error('MethodNotAllowed', { members: { Method: 'GET', ResourceType: 'DeleteMarker' }, headers })
  }
  return { bucket, version }
}
