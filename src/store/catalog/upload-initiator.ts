// Who began an upload: he may see its parts and end it.

import type { Initiator } from './create-upload.js'
import type { UploadName } from './find-upload.js'
import { one, query, statement } from './steps.js'

const find = statement<
  { bucket: string; key: Uint8Array; uploadId: string },
  { initiator: string | null; ownerId: string }
>(`
  SELECT u.initiator, u.owner_id AS "ownerId" FROM upload u JOIN bucket b ON b.id = u.bucket_id
  WHERE u.id = :uploadId AND u.key = :key AND b.name = :bucket`)

/** Canonical user id of the account that began an upload, or the ARN of its user or session; undefined: there is no such upload. */
export const uploadInitiator = query('uploadInitiator', function* ({ bucket, key, uploadId }: UploadName) {
  const row = yield* one(find, { bucket, key: Buffer.from(key, 'utf8'), uploadId })
  // The row holds what `createUpload` has written.
  return row?.initiator === null ? row.ownerId : row && (JSON.parse(row.initiator) as Initiator).id
})
