// Everything authorization has to know of somebody, in one read: who it is, and the texts of all policies that are about him.

import { iamArn } from '../../../contract/arns.js'
import { managedPolicyDocument } from '../../../contract/managed-policies.js'
import { all, one, query, statement, type Steps } from '../steps.js'

/** A policy's text, and how whoever may be told calls it. */
export interface PolicyText {
  /** "identity policy ReadOnly of group readers", "boundary Developers of user ann" */
  readonly name: string
  /** JSON. */
  readonly document: string
}

/** Of which account somebody is. */
export interface AccountFacts {
  readonly accountId: string
  readonly accountNumber: string
  readonly accountName: string
}

/** What is known of a user or role. Structured-clonable. */
export interface IdentityStanding extends AccountFacts {
  readonly kind: 'user' | 'role'
  /** "AIDA…", "AROA…" */
  readonly id: string
  readonly name: string
  readonly arn: string
  readonly tags: readonly (readonly [key: string, value: string])[]
  /** Inline and managed ones, those of a user's groups too. */
  readonly policies: readonly PolicyText[]
  readonly boundary: PolicyText | undefined
  /** Ms since 1970: sessions that were issued before are refused. */
  readonly sessionsRevokedBeforeMs: number | undefined
  /** A role's. */
  readonly trustPolicy: string | undefined
  readonly sessionSecondsMax: number | undefined
}

/** What is known of an access key and its owner. */
export interface KeyStanding {
  readonly accessKeyId: string
  /** Opens as `secretPurpose(accessKeyId)`. */
  readonly sealedSecret: Uint8Array
  readonly isActive: boolean
  /** Ms since 1970. */
  readonly createdMs: number
  /** Ms since 1970; undefined: never. */
  readonly expiresMs: number | undefined
  /** The key's own: a service account, whose rights are its owner's and this policy's. */
  readonly policy: PolicyText | undefined
  /** Undefined: the account itself, its root. */
  readonly user: IdentityStanding | undefined
  readonly account: AccountFacts
}

type IdentityRow = AccountFacts & {
  readonly id: string
  readonly kind: 'user' | 'role'
  readonly name: string
  readonly path: string
  readonly tags: string | null
  readonly boundary: string | null
  readonly revokedBefore: number | null
  readonly trustPolicy: string | null
  readonly sessionSecondsMax: number | null
}

type KeyRow = AccountFacts & {
  readonly id: string
  readonly userId: string | null
  readonly secret: Uint8Array
  readonly status: 'Active' | 'Inactive'
  readonly createdMs: number
  readonly expires: number | null
  readonly policy: string | null
}

type PolicyRow = {
  readonly ownerKind: string
  readonly ownerName: string
  readonly name: string
  /** NULL: a managed policy that every account has. */
  readonly document: string | null
}

const account = 'a.id AS "accountId", a.number AS "accountNumber", a.name AS "accountName"'

const keyById = statement<{ id: string }, KeyRow>(`
  SELECT k.id, k.user_id AS "userId", k.secret, k.status, k.created AS "createdMs", k.expires, k.policy, ${account}
  FROM access_key k JOIN account a ON a.id = k.account_id WHERE k.id = :id`)

const identityById = statement<{ id: string }, IdentityRow>(`
  SELECT i.id, i.kind, i.name, i.path, i.tags, i.boundary, i.sessions_revoked_before AS "revokedBefore",
    i.trust_policy AS "trustPolicy", i.session_seconds_max AS "sessionSecondsMax", ${account}
  FROM identity i JOIN account a ON a.id = i.account_id WHERE i.id = :id AND i.kind <> 'group'`)

const policiesOf = statement<{ id: string }, PolicyRow>(`
  WITH owner (id) AS (SELECT :id UNION ALL SELECT group_id FROM group_member WHERE user_id = :id)
  SELECT i.kind AS "ownerKind", i.name AS "ownerName", p.name, p.document
  FROM owner o JOIN identity i ON i.id = o.id JOIN inline_policy p ON p.identity_id = o.id
  UNION ALL
  SELECT i.kind, i.name, t.policy_arn, v.document
  FROM owner o JOIN identity i ON i.id = o.id JOIN attachment t ON t.identity_id = o.id
    LEFT JOIN policy p ON p.arn = t.policy_arn LEFT JOIN policy_version v ON v.policy_id = p.id AND v.number = p.default_version`)

