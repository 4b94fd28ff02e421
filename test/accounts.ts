// Accounts and users beside the operator's on a server of a test, each with a client that signs as them.

import { S3Client } from '@aws-sdk/client-s3'
import type { AccountName } from '../src/contract/access.js'
import { clientOf, makeAccount, makeKey, makeUser, type Statement } from './access/people.js'
import type { FreshServer } from './fresh-server.js'

/** An account that may sign as itself. */
export interface TestAccount extends AccountName {
  /** Signs with the account's own key. */
  readonly s3: S3Client
}

/** Makes an account. */
export async function newAccount({ server: { store }, endpoint }: FreshServer, name: string): Promise<TestAccount> {
  const account = await makeAccount(store, name)
  return { ...account, s3: clientOf(endpoint, await makeKey(store, account)) }
}

/** Makes a user of an account with a policy of these statements. */
export async function newUser(
  { server: { store }, endpoint }: FreshServer,
  account: AccountName,
  name: string,
  ...statements: readonly Statement[]
): Promise<S3Client> {
  return clientOf(endpoint, await makeKey(store, await makeUser(store, account, name, ...statements)))
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
