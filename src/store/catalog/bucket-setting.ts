// Configurations of a bucket, each under a name, as the JSON of what S3 was given. Without a row a configuration is not set.

import { raiseAccessNumber } from './access-number.js'
import { appendChange } from './append-change.js'
import { requireBucket } from './find-bucket.js'
import { nextNumber } from './next-number.js'
import { one, query, run, statement, transaction, type Steps } from './steps.js'

/** Names of configurations. */
export type SettingName = 'acl' | 'cors' | 'policy' | 'public-access-block' | 'request-payment' | 'tagging'

/** Whether authorization reads a configuration. Tags too are what policies can ask for. */
const decidesAccess = (setting: SettingName): boolean => setting !== 'cors'

interface Place {
  readonly bucket: string
  readonly setting: SettingName
}

const find = statement<{ bucketId: number; setting: string }, { value: string }>(
  'SELECT value FROM bucket_setting WHERE bucket_id = :bucketId AND name = :setting',
)
const set = statement<{ bucketId: number; setting: string; value: string }>(`
  INSERT INTO bucket_setting (bucket_id, name, value) VALUES (:bucketId, :setting, :value)
  ON CONFLICT (bucket_id, name) DO UPDATE SET value = excluded.value`)
const remove = statement<{ bucketId: number; setting: string }>(
  'DELETE FROM bucket_setting WHERE bucket_id = :bucketId AND name = :setting',
)

/** A configuration's JSON, or nothing when it is not set.
 *  @throws NoSuchBucket */
export const bucketSetting = query('bucketSetting', function* ({ bucket, setting }: Place) {
  const { id } = yield* requireBucket(bucket)
  return (yield* one(find, { bucketId: id, setting }))?.value
})

/** Sets a configuration of a bucket that is being made or was found. */
export function* setBucketSetting(bucketId: number, setting: string, value: string): Steps<void> {
  yield* run(set, { bucketId, setting, value })
}

/** Removes a configuration of a bucket that was found; answers whether it was set. */
export function* clearBucketSetting(bucketId: number, setting: SettingName): Steps<boolean> {
  return (yield* run(remove, { bucketId, setting })) > 0
}

/** Sets a configuration. `value` is JSON, `now` ms since 1970.
 *  @throws NoSuchBucket */
export const putBucketSetting = transaction(
  'putBucketSetting',
  function* ({ bucket, setting, value, now }: Place & { readonly value: string; readonly now: number }) {
    const { id } = yield* requireBucket(bucket)
    yield* setBucketSetting(id, setting, value)
    yield* appendChange({ number: yield* nextNumber(), time: now, kind: 'setting', bucketId: id })
    if (decidesAccess(setting)) yield* raiseAccessNumber()
  },
)

/** Removes a configuration; one that is not set stays so.
 *  @throws NoSuchBucket */
export const deleteBucketSetting = transaction(
  'deleteBucketSetting',
  function* ({ bucket, setting, now }: Place & { readonly now: number }) {
    const { id } = yield* requireBucket(bucket)
    if (!(yield* clearBucketSetting(id, setting))) return
    yield* appendChange({ number: yield* nextNumber(), time: now, kind: 'setting', bucketId: id })
    if (decidesAccess(setting)) yield* raiseAccessNumber()
  },
)
