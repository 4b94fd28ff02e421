// Quotas: how much a bucket, or all buckets of an account, may hold. They are counted from the moment they are set, see `meter.ts`.

import { findAccount } from './account.js'
import { S3Error } from '../../contract/errors.js'
import { requireBucket } from './find-bucket.js'
import { one, query, run, statement, transaction, type Statement, type Steps } from './steps.js'
import { heldByAccount, heldByBucket } from './usage.js'

/** Greatest numbers; null for none. */
export interface QuotaLimits {
  /** Bytes of all versions, and of the parts of uploads under way. */
  readonly bytesMax: number | null
  /** Versions, delete markers among them. */
  readonly objectsMax: number | null
}

/** A quota, and what is counted towards it. */
export interface Quota extends QuotaLimits {
  readonly bytes: number
  readonly objects: number
}

/** Whose quota. */
interface Subject {
  readonly column: 'bucket_id' | 'account_id'
  readonly value: string | number
}

type OfSubject = { subject: string | number }

/** Statements about the quota of a bucket, or of an account. `buckets`: which ones it counts. */
const statementsOf = (column: Subject['column'], buckets: string) => ({
  find: statement<OfSubject, Quota>(`
    SELECT bytes_max AS "bytesMax", objects_max AS "objectsMax", bytes, objects FROM quota WHERE ${column} = :subject`),
  remove: statement<OfSubject>(`DELETE FROM quota WHERE ${column} = :subject`),
  set: statement<OfSubject & Quota & { [name: string]: string | number | null }>(`
    INSERT INTO quota (${column}, bytes_max, objects_max, bytes, objects)
    VALUES (:subject, :bytesMax, :objectsMax, :bytes, :objects)`),
  parts: statement<OfSubject, { bytes: number }>(`
    SELECT COALESCE(SUM(p.size), 0) AS bytes FROM upload u JOIN part p ON p.body_id = u.body_id
    WHERE u.bucket_id IN (SELECT id FROM bucket WHERE ${buckets})`),
  mark: statement<OfSubject>(`
    UPDATE bucket SET metered = EXISTS (
      SELECT 1 FROM quota q WHERE q.bucket_id = bucket.id OR q.account_id = bucket.owner_id)
    WHERE ${buckets}`),
})

const ofBucket = { ...statementsOf('bucket_id', 'id = :subject'), held: heldByBucket }
const ofAccount = { ...statementsOf('account_id', 'owner_id = :subject'), held: heldByAccount }

function* setQuota(
  statements: typeof ofBucket & { readonly held: Statement<OfSubject, { bytes: number; versions: number }> },
  subject: string | number,
  { bytesMax, objectsMax }: QuotaLimits,
): Steps<void> {
  yield* run(statements.remove, { subject })
  if (bytesMax !== null || objectsMax !== null) {
    const held = yield* one(statements.held, { subject })
    const parts = yield* one(statements.parts, { subject })
    const bytes = (held?.bytes ?? 0) + (parts?.bytes ?? 0)
    yield* run(statements.set, { subject, bytesMax, objectsMax, bytes, objects: held?.versions ?? 0 })
  }
  yield* run(statements.mark, { subject })
}

/** Sets the quota of a bucket, or removes it (both null). What is there beyond it stays; nothing is added then.
 *  @throws NoSuchBucket */
export const setBucketQuota = transaction(
  'setBucketQuota',
  function* ({ bucket, ...limits }: QuotaLimits & { readonly bucket: string }) {
    yield* setQuota(ofBucket, (yield* requireBucket(bucket)).id, limits)
  },
)

/** Sets the quota of all buckets of an account together, those to come among them, or removes it (both null).
 *  @throws InvalidArgument when there is no such account */
export const setAccountQuota = transaction(
  'setAccountQuota',
  function* ({ accountId, ...limits }: QuotaLimits & { readonly accountId: string }) {
    if ((yield* findAccount.steps(accountId)) === undefined) {
      throw new S3Error('InvalidArgument', { message: 'There is no account of that id.' })
    }
    yield* setQuota(ofAccount, accountId, limits)
  },
)

/** The quota of a bucket and what is counted towards it; undefined when it has none.
 *  @throws NoSuchBucket */
export const bucketQuota = query('bucketQuota', function* (bucket: string): Steps<Quota | undefined> {
  return yield* one(ofBucket.find, { subject: (yield* requireBucket(bucket)).id })
})

/** The quota of an account, by its canonical user id, and what is counted towards it; undefined when it has none. */
export const accountQuota = query('accountQuota', (accountId: string): Steps<Quota | undefined> =>
  one(ofAccount.find, { subject: accountId }),
)
