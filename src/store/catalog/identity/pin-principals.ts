// What becomes of policies that name a user or role whose name becomes free.

import { pinnedPrincipals } from '../../../contract/policy/pinned-principals.js'
import { iamArn } from '../../../contract/arns.js'
import { appendChange } from '../append-change.js'
import { setBucketSetting } from '../bucket-setting.js'
import { nextNumber } from '../next-number.js'
import { all, run, statement, type Steps } from '../steps.js'

/** Whose name becomes free. */
export interface Leaving {
  /** "AIDA…", "AROA…" */
  readonly id: string
  readonly kind: 'user' | 'role'
  readonly accountNumber: string
  readonly path: string
  readonly name: string
}

// An escape may hide a name: texts with any are read, too.
const bucketPolicies = statement<{ name: string; escape: string }, { bucketId: number; text: string }>(`
  SELECT bucket_id AS "bucketId", value AS text FROM bucket_setting
  WHERE name = 'policy' AND (replace(value, :name, '') <> value OR replace(value, :escape, '') <> value)`)
const trustPolicies = statement<{ name: string; escape: string }, { id: string; text: string }>(`
  SELECT id, trust_policy AS text FROM identity
  WHERE kind = 'role' AND (replace(trust_policy, :name, '') <> trust_policy OR replace(trust_policy, :escape, '') <> trust_policy)`)
const setTrust = statement<{ id: string; text: string }>('UPDATE identity SET trust_policy = :text WHERE id = :id')

/** Names a user or role by its id in every policy of a bucket or role that names it by its ARN, before somebody else can have that.
 *  @param now ms since 1970 */
export function* pinPrincipals(leaving: Leaving, now: number): Steps<void> {
  const about = { name: `/${leaving.name}`, escape: '\\' }
  const idOf = idsOf(leaving)
  for (const { bucketId, text } of yield* all(bucketPolicies, about)) {
    const pinned = pinnedPrincipals(text, idOf)
    if (pinned === undefined) continue
    yield* setBucketSetting(bucketId, 'policy', pinned)
    yield* appendChange({ number: yield* nextNumber(), time: now, kind: 'setting', bucketId })
  }
  for (const { id, text } of yield* all(trustPolicies, about)) {
    const pinned = pinnedPrincipals(text, idOf)
    if (pinned !== undefined) yield* run(setTrust, { id, text: pinned })
  }
}

/** A role's sessions are called by its name, too: "arn:aws:sts::123456789012:assumed-role/name/session" is "AROA…:session". */
function idsOf({ id, kind, accountNumber, path, name }: Leaving): (arn: string) => string | undefined {
  const own = iamArn(accountNumber, kind, path, name)
  const sessions = kind === 'role' ? `arn:aws:sts::${accountNumber}:assumed-role/${name}/` : undefined
  return (arn) => {
    if (arn === own) return id
    return sessions !== undefined && arn.startsWith(sessions) ? `${id}:${arn.slice(sessions.length)}` : undefined
  }
}
