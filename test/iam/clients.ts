// SDK clients of IAM and STS for a server of the test's own.

import { IAMClient } from '@aws-sdk/client-iam'
import type { Credentials } from '@aws-sdk/client-sts'
import { STSClient } from '@aws-sdk/client-sts'
import type { FreshServer } from '../fresh-server.js'

/** What an SDK signs with. */
export interface SdkCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Settings of a client with the SDK's defaults but for retries. */
const settingsOf = ({ endpoint, region, credentials }: FreshServer, own: SdkCredentials = credentials) => ({
  endpoint: endpoint.href,
  region,
  credentials: own,
  maxAttempts: 1,
})

/** A client of IAM; root's unless credentials are given. */
export const iamOf = (server: FreshServer, own?: SdkCredentials): IAMClient => new IAMClient(settingsOf(server, own))

/** A client of STS; root's unless credentials are given. */
export const stsOf = (server: FreshServer, own?: SdkCredentials): STSClient => new STSClient(settingsOf(server, own))

/** Credentials STS has answered, as an SDK takes them. */
export function sdkCredentials(issued: Credentials | undefined): Required<SdkCredentials> {
  const { AccessKeyId, SecretAccessKey, SessionToken } = issued ?? {}
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
    throw new Error('There are no credentials')
  }
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}
