// What was taken away by one worker is gone in the other with the acknowledgement.

import { equal } from 'node:assert/strict'
import { Agent } from 'node:http'
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DetachUserPolicyCommand,
  IAMClient,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import {
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { outcomeOf } from '../access/people.js'
import { credentials, region } from '../server-process.js'
import { afterEachTest } from '../store/temporary-directory.js'
import { twoWorkers, workerOf } from './clients.js'
import { until } from './processes.js'

const rounds = 25
const readOnly = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'

describe('Rights on a server of two workers', function () {
  this.timeout(120_000)
  const later = afterEachTest()

  it('end with the acknowledgement, whichever worker gives it and whichever is asked', async () => {
    const { server, one, bucket } = await twoWorkers(later)
    const iam = new IAMClient({ endpoint: server.endpoint, region, credentials, maxAttempts: 1 })
    later(() => iam.destroy())
    await one.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x' }))
    const { User } = await iam.send(new CreateUserCommand({ UserName: 'ann' }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }))
    const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {}
    const ofAnn = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey }
    await iam.send(new AttachUserPolicyCommand({ UserName: 'ann', PolicyArn: readOnly }))
    const clients = await clientsOfBoth(server.endpoint, ofAnn, later)
    const read = async (s3: S3Client): Promise<string | undefined> =>
      (await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a' }))).Body?.transformToString()
    const reads = (): Promise<string[]> => Promise.all(clients.map((s3) => outcomeOf(read(s3))))
    const all = async (outcome: string, why: string): Promise<void> => {
      for (const found of await reads()) equal(found, outcome, why)
    }

    const key = { UserName: 'ann', AccessKeyId }
    const attached = { UserName: 'ann', PolicyArn: readOnly }
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: { AWS: User?.Arn },
          Action: 's3:GetObject',
          Resource: `arn:aws:s3:::${bucket}/*`,
        },
      ],
    })
    for (let round = 0; round < rounds; round += 1) {
      await all('allowed', `round ${round}`)
      await iam.send(new UpdateAccessKeyCommand({ ...key, Status: 'Inactive' }))
      await all('403 InvalidAccessKeyId', `round ${round}, disabled`)
      await iam.send(new UpdateAccessKeyCommand({ ...key, Status: 'Active' }))
      await all('allowed', `round ${round}, enabled`)
      await iam.send(new DetachUserPolicyCommand(attached))
      await all('403 AccessDenied', `round ${round}, without its policy`)
      await iam.send(new AttachUserPolicyCommand(attached))
      await all('allowed', `round ${round}, with its policy`)
      await one.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
      await all('403 AccessDenied', `round ${round}, denied by the bucket`)
      await one.send(new DeleteBucketPolicyCommand({ Bucket: bucket }))
    }
    await iam.send(new DeleteAccessKeyCommand(key))
    await all('403 InvalidAccessKeyId', 'deleted')
    equal(await server.stop(), 0)
  })
})

/** A client of each worker, for somebody who may list his buckets. */
async function clientsOfBoth(
  endpoint: string,
  of: { readonly accessKeyId: string; readonly secretAccessKey: string },
  later: (end: () => unknown) => void,
): Promise<S3Client[]> {
  const found = new Map<string | undefined, S3Client>()
  await until('a client of each worker', async () => {
    const httpAgent = new Agent({ keepAlive: true, maxSockets: 1 })
    const requestHandler = { httpAgent }
    const s3 = new S3Client({ endpoint, region, credentials: of, forcePathStyle: true, maxAttempts: 1, requestHandler })
    later(() => {
      s3.destroy()
      httpAgent.destroy()
    })
    const worker = await workerOf(s3)
    if (!found.has(worker)) found.set(worker, s3)
    return found.size === 2
  })
  return [...found.values()]
}
