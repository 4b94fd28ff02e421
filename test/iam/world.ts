// Users, roles and policies for tests, made the way anybody makes them: by IAM's own operations.

import {
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  type IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { FreshServer } from '../fresh-server.js'
import { type SdkCredentials, stsOf } from './clients.js'

/** A user with a key. */
export interface TestUser {
  readonly name: string
  readonly arn: string
  readonly credentials: Required<Omit<SdkCredentials, 'sessionToken'>>
}

/** A statement of a policy. */
export type TestStatement = Readonly<Record<string, unknown>>

/** A policy of these statements. */
export const policy = (...statements: readonly TestStatement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

/** "Allow": an action on a resource. */
export const allow = (
  Action: string | readonly string[],
  Resource: string | readonly string[] = '*',
): TestStatement => ({
  Effect: 'Allow',
  Action,
  Resource,
})

/** A statement of a trust policy.
 *  @param principal "arn:…", or `{ Federated: "arn:…" }` */
export const trust = (
  principal: string | Readonly<Record<string, unknown>>,
  Action: string | readonly string[] = 'sts:AssumeRole',
  Condition?: Readonly<Record<string, unknown>>,
): TestStatement => ({
  Effect: 'Allow',
  Principal: typeof principal === 'string' ? { AWS: principal } : principal,
  Action,
  ...(Condition !== undefined && { Condition }),
})

/** Number of root's account. */
export async function accountOf(server: FreshServer): Promise<string> {
  return (await stsOf(server).send(new GetCallerIdentityCommand({}))).Account ?? ''
}

/** Makes a user with a key, and with these rights. */
export async function makeUser(iam: IAMClient, name: string, ...rights: readonly TestStatement[]): Promise<TestUser> {
  const { User } = await iam.send(new CreateUserCommand({ UserName: name }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }))
  if (rights.length > 0) {
    await iam.send(
      new PutUserPolicyCommand({ UserName: name, PolicyName: 'rights', PolicyDocument: policy(...rights) }),
    )
  }
  return {
    name,
    arn: User?.Arn ?? '',
    credentials: { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' },
  }
}

/** Makes a role that these statements trust, with these rights; answers its ARN. */
export async function makeRole(
  iam: IAMClient,
  name: string,
  trusts: readonly TestStatement[],
  rights: readonly TestStatement[] = [],
  sessionSecondsMax?: number,
): Promise<string> {
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: policy(...trusts),
      ...(sessionSecondsMax !== undefined && { MaxSessionDuration: sessionSecondsMax }),
    }),
  )
  if (rights.length > 0) {
    await iam.send(
      new PutRolePolicyCommand({ RoleName: name, PolicyName: 'rights', PolicyDocument: policy(...rights) }),
    )
  }
  return Role?.Arn ?? ''
}

/** Makes a managed policy; answers its ARN. */
export async function makePolicy(
  iam: IAMClient,
  name: string,
  ...statements: readonly TestStatement[]
): Promise<string> {
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: name, PolicyDocument: policy(...statements) }),
  )
  return Policy?.Arn ?? ''
}

/** A client of S3 for somebody. `offsetMs`: how far his clock is ahead of the machine's. */
export const s3Of = ({ endpoint, region }: FreshServer, credentials: SdkCredentials, offsetMs = 0): S3Client =>
  new S3Client({
    endpoint: endpoint.href,
    region,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    systemClockOffset: offsetMs,
  })
