// GetObjectAcl and PutObjectAcl: the owner has full control, and that is all there is.

import { ownersAcl, requireOwnersAcl } from '../contract/acl.js'
import type { Operation } from '../contract/operation.js'
import { versionOwner } from '../store/catalog/version-owner.js'
import type { Store } from '../store/store.js'

/** Canned lists of an object that say what holds anyway: its owner is the bucket's. */
const cannedLists = ['private', 'bucket-owner-full-control', 'bucket-owner-read']

/** Answers the FULL_CONTROL of the version's owner.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker */
export const getObjectAcl =
  (store: Store): Operation<'GetObjectAcl'> =>
  async (input) => {
    const owner = await store.catalog.read(versionOwner, {
      bucket: input.Bucket ?? '',
      key: input.Key ?? '',
      versionId: input.VersionId,
    })
    return ownersAcl({ ID: owner.id, DisplayName: owner.name })
  }

/** Accepts `private`, and a list that says the same; nothing changes.
 *  @throws as `getObjectAcl`; those of `requireOwnersAcl` */
export const putObjectAcl =
  (store: Store): Operation<'PutObjectAcl'> =>
  async (input) => {
    const owner = await store.catalog.read(versionOwner, {
      bucket: input.Bucket ?? '',
      key: input.Key ?? '',
      versionId: input.VersionId,
    })
    requireOwnersAcl(input, owner.id, cannedLists)
    return {}
  }
