// AbortMultipartUpload: an upload ends without an object.

import type { Operation } from '../contract/operation.js'
import { abortUpload } from '../store/catalog/abort-upload.js'
import type { Store } from '../store/store.js'

/** Ends an upload and forgets its parts. Parts still being sent are refused when they arrive.
 *  @throws NoSuchBucket, NoSuchUpload, PreconditionFailed when it was not initiated at `IfMatchInitiatedTime`
 *  Source: AWS API reference, AbortMultipartUpload */
export const abortMultipartUpload =
  (store: Store): Operation<'AbortMultipartUpload'> =>
  async (input) => {
    await store.catalog.commit(abortUpload, {
      bucket: input.Bucket ?? '',
      key: input.Key ?? '',
      uploadId: input.UploadId ?? '',
      ifInitiatedMs: input.IfMatchInitiatedTime?.getTime(),
    })
    return {}
  }
