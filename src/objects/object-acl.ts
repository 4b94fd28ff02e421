// GetObjectAcl and PutObjectAcl: whom a version of an object grants what.

import { requireAskedList, shownList } from '../contract/acl.js'
import { requireDecidedOn } from '../contract/decided-on.js'
import type { Clock, Operation } from '../contract/operation.js'
import { setVersionList, versionList } from '../store/catalog/version-list.js'
import { wantedList } from '../store/catalog/wanted-list.js'
import type { Store } from '../store/store.js'

/** Answers the list of a version; where lists do not count, that its owner, the bucket's, has full control.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker */
export const getObjectAcl =
  (store: Store): Operation<'GetObjectAcl'> =>
  async (input, call) => {
    const { rowId, owner, list, names } = await store.catalog.read(versionList, {
      bucket: input.Bucket ?? '',
      key: input.Key ?? '',
      versionId: input.VersionId,
    })
    requireDecidedOn(call.decidedOn.object, rowId)
    return shownList(owner, list, names)
  }

/** Replaces the list of a version; the version stays the same, its owner too.
 *  @throws as `getObjectAcl`; as `requireAskedList` and `wantedList` for what is no list; AccessControlListNotSupported where lists do not count,
 *    AccessDenied for a public one where those are blocked
 *  Source: AWS API reference, PutObjectAcl */
export const putObjectAcl =
  (store: Store, clock: Clock): Operation<'PutObjectAcl'> =>
  async (input, call) => {
    const address = { bucket: input.Bucket ?? '', key: input.Key ?? '', versionId: input.VersionId }
    const { owner } = await store.catalog.read(versionList, address)
    const wanted = await store.catalog.read(wantedList, requireAskedList(input, 'object', owner.id))
    await store.catalog.commit(setVersionList, {
      ...address,
      decided: call.decidedOn.object,
      wanted,
      callerId: call.caller.accountId,
      now: clock.now(),
    })
    return {}
  }
