// Which managed policies users, groups and roles have.

import { iamQuotas } from '../../../contract/iam-limits.js'
import { IamError } from '../../../contract/iam-errors.js'
import { raiseAccessNumber } from '../access-number.js'
import { all, one, query, run, statement, transaction } from '../steps.js'
import { type IdentityPlace, requireIdentity } from './identities.js'
import { requireManagedPolicy } from './policies.js'
import { type IdentityKind, overQuota } from './refusals.js'

/** A user, group or role, and a policy. */
export type Attachment = IdentityPlace & { readonly arn: string }

type Pair = { identityId: string; arn: string }
const add = statement<Pair>(`
  INSERT INTO attachment (identity_id, policy_arn) VALUES (:identityId, :arn) ON CONFLICT DO NOTHING`)
const remove = statement<Pair>('DELETE FROM attachment WHERE identity_id = :identityId AND policy_arn = :arn')
const count = statement<{ identityId: string }, { count: number }>(
  'SELECT count(*) AS count FROM attachment WHERE identity_id = :identityId',
)
const arns = statement<{ identityId: string }, { arn: string }>(
  'SELECT policy_arn AS arn FROM attachment WHERE identity_id = :identityId ORDER BY policy_arn',
)
const entities = statement<EntitiesPage, PolicyEntity>(`
  SELECT i.kind, i.id, i.name FROM identity i
  WHERE i.account_id = :accountId AND substr(i.path, 1, length(:pathPrefix)) = :pathPrefix AND i.kind || ' ' || lower(i.name) > :after
    AND (:kind = '' OR i.kind = :kind)
    AND ((:isBoundary = 0 AND EXISTS (SELECT 1 FROM attachment t WHERE t.identity_id = i.id AND t.policy_arn = :arn))
      OR (:isBoundary = 1 AND i.boundary = :arn))
  ORDER BY i.kind || ' ' || lower(i.name) LIMIT :limit`)

const quotas = {
  user: ['PoliciesPerUser', iamQuotas.AttachedPoliciesPerUser],
  group: ['PoliciesPerGroup', iamQuotas.AttachedPoliciesPerGroup],
  role: ['PoliciesPerRole', iamQuotas.AttachedPoliciesPerRole],
} as const

/** Gives a user, group or role a managed policy; what it has it keeps.
 *  @throws NoSuchEntity for either, LimitExceeded */
export const attachPolicy = transaction('attachPolicy', function* ({ arn, ...place }: Attachment) {
  const { id: identityId } = yield* requireIdentity(place)
  yield* requireManagedPolicy(place.accountId, arn)
  yield* run(add, { identityId, arn })
  const [quota, max] = quotas[place.kind]
  if (((yield* one(count, { identityId }))?.count ?? 0) > max) throw overQuota(quota, max)
  yield* raiseAccessNumber()
})

/** Takes a managed policy from a user, group or role.
 *  @throws NoSuchEntity when it does not have it */
export const detachPolicy = transaction('detachPolicy', function* ({ arn, ...place }: Attachment) {
  const { id: identityId } = yield* requireIdentity(place)
  if ((yield* run(remove, { identityId, arn })) === 0) {
    throw new IamError('NoSuchEntity', `Policy ${arn} was not found.`)
  }
  yield* raiseAccessNumber()
})

/** ARNs of the managed policies a user, group or role has: all of them, they are few.
 *  @throws NoSuchEntity */
export const attachedPolicies = query('attachedPolicies', function* (place: IdentityPlace) {
  const { id: identityId } = yield* requireIdentity(place)
  return (yield* all(arns, { identityId })).map(({ arn }) => arn)
})

/** Whom a policy is attached to. */
export type PolicyEntity = { readonly kind: IdentityKind; readonly id: string; readonly name: string }

/** Which of them. */
export type EntitiesPage = {
  readonly accountId: string
  readonly arn: string
  readonly pathPrefix: string
  /** Only those of a kind; '' for all. */
  readonly kind: IdentityKind | ''
  /** 1: those whose rights it bounds; 0: those that have it. */
  readonly isBoundary: 0 | 1
  /** Kind, a space and the name in lower case of the last one; '' for all. */
  readonly after: string
  readonly limit: number
}

/** Users, groups and roles of an account that have a policy.
 *  @throws NoSuchEntity */
export const entitiesOfPolicy = query('entitiesOfPolicy', function* (page: EntitiesPage) {
  yield* requireManagedPolicy(page.accountId, page.arn)
  return yield* all(entities, page)
})
