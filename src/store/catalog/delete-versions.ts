// Many keys or versions are deleted in one transaction; each succeeds or is refused by itself.

import { S3Error, type ErrorCode } from '../../contract/errors.js'
import { deleteOne, type Deleted, type DeletedBy, type DeleteTarget } from './delete-version.js'
import { requireBucket } from './find-bucket.js'
import { transaction } from './steps.js'

/** How one of them ended. Structured-clonable. */
export type DeleteOutcome = Deleted | { readonly code: ErrorCode; readonly message: string }

/** Deletes keys and versions; outcomes stand in the order of the targets.
 *  @throws NoSuchBucket */
export const deleteVersions = transaction(
  'deleteVersions',
  function* (args: DeletedBy & { readonly targets: readonly DeleteTarget[] }) {
    const bucket = yield* requireBucket(args.bucket)
    const outcomes: DeleteOutcome[] = []
    for (const target of args.targets) {
      try {
        outcomes.push(yield* deleteOne(bucket, target, args))
      } catch (error) {
        // `deleteOne` refuses before its first change, so there is nothing to undo.
        if (!(error instanceof S3Error)) throw error
        outcomes.push({ code: error.code, message: error.message })
      }
    }
    return outcomes
  },
)
