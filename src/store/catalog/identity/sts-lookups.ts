// What STS asks of the catalog: a role that somebody wants to assume, whom an account trusts, whose a key is.

import type { AccountName } from '../../../contract/access.js'
import { one, query, statement } from '../steps.js'

/** A role as who wants to assume it needs it. */
export interface RoleToAssume {
  readonly id: string
  readonly account: AccountName
  readonly name: string
  /** "/" or "/division/" */
  readonly path: string
  /** JSON: who may assume it. */
  readonly trustPolicy: string
  /** `MaxSessionDuration`. */
  readonly sessionSecondsMax: number
}

type RoleRow = {
  id: string
  account_id: string
  account_number: string
  account_name: string
  name: string
  path: string
  trust_policy: string
  session_seconds_max: number
}

const roleByName = statement<{ number: string; name: string }, RoleRow>(`
  SELECT identity.id, account_id, account.number AS account_number, account.name AS account_name, identity.name, path, trust_policy,
    session_seconds_max
  FROM identity JOIN account ON account.id = account_id
  WHERE account.number = :number AND kind = 'role' AND lower(identity.name) = lower(:name)`)
const clientIds = statement<{ account: string; url: string }, { client_ids: string }>(
  'SELECT client_ids FROM oidc_provider WHERE account_id = :account AND url = :url',
)
const numberByKey = statement<{ key: string }, { number: string }>(
  'SELECT number FROM access_key JOIN account ON account.id = account_id WHERE access_key.id = :key',
)
const policyByArn = statement<{ arn: string }, { arn: string }>('SELECT arn FROM policy WHERE arn = :arn')

/** The role of a name, in any case of its letters, in the account of a number, or nothing. */
export const roleToAssume = query(
  'roleToAssume',
  function* ({ number, name }: { readonly number: string; readonly name: string }) {
    const row = yield* one(roleByName, { number, name })
    if (row === undefined) return undefined
    const role: RoleToAssume = {
      id: row.id,
      account: { id: row.account_id, number: row.account_number, name: row.account_name },
      name: row.name,
      path: row.path,
      trustPolicy: row.trust_policy,
      sessionSecondsMax: row.session_seconds_max,
    }
    return role
  },
)

/** The audiences an account takes of an issuer, or nothing when it has no such provider.
 *  @param url of the issuer, without "https://" */
export const clientIdsOfProvider = query(
  'clientIdsOfProvider',
  function* ({ accountId, url }: { readonly accountId: string; readonly url: string }) {
    const row = yield* one(clientIds, { account: accountId, url })
    // The row holds what the operations of providers have checked and written.
    return row === undefined ? undefined : (JSON.parse(row.client_ids) as string[])
  },
)

/** Number of the account a key is of, or nothing. */
export const accountNumberOfKey = query('accountNumberOfKey', function* (accessKeyId: string) {
  const row = yield* one(numberByKey, { key: accessKeyId })
  return row?.number
})

/** Which of these ARNs are of managed policies that accounts have made. */
export const knownPolicyArns = query('knownPolicyArns', function* (arns: readonly string[]) {
  const known: string[] = []
  for (const arn of arns) if ((yield* one(policyByArn, { arn })) !== undefined) known.push(arn)
  return known
})
