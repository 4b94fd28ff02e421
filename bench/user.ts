// A user with as many managed policies as IAM allows, for what asking them costs beside root, whom none are asked about.

import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  IAMClient,
} from '@aws-sdk/client-iam'
import { credentials, region } from '../test/server-process.js'

/** A key as requests are signed with it. */
export interface Signer {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** IAM's default quota of managed policies a user may have. */
const policies = 10

/** Users by the port of the server they were made at. */
const users = new Map<number, Signer>()

/** The user at a server, once `makeUser` has made it.
 *  @throws Error before */
export function userOf(port: number): Signer {
  const user = users.get(port)
  if (user === undefined) throw new Error(`no user was made at port ${port}`)
  return user
}

/** Makes the user with ten policies at a server that has IAM. Of thirty statements the last allows what is measured; the others are about other teams,
 *  with conditions and variables, and one in three denies. */
export async function makeUser(port: number): Promise<void> {
  const iam = new IAMClient({ endpoint: `http://127.0.0.1:${port}`, region, credentials })
  const UserName = 'bench'
  await iam.send(new CreateUserCommand({ UserName }))
  for (let i = 0; i < policies; i += 1) {
    const { Policy } = await iam.send(
      new CreatePolicyCommand({ PolicyName: `team-${i}`, PolicyDocument: documentOf(i) }),
    )
    await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: Policy?.Arn }))
  }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  users.set(port, {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  })
  iam.destroy()
}

function documentOf(i: number): string {
  const bucket = i === policies - 1 ? 'objects' : `team-${i}`
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: `arn:aws:s3:::${bucket}`,
        Condition: { StringLike: { 's3:prefix': ['', 'home/${aws:username}/*'] } },
      },
      {
        Effect: 'Deny',
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        Resource: `arn:aws:s3:::${bucket}/private/*`,
        Condition: { StringNotEquals: { 'aws:username': 'nobody' } },
      },
      { Effect: 'Allow', Action: ['s3:Get*', 's3:PutObject'], Resource: `arn:aws:s3:::${bucket}/*` },
    ],
  })
}
