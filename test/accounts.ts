// Accounts and users beside the operator, made in the catalog, each with a key and a client of its own.

import { createHash, randomBytes } from 'node:crypto'
import { S3Client } from '@aws-sdk/client-s3'
import { newAccountNumber, newId, newSecretAccessKey } from '../src/contract/arns.js'
import { createAccessKey } from '../src/store/catalog/identity/access-keys.js'
import { createAccount } from '../src/store/catalog/identity/accounts.js'
import { createIdentity } from '../src/store/catalog/identity/identities.js'
import { putInlinePolicy } from '../src/store/catalog/identity/inline-policies.js'
import { secretPurpose } from '../src/store/sealer.js'
import type { FreshServer } from './fresh-server.js'

/** An account that may sign as itself. */
export interface TestAccount {
  /** Canonical user id. */
  readonly id: string
  readonly number: string
  readonly name: string
  readonly email: string
  /** Signs with the account's own key. */
  readonly s3: S3Client
}

/** Makes an account. */
export async function newAccount(fresh: FreshServer, name: string): Promise<TestAccount> {
  const { catalog } = fresh.server.store
  const id = createHash('sha256').update(randomBytes(16)).digest('hex')
  const [number, email] = [newAccountNumber(), `${name}@example.com`]
  await catalog.commit(createAccount, { id, number, name, email, alias: null, createdMs: Date.now() })
  return { id, number, name, email, s3: await clientWithKey(fresh, id, null) }
}

/** Makes a user of an account with one policy and a key. */
export async function newUser(
  fresh: FreshServer,
  account: TestAccount,
  name: string,
  policy: object,
): Promise<S3Client> {
  const { catalog } = fresh.server.store
  const user = { accountId: account.id, kind: 'user', name } as const
  await catalog.commit(createIdentity, {
    ...user,
    id: newId('AIDA'),
    path: '/',
    now: Date.now(),
    tags: [],
    boundary: null,
    description: null,
    trustPolicy: null,
    sessionSecondsMax: null,
  })
  const document = JSON.stringify({ Version: '2012-10-17', Statement: policy })
  await catalog.commit(putInlinePolicy, { ...user, policyName: 'own', document, sizeMax: 2048 })
  return clientWithKey(fresh, account.id, name)
}

/** A client that does not sign. */
export const unsigned = ({ endpoint, region }: FreshServer): S3Client =>
  new S3Client({
    endpoint: endpoint.href,
    region,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: '', secretAccessKey: '' },
    signer: { sign: (request) => Promise.resolve(request) },
  })

async function clientWithKey(fresh: FreshServer, accountId: string, userName: string | null): Promise<S3Client> {
  const { catalog, sealer } = fresh.server.store
  const [accessKeyId, secretAccessKey] = [newId('AKIA'), newSecretAccessKey()]
  await catalog.commit(createAccessKey, {
    accountId,
    userName,
    id: accessKeyId,
    secret: sealer.seal(Buffer.from(secretAccessKey), secretPurpose(accessKeyId)),
    now: Date.now(),
    expiresMs: null,
    policy: null,
    description: null,
    quota: 'cairn',
  })
  const { endpoint, region } = fresh
  const credentials = { accessKeyId, secretAccessKey }
  return new S3Client({ endpoint: endpoint.href, region, credentials, forcePathStyle: true, maxAttempts: 1 })
}
