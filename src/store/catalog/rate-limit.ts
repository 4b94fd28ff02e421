// How much an access key, or an account, may ask for. Counting, and refusing, is `auth/limits`; what was counted is in `traffic.ts`.

import { one, query, run, statement, transaction, type Steps } from './steps.js'

/** Whose limits and traffic: an access key by its id, or an account by its canonical user id. */
export type Subject = {
  readonly kind: 'key' | 'account'
  readonly subject: string
}

/** Greatest numbers; null for any. */
export interface RateLimits {
  /** A minute, at least 1. */
  readonly requests: number | null
  /** Bytes of bodies a month (UTC), in and out together. */
  readonly bytes: number | null
}

const find = statement<Subject, RateLimits>(
  'SELECT requests, bytes FROM rate_limit WHERE kind = :kind AND subject = :subject',
)
const set = statement<Subject & { requests: number | null; bytes: number | null }>(`
  INSERT INTO rate_limit (kind, subject, requests, bytes) VALUES (:kind, :subject, :requests, :bytes)
  ON CONFLICT (kind, subject) DO UPDATE SET requests = excluded.requests, bytes = excluded.bytes`)
const remove = statement<Subject>('DELETE FROM rate_limit WHERE kind = :kind AND subject = :subject')
const removeTraffic = statement<Subject>('DELETE FROM traffic WHERE kind = :kind AND subject = :subject')

/** The limits of a key or an account; undefined when it has none. */
export const findRateLimits = ({ kind, subject }: Subject): Steps<RateLimits | undefined> =>
  one(find, { kind, subject })

/** Sets the limits of a key or an account, or removes them (both null). Every process has them within seconds, see `auth/limits`. */
export const setRateLimit = transaction(
  'setRateLimit',
  function* ({ kind, subject, requests, bytes }: Subject & RateLimits) {
    if (requests === null && bytes === null) yield* run(remove, { kind, subject })
    else yield* run(set, { kind, subject, requests, bytes })
  },
)

/** The limits of a key or an account, as a read. */
export const rateLimitOf = query('rateLimitOf', findRateLimits)

/** A key that takes the place of another has its limits. */
export function* inheritRateLimits(oldId: string, id: string): Steps<void> {
  const limits = yield* findRateLimits({ kind: 'key', subject: oldId })
  if (limits !== undefined) yield* run(set, { kind: 'key', subject: id, ...limits })
}

/** A key that is deleted takes its limits and what was counted for it along. */
export function* forgetRateLimits({ kind, subject }: Subject): Steps<void> {
  yield* run(remove, { kind, subject })
  yield* run(removeTraffic, { kind, subject })
}