const defaultDocument = statement<{ arn: string }, { document: string }>(`
  SELECT v.document FROM policy p JOIN policy_version v ON v.policy_id = p.id AND v.number = p.default_version WHERE p.arn = :arn`)

/** The text of a managed policy that holds now, or nothing. */
function* policyDocument(arn: string): Steps<string | undefined> {
  return managedPolicyDocument(arn) ?? (yield* one(defaultDocument, { arn }))?.document
}

function* identityStanding(id: string): Steps<IdentityStanding | undefined> {
  const row = yield* one(identityById, { id })
  if (row === undefined) return undefined
  const { kind, name, path, accountId, accountNumber, accountName } = row
  const policies = (yield* all(policiesOf, { id })).map((policy): PolicyText => {
    const named = `identity policy ${policy.name} of ${policy.ownerKind} ${policy.ownerName}`
    return { name: named, document: policy.document ?? required(managedPolicyDocument(policy.name), policy.name) }
  })
  return {
    kind,
    id,
    name,
    arn: iamArn(accountNumber, kind, path, name),
    accountId,
    accountNumber,
    accountName,
    // Written by ourselves.
    tags: JSON.parse(row.tags ?? '[]') as [string, string][],
    policies,
    boundary: row.boundary === null ? undefined : yield* boundaryText(row.boundary, `${kind} ${name}`),
    sessionsRevokedBeforeMs: row.revokedBefore ?? undefined,
    trustPolicy: row.trustPolicy ?? undefined,
    sessionSecondsMax: row.sessionSecondsMax ?? undefined,
  }
}

function* boundaryText(arn: string, whose: string): Steps<PolicyText> {
  return { name: `boundary ${arn} of ${whose}`, document: required(yield* policyDocument(arn), arn) }
}

/** A policy somebody has can neither be removed nor lose its text: without it rights would be guessed. */
function required(document: string | undefined, arn: string): string {
  if (document === undefined) throw new Error(`The policy ${arn} is named, but is not in the catalog`)
  return document
}

/** The standing of a user by its id, or nothing. */
export const standingOfUser = query('standingOfUser', function* (id: string) {
  const standing = yield* identityStanding(id)
  return standing?.kind === 'user' ? standing : undefined
})

/** The standing of a role by its id, or nothing. */
export const standingOfRole = query('standingOfRole', function* (id: string) {
  const standing = yield* identityStanding(id)
  return standing?.kind === 'role' ? standing : undefined
})

type RolePlace = { readonly accountNumber: string; readonly name: string; readonly path: string }

const roleAt = statement<RolePlace, { id: string }>(`
  SELECT i.id FROM account a JOIN identity i ON i.account_id = a.id
  WHERE a.number = :accountNumber AND i.kind = 'role' AND lower(i.name) = lower(:name) AND i.name = :name AND i.path = :path`)

/** The standing of a role by what its ARN says ("/division/" and "role"), or nothing. */
export const standingOfRoleAt = query('standingOfRoleAt', function* (place: RolePlace) {
  const row = yield* one(roleAt, place)
  return row === undefined ? undefined : yield* identityStanding(row.id)
})

/** The standing of an access key by its id, or nothing. It is told of disabled and expired keys too. */
export const standingOfKey = query('standingOfKey', function* (accessKeyId: string) {
  const key = yield* one(keyById, { id: accessKeyId })
  if (key === undefined) return undefined
  const { accountId, accountNumber, accountName } = key
  const standing: KeyStanding = {
    accessKeyId: key.id,
    sealedSecret: key.secret,
    isActive: key.status === 'Active',
    createdMs: key.createdMs,
    expiresMs: key.expires ?? undefined,
    policy: key.policy === null ? undefined : { name: `policy of access key ${key.id}`, document: key.policy },
    user: key.userId === null ? undefined : yield* identityStanding(key.userId),
    account: { accountId, accountNumber, accountName },
  }
  return standing
})

/** The text of a managed policy, of an account's own or of every account's, or nothing: what a session names by ARN. */
export const managedPolicyText = query('managedPolicyText', function* (arn: string) {
  const document = yield* policyDocument(arn)
  const text: PolicyText | undefined = document === undefined ? undefined : { name: `policy ${arn}`, document }
  return text
})
