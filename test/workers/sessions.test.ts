// Identities and sessions where several processes serve: what one of them gave or took away holds in all.

import { equal, notEqual, ok } from 'node:assert/strict'
import { IAMClient, UpdateAccessKeyCommand } from '@aws-sdk/client-iam'
import { ListObjectsV2Command, type ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, GetSessionTokenCommand, STSClient, STSServiceException } from '@aws-sdk/client-sts'
import { sdkCredentials, type SdkCredentials } from '../iam/clients.js'
import { allow, makeRole, makeUser, trust } from '../iam/world.js'
import { credentials } from '../server-process.js'
import { afterEachTest } from '../store/temporary-directory.js'
import { twoWorkers, workerOf } from './clients.js'
import { until } from './processes.js'

describe('A server of two workers, its sessions', function () {
  this.timeout(60_000)
  const later = afterEachTest()

  it('are good in both, and end in both at once', async () => {
    const { server, one, other, bucket } = await twoWorkers(later)
    notEqual(await workerOf(one), await workerOf(other))
    const settings = { endpoint: server.endpoint, region: 'us-east-1', maxAttempts: 1 }
    const iam = new IAMClient({ ...settings, credentials })
    later(() => iam.destroy())
    const ann = await makeUser(iam, 'ann', allow('s3:ListBucket'))
    const role = await makeRole(iam, 'lister', [trust(ann.arn)], [allow('s3:ListBucket')])
    const sts = new STSClient({ ...settings, credentials: ann.credentials })
    later(() => sts.destroy())
    const assumed = await sts.send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'both' }))
    const own = await sts.send(new GetSessionTokenCommand({}))

    const everybody: SdkCredentials[] = [
      ann.credentials,
      sdkCredentials(assumed.Credentials),
      sdkCredentials(own.Credentials),
    ]
    // Each of these clients has a connection of its own, and the supervisor gives connections to both workers in turn.
    const clients: S3Client[] = everybody.flatMap((who) =>
      Array.from({ length: 4 }, () => new S3Client({ ...settings, credentials: who, forcePathStyle: true })),
    )
    for (const client of clients) later(() => client.destroy())
    const list = (client: S3Client): Promise<ListObjectsV2CommandOutput> =>
      client.send(new ListObjectsV2Command({ Bucket: bucket }))
    const answers = await Promise.all(clients.map(list))
    equal(new Set(answers.map(({ $metadata }) => $metadata.extendedRequestId)).size, 2)

    const ownKey = { UserName: 'ann', AccessKeyId: ann.credentials.accessKeyId }
    for (let round = 0; round < 10; round++) {
      await iam.send(new UpdateAccessKeyCommand({ ...ownKey, Status: 'Inactive' }))
      const ends = await Promise.allSettled(clients.map(list))
      equal(ends.filter(({ status }) => status === 'fulfilled').length, 0, `round ${round}`)
      await iam.send(new UpdateAccessKeyCommand({ ...ownKey, Status: 'Active' }))
      await Promise.all(clients.map(list))
    }
  })

  it('that are denied are explained in the log, by request id, and to nobody else', async () => {
    const { server } = await twoWorkers(later)
    const settings = { endpoint: server.endpoint, region: 'us-east-1', maxAttempts: 1 }
    const iam = new IAMClient({ ...settings, credentials })
    later(() => iam.destroy())
    const ann = await makeUser(iam, 'ann')
    const denial = { ...trust(ann.arn), Sid: 'NotAnn', Effect: 'Deny' }
    const role = await makeRole(iam, 'closed', [trust(ann.arn), denial])
    const sts = new STSClient({ ...settings, credentials: ann.credentials })
    later(() => sts.destroy())
    const error: unknown = await sts
      .send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'none' }))
      .catch((thrown: unknown) => thrown)
    ok(error instanceof STSServiceException && error.name === 'AccessDenied', String(error))
    ok(!error.message.includes('NotAnn'), error.message)
    const { requestId } = error.$metadata
    ok(requestId !== undefined)
    await until('the denial in the log', () =>
      server
        .output()
        .split('\n')
        .some((line) => line.includes(requestId) && line.includes('NotAnn')),
    )
  })
})
