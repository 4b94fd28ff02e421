// What the server remembers of presigned requests: that one which may be made once was made, and that an id was revoked.

import { S3Error } from '../../contract/errors.js'
import type { PresignUse } from '../../contract/presign-use.js'
import { one, query, run, statement, transaction, type Steps } from './steps.js'

/** An id that an account gives its presigned requests. */
export type PresignId = {
  /** Canonical user id. */
  readonly accountId: string
  readonly id: string
}

const insertUse = statement<{ digest: Uint8Array; expiresMs: number }>(`
  INSERT INTO presign_use (digest, expires) VALUES (:digest, :expiresMs) ON CONFLICT (digest) DO NOTHING`)
const findUse = statement<{ digest: Uint8Array }, { expires: number }>(
  'SELECT expires FROM presign_use WHERE digest = :digest',
)
const revoke = statement<PresignId & { untilMs: number }>(`
  INSERT INTO presign_revoked (account_id, id, until) VALUES (:accountId, :id, :untilMs)
  ON CONFLICT (account_id, id) DO UPDATE SET until = max(until, excluded.until)`)
const unrevoke = statement<PresignId>('DELETE FROM presign_revoked WHERE account_id = :accountId AND id = :id')
const findRevoked = statement<PresignId, { until: number }>(
  'SELECT until FROM presign_revoked WHERE account_id = :accountId AND id = :id',
)
const pruneUses = statement<{ beforeMs: number; limit: number }>(`
  DELETE FROM presign_use WHERE digest IN (SELECT digest FROM presign_use WHERE expires < :beforeMs LIMIT :limit)`)
const pruneRevoked = statement<{ beforeMs: number }>('DELETE FROM presign_revoked WHERE until < :beforeMs')

const used = (): S3Error => new S3Error('AccessDenied', { message: 'This request may be made once, and was.' })

/** Notes that a request was made, within the transaction that does what it asks for: if that is refused, it may be made again.
 *  @throws AccessDenied when it was made before */
export function* usePresigned({ digest, expiresMs }: PresignUse): Steps<void> {
  if ((yield* run(insertUse, { digest, expiresMs })) === 0) throw used()
}

/** Notes that a request was made, before it is answered.
 *  @throws AccessDenied when it was made before */
export const consumePresignUse = transaction('consumePresignUse', usePresigned)

/** Refuses a request that was made already, before its body is read.
 *  @throws AccessDenied */
export const requireUnusedPresign = query('requireUnusedPresign', function* ({ digest }: PresignUse) {
  if ((yield* one(findUse, { digest })) !== undefined) throw used()
})

/** Revokes every presigned request with an id, in every process at once. It is forgotten after `untilMs` (ms since 1970, see `revokedUntilMs`). */
export const revokePresigned = transaction(
  'revokePresigned',
  function* ({ accountId, id, untilMs }: PresignId & { readonly untilMs: number }) {
    yield* run(revoke, { accountId, id, untilMs })
  },
)

/** Takes a revocation back. */
export const unrevokePresigned = transaction('unrevokePresigned', function* ({ accountId, id }: PresignId) {
  yield* run(unrevoke, { accountId, id })
})

/** Whether an id was revoked. */
export const isPresignedRevoked = query('isPresignedRevoked', function* ({ accountId, id }: PresignId) {
  return (yield* one(findRevoked, { accountId, id })) !== undefined
})

/** When the last request that was signed before now has expired: AWS allows seven days, and a date up to 15 minutes ahead.
 *  @param nowMs ms since 1970 */
export const revokedUntilMs = (nowMs: number): number => nowMs + (7 * 24 * 60 + 15) * 60_000

/** Forgets what has expired before `beforeMs`, ms since 1970; answers how many uses, at most `limit`. */
export const prunePresigned = transaction(
  'prunePresigned',
  function* ({ beforeMs, limit }: { readonly beforeMs: number; readonly limit: number }) {
    yield* run(pruneRevoked, { beforeMs })
    return yield* run(pruneUses, { beforeMs, limit })
  },
)
