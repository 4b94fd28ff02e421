// Who owns a version of a key: all that access control asks of it.

import { S3Error } from '../../contract/errors.js'
import { findAccount } from './account.js'
import { requireBucket } from './find-bucket.js'
import { findVersion } from './find-version.js'
import { query } from './steps.js'
import { shownVersionId } from './version.js'

/** A version of a key, the latest when `versionId` is undefined. */
export interface VersionAddress {
  readonly bucket: string
  readonly key: string
  readonly versionId: string | undefined
}

/** The owner of a version.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker asked for by its id */
export const versionOwner = query('versionOwner', function* ({ bucket: name, key, versionId }: VersionAddress) {
  const bucket = yield* requireBucket(name)
  const bytes = Buffer.from(key, 'utf8')
  const version = yield* findVersion(bucket.id, bytes, versionId)
  if (version === undefined) {
    if (versionId === undefined) throw new S3Error('NoSuchKey', { members: { Key: key } })
    throw new S3Error('NoSuchVersion', { members: { Key: key, VersionId: versionId } })
  }
  if (version.isMarker === 1) {
    const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': shownVersionId('Enabled', version) ?? 'null' }
    if (versionId === undefined) throw new S3Error('NoSuchKey', { members: { Key: key }, headers })
    throw new S3Error('MethodNotAllowed', { members: { Method: 'GET', ResourceType: 'DeleteMarker' }, headers })
  }
  const account = yield* findAccount.steps(version.ownerId)
  return { id: version.ownerId, name: account?.name ?? '' }
})
