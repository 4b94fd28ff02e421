// Removes a bucket that holds nothing.

import { S3Error } from '../../contract/errors.js'
import { raiseAccessNumber } from './access-number.js'
import { appendChange } from './append-change.js'
import { requireBucket } from './find-bucket.js'
import { nextNumber } from './next-number.js'
import { one, run, statement, transaction } from './steps.js'

type OfBucket = { bucketId: number }

const living = statement<OfBucket, { id: number }>(
  'SELECT id FROM version WHERE bucket_id = :bucketId AND gone IS NULL LIMIT 1',
)
const unnameUploads = statement<OfBucket>(`
  INSERT INTO unnamed (body_id) SELECT body_id FROM upload WHERE bucket_id = :bucketId
  ON CONFLICT (body_id) DO NOTHING`)

// Settings go with the bucket's row. Versions that are gone stay until no reader can need them, usage until it is folded.
const removals = ['DELETE FROM upload WHERE bucket_id = :bucketId', 'DELETE FROM bucket WHERE id = :bucketId'].map(
  (sql) => statement<OfBucket>(sql),
)

/** Removes a bucket without living versions (markers count). Uploads under way are aborted with it, as on S3: its DeleteBucket
 *  asks only that "all objects (including all object versions and delete markers)" be gone; measured by others in
 *  ceph/ceph#15630 and scality/cloudserver#1591.
 *  @throws NoSuchBucket, BucketNotEmpty */
export const deleteBucketRow = transaction(
  'deleteBucketRow',
  function* ({ bucket: name, now }: { readonly bucket: string; readonly now: number }) {
    const { id: bucketId } = yield* requireBucket(name)
    if ((yield* one(living, { bucketId })) !== undefined) {
      throw new S3Error('BucketNotEmpty', { members: { BucketName: name } })
    }
    yield* run(unnameUploads, { bucketId })
    for (const removal of removals) yield* run(removal, { bucketId })
    yield* appendChange({ number: yield* nextNumber(), time: now, kind: 'bucket', bucketId })
    yield* raiseAccessNumber()
  },
)
