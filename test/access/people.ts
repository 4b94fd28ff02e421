// Accounts, users, keys and sessions for tests, made in the catalog itself: what is tested is what they may do.

import { randomBytes } from 'node:crypto'
import { S3Client } from '@aws-sdk/client-s3'
import type { AccountName } from '../../src/contract/access.js'
import { newAccountNumber, newId, newSecretAccessKey } from '../../src/contract/arns.js'
import { sealSessionToken, type Session } from '../../src/contract/session-token.js'
import { findAccount } from '../../src/store/catalog/account.js'
import { createAccessKey } from '../../src/store/catalog/identity/access-keys.js'
import { createAccount } from '../../src/store/catalog/identity/accounts.js'
import { createIdentity } from '../../src/store/catalog/identity/identities.js'
import { deleteInlinePolicy, putInlinePolicy } from '../../src/store/catalog/identity/inline-policies.js'
import { secretPurpose } from '../../src/store/sealer.js'
import type { Store } from '../../src/store/store.js'

/** A key as clients have it. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** A user. */
export interface User {
  readonly account: AccountName
  readonly id: string
  readonly name: string
  readonly arn: string
}

/** A role. */
export interface Role extends User {
  readonly isRole: true
}

/** A statement of a policy. */
export type Statement = Readonly<Record<string, unknown>>

/** "Allow": actions on resources. */
export const allow = (Action: string | readonly string[], Resource: string | readonly string[] = '*'): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
})

/** "Deny" likewise. */
export const deny = (Action: string | readonly string[], Resource: string | readonly string[] = '*'): Statement => ({
  Effect: 'Deny',
  Action,
  Resource,
})

/** A policy of these statements. */
export const policyOf = (...statements: readonly Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

/** A policy's name in these tests, and the greatest size of all of a user's. */
const rights = { policyName: 'rights', sizeMax: 100_000 }

/** The account of the server's operator. */
export function operatorsAccount(store: Store, accountId: string): AccountName {
  const account = store.catalog.readNow(findAccount, accountId)
  if (account === undefined) throw new Error('the operator has no account')
  return account
}

/** Makes an account. */
export async function makeAccount(store: Store, name: string): Promise<AccountName> {
  const account = { id: randomBytes(32).toString('hex'), number: newAccountNumber(), name }
  await store.catalog.commit(createAccount, { ...account, email: null, alias: null, createdMs: Date.now() })
  return account
}

/** Makes a user with an inline policy of these statements, none where there are none. */
export async function makeUser(
  store: Store,
  account: AccountName,
  name: string,
  ...statements: readonly Statement[]
): Promise<User> {
  const user = await makeIdentity(store, account, 'user', name)
  if (statements.length > 0) await grant(store, user, ...statements)
  return user
}

/** Makes a role with an inline policy of these statements. */
export async function makeRole(
  store: Store,
  account: AccountName,
  name: string,
  ...statements: readonly Statement[]
): Promise<Role> {
  const role: Role = { ...(await makeIdentity(store, account, 'role', name)), isRole: true }
  if (statements.length > 0) await grant(store, role, ...statements)
  return role
}

async function makeIdentity(store: Store, account: AccountName, kind: 'user' | 'role', name: string): Promise<User> {
  const id = newId(kind === 'user' ? 'AIDA' : 'AROA')
  const trustPolicy = kind === 'role' ? policyOf({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }) : null
  await store.catalog.commit(createIdentity, {
    accountId: account.id,
    kind,
    name,
    id,
    path: '/',
    now: Date.now(),
    tags: [],
    boundary: null,
    description: null,
    trustPolicy,
    sessionSecondsMax: kind === 'role' ? 3600 : null,
  })
  return { account, id, name, arn: `arn:aws:iam::${account.number}:${kind}/${name}` }
}

const placeOf = (identity: User | Role) =>
  ({ accountId: identity.account.id, kind: 'isRole' in identity ? 'role' : 'user', name: identity.name }) as const

/** Replaces the rights of a user or role. */
export async function grant(store: Store, to: User | Role, ...statements: readonly Statement[]): Promise<void> {
  const document = policyOf(...statements)
  await store.catalog.commit(putInlinePolicy, { ...placeOf(to), ...rights, document })
}

/** Takes all that `grant` gave. */
export async function revoke(store: Store, from: User | Role): Promise<void> {
  await store.catalog.commit(deleteInlinePolicy, { ...placeOf(from), policyName: rights.policyName })
}

/** Makes a key of a user, or of an account itself; with a policy it is a service account. */
export async function makeKey(
  store: Store,
  owner: User | AccountName,
  options: { readonly policy?: string; readonly expiresMs?: number; readonly accessKeyId?: string } = {},
): Promise<Credentials> {
  const [accountId, userName] = 'account' in owner ? [owner.account.id, owner.name] : [owner.id, null]
  const { accessKeyId = newId('AKIA') } = options
  const secretAccessKey = newSecretAccessKey()
  await store.catalog.commit(createAccessKey, {
    accountId,
    userName,
    id: accessKeyId,
    secret: store.sealer.seal(Buffer.from(secretAccessKey), secretPurpose(accessKeyId)),
    now: Date.now(),
    expiresMs: options.expiresMs ?? null,
    policy: options.policy ?? null,
    description: null,
    quota: 'cairn',
  })
  return { accessKeyId, secretAccessKey }
}

/** Credentials of a session, as STS would issue them. */
export function makeSession(store: Store, of: Partial<Session> & Pick<Session, 'accountId' | 'kind'>): Credentials {
  const now = Math.floor(Date.now() / 1000) * 1000
  const session: Session = {
    accessKeyId: newId('ASIA'),
    secretAccessKey: newSecretAccessKey(),
    issuedMs: now,
    expiresMs: now + 3_600_000,
    name: 'trial',
    policies: [],
    policyArns: [],
    tags: {},
    transitiveTagKeys: [],
    ...of,
  }
  const { accessKeyId, secretAccessKey } = session
  return { accessKeyId, secretAccessKey, sessionToken: sealSessionToken(session, store.sealer) }
}

/** A client of S3 for somebody. */
export const clientOf = (endpoint: URL, credentials: Credentials, region = 'us-east-1'): S3Client =>
  new S3Client({ endpoint: endpoint.href, region, credentials, forcePathStyle: true, maxAttempts: 1 })

/** Status and code of a refusal; 'allowed' where there was none. HEAD has no code: "Forbidden" or "NotFound" is what the SDK makes of its status. */
export async function outcomeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt
    return 'allowed'
  } catch (error) {
    if (!(error instanceof Error) || !('$metadata' in error)) throw error
    const { httpStatusCode } = error.$metadata as { httpStatusCode?: number } // what every error of the SDK has
    return `${httpStatusCode ?? ''} ${error.name}`
  }
}
