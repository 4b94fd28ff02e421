// DeleteObject: a key gets a delete marker or ceases, or one version is removed for good.

import type { Clock, Operation } from '../contract/operation.js'
import { deleteVersion } from '../store/catalog/delete-version.js'
import type { Store } from '../store/store.js'

/** Deletes a key or a version; what does not exist is deleted as well.
 *  @throws NoSuchBucket, KeyTooLongError, InvalidArgument, PreconditionFailed
 *  Source: AWS API reference, DeleteObject; S3 User Guide, "Deleting object versions from a versioning-enabled bucket" */
export const deleteObject =
  (store: Store, clock: Clock): Operation<'DeleteObject'> =>
  async (input, call) => {
    const deleted = await store.catalog.commit(deleteVersion, {
      bucket: input.Bucket ?? '',
      key: input.Key ?? '',
      versionId: input.VersionId,
      onlyIf: {
        ifMatch: input.IfMatch,
        ifModifiedMs: input.IfMatchLastModifiedTime?.getTime(),
        ifSize: input.IfMatchSize,
      },
      ownerId: call.caller.accountId,
      now: clock.now(),
    })
    return { ...(deleted.isMarker && { DeleteMarker: true }), VersionId: deleted.versionId }
  }
