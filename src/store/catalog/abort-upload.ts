// A multipart upload ends without an object. Its body loses its only name; the collector takes it apart.

import { S3Error } from '../../contract/errors.js'
import { requireUpload, type UploadName } from './find-upload.js'
import { forgetBody } from './forget-body.js'
import { uncountParts } from './meter.js'
import { run, statement, transaction } from './steps.js'

/** Which upload. */
export interface AbortUpload extends UploadName {
  /** Only if it was initiated in this second (ms since 1970): HTTP dates know no shorter time. */
  readonly ifInitiatedMs?: number | undefined
}

/** Removes an upload's row. */
export const deleteUpload = statement<{ uploadId: string }>('DELETE FROM upload WHERE id = :uploadId')

/** Ends an upload: two rows, however many parts it has. A part that arrives later finds no upload.
 *  @throws NoSuchBucket, NoSuchUpload, PreconditionFailed */
export const abortUpload = transaction('abortUpload', function* (args: AbortUpload) {
  const upload = yield* requireUpload(args)
  const { ifInitiatedMs } = args
  if (ifInitiatedMs !== undefined && inSeconds(ifInitiatedMs) !== inSeconds(upload.initiatedMs)) {
    throw new S3Error('PreconditionFailed', { members: { Condition: 'x-amz-if-match-initiated-time' } })
  }
  if (upload.isMetered === 1) yield* uncountParts(upload)
  yield* run(deleteUpload, { uploadId: args.uploadId })
  yield* forgetBody(upload.bodyId)
})

const inSeconds = (ms: number): number => Math.floor(ms / 1000)
