// DeleteObjects: up to a thousand keys or versions in one request, each with its own outcome.

import type { DeletedObject, _Error as DeleteError, ObjectIdentifier } from '@aws-sdk/client-s3'
import { errorTable, S3Error } from '../contract/errors.js'
import type { Clock, Operation } from '../contract/operation.js'
import { deleteVersions, type DeleteOutcome } from '../store/catalog/delete-versions.js'
import type { Store } from '../store/store.js'

/** Keys of one request. Source: AWS API reference, DeleteObjects */
const keysMax = 1000

/** Keys of one transaction: so many hold the writer for less than 10 ms. */
const keysPerTransaction = 100

/** Deletes keys and versions.
 *  A key that the caller may not delete is an error among the outcomes.
 *  @throws MalformedXML for none or too many of them, UserKeyMustBeSpecified for an empty key, NoSuchBucket: nothing is deleted then
 *  Source: AWS API reference, DeleteObjects */
export const deleteObjects =
  (store: Store, clock: Clock): Operation<'DeleteObjects'> =>
  async (input, call) => {
    const objects = input.Delete?.Objects ?? []
    if (objects.length === 0 || objects.length > keysMax) throw new S3Error('MalformedXML')
    const targets = objects.map(targetOf)
    const by = { bucket: input.Bucket ?? '', ownerId: call.caller.accountId, now: clock.now() }
    const deleted: DeletedObject[] = []
    const errors: DeleteError[] = []
    for (let i = 0; i < objects.length; i += keysPerTransaction) {
      const group = objects.slice(i, i + keysPerTransaction)
      const asked = targets.slice(i, i + keysPerTransaction)
      const isAllowed = asked.map(({ key, versionId }) => call.mayDelete(key, versionId))
      const allowed = asked.filter((_, j) => isAllowed[j])
      const outcomes =
        allowed.length === 0 ? [] : await store.catalog.commit(deleteVersions, { ...by, targets: allowed })
      const outcome = outcomes.values()
      for (const [j, object] of group.entries()) {
        const ended = isAllowed[j] === true ? outcome.next().value : denied
        if (ended === undefined) throw new Error('A deletion was left without an outcome')
        if ('code' in ended) errors.push(errorOf(object, ended))
        else if (input.Delete?.Quiet !== true) deleted.push(deletedOf(object, ended))
      }
    }
    return { Deleted: deleted, Errors: errors }
  }

/** AWS: keys that may not be deleted are errors among the outcomes, with this code. */
const denied = { code: 'AccessDenied', message: errorTable.AccessDenied[1] } as const

function targetOf(object: ObjectIdentifier) {
  const key = object.Key ?? ''
  if (key === '') throw new S3Error('UserKeyMustBeSpecified')
  return {
    key,
    versionId: object.VersionId,
    onlyIf: { ifMatch: object.ETag, ifModifiedMs: object.LastModifiedTime?.getTime(), ifSize: object.Size },
  }
}

/** S3 tells a marker that was made apart from one that was removed. Source: AWS API reference, DeletedObject */
function deletedOf(object: ObjectIdentifier, outcome: Exclude<DeleteOutcome, { code: unknown }>): DeletedObject {
  if (!outcome.isMarker)
    return { Key: object.Key, ...(object.VersionId !== undefined && { VersionId: object.VersionId }) }
  return {
    Key: object.Key,
    ...(object.VersionId !== undefined && { VersionId: object.VersionId }),
    DeleteMarker: true,
    DeleteMarkerVersionId: outcome.versionId,
  }
}

const errorOf = (object: ObjectIdentifier, { code, message }: { code: string; message: string }): DeleteError => ({
  Key: object.Key,
  ...(object.VersionId !== undefined && { VersionId: object.VersionId }),
  Code: code,
  Message: message,
})
