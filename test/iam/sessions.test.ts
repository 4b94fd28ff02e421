// GetSessionToken, GetFederationToken and GetAccessKeyInfo.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { GetUserCommand, type IAMClient, ListUsersCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam'
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import {
  AssumeRoleCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import { makeKey, operatorsAccount } from '../access/people.js'
import { credentials as rootCredentials, type FreshServer, freshServer } from '../fresh-server.js'
import { iamOf, sdkCredentials, type SdkCredentials, stsOf } from './clients.js'
import { accountOf, allow, makeRole, makeUser, policy, s3Of, type TestUser, trust } from './world.js'

describe('sessions of users', () => {
  let server: FreshServer
  let iam: IAMClient
  let ann: TestUser
  let aheadMs: number

  beforeEach(async () => {
    aheadMs = 0
    server = await freshServer({ clock: { now: () => Date.now() + aheadMs } })
    iam = iamOf(server)
    ann = await makeUser(iam, 'ann', allow(['s3:GetObject', 'iam:*', 'sts:*']))
    await server.s3.send(new PutObjectCommand({ Bucket: server.bucket, Key: 'stone', Body: 'stone' }))
  })

  const get = (as: SdkCredentials): Promise<unknown> =>
    s3Of(server, as, aheadMs).send(new GetObjectCommand({ Bucket: server.bucket, Key: 'stone' }))
  const put = (as: SdkCredentials): Promise<unknown> =>
    s3Of(server, as, aheadMs).send(new PutObjectCommand({ Bucket: server.bucket, Key: 'other', Body: '' }))

  describe('GetSessionToken', () => {
    const session = async (seconds?: number, as: SdkCredentials = ann.credentials) =>
      sdkCredentials(
        (
          await stsOf(server, as).send(
            new GetSessionTokenCommand(seconds === undefined ? {} : { DurationSeconds: seconds }),
          )
        ).Credentials,
      )

    it('gives the rights of the user on S3, and his name', async () => {
      const temporary = await session()
      await get(temporary)
      await rejects(put(temporary), { name: 'AccessDenied' })
      const [own, other] = await Promise.all(
        [ann.credentials, temporary].map((as) => stsOf(server, as).send(new GetCallerIdentityCommand({}))),
      )
      deepEqual([other?.Arn, other?.UserId], [own?.Arn, own?.UserId])
    })

    it('lasts for 15 minutes to 36 hours', async () => {
      await rejects(session(899), { name: 'ValidationError' })
      await rejects(session(129_601), { name: 'ValidationError' })
      const short = await session(900)
      const long = await session(129_600)
      aheadMs = 901_000
      await rejects(get(short), { name: 'ExpiredToken' })
      aheadMs = 129_590_000
      await get(long)
      aheadMs = 129_601_000
      await rejects(get(long), { name: 'ExpiredToken' })
    })

    it('calls neither IAM nor itself, and assumes roles', async () => {
      const temporary = await session()
      await iamOf(server, ann.credentials).send(new ListUsersCommand({}))
      await rejects(iamOf(server, temporary).send(new ListUsersCommand({})), { name: 'AccessDenied' })
      await rejects(session(900, temporary), { name: 'AccessDenied' })
      await rejects(
        stsOf(server, temporary).send(new GetFederationTokenCommand({ Name: 'bob', Policy: policy(allow('*')) })),
        { name: 'AccessDenied' },
      )
      const RoleArn = await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:GetObject')])
      const answer = await stsOf(server, temporary).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'work' }))
      await get(sdkCredentials(answer.Credentials))
    })

    it('ends at once with the key that asked for it', async () => {
      const temporary = await session()
      await get(temporary)
      const ownKey = { UserName: 'ann', AccessKeyId: ann.credentials.accessKeyId }
      await iam.send(new UpdateAccessKeyCommand({ ...ownKey, Status: 'Inactive' }))
      await rejects(get(temporary), { name: 'InvalidAccessKeyId' })
    })

    it('is for root too, for an hour', async () => {
      const { Credentials } = await stsOf(server).send(new GetSessionTokenCommand({ DurationSeconds: 7200 }))
      const untilMs = (Credentials?.Expiration?.getTime() ?? 0) - Date.now()
      ok(untilMs <= 3_600_000 && untilMs > 3_590_000, `${untilMs}`)
      await put(sdkCredentials(Credentials))
      await s3Of(server, sdkCredentials(Credentials)).send(new ListBucketsCommand({}))
    })

    it('takes no code of a second factor that nobody checks', async () => {
      await rejects(
        stsOf(server, ann.credentials).send(
          new GetSessionTokenCommand({ SerialNumber: 'device', TokenCode: '123456' }),
        ),
        { name: 'NotImplemented' },
      )
    })
  })

  describe('GetFederationToken', () => {
    const federate = (Policy?: string, as: SdkCredentials = ann.credentials) =>
      stsOf(server, as).send(new GetFederationTokenCommand({ Name: 'guest', ...(Policy !== undefined && { Policy }) }))

    it('gives what both the user and the policy allow', async () => {
      const answer = await federate(policy(allow(['s3:GetObject', 's3:PutObject'])))
      match(answer.FederatedUser?.Arn ?? '', /^arn:aws:sts::\d{12}:federated-user\/guest$/)
      const guest = sdkCredentials(answer.Credentials)
      await get(guest)
      await rejects(put(guest), { name: 'AccessDenied' })
      const who = await stsOf(server, guest).send(new GetCallerIdentityCommand({}))
      deepEqual([who.Arn, who.UserId], [answer.FederatedUser?.Arn, answer.FederatedUser?.FederatedUserId])
    })

    it("gives nothing without a policy, to root's guests either", async () => {
      await rejects(get(sdkCredentials((await federate()).Credentials)), { name: 'AccessDenied' })
      await rejects(get(sdkCredentials((await federate(undefined, rootCredentials)).Credentials)), {
        name: 'AccessDenied',
      })
      const guest = sdkCredentials((await federate(policy(allow('s3:GetObject')), rootCredentials)).Credentials)
      await get(guest)
      await rejects(put(guest), { name: 'AccessDenied' })
    })

    it('needs the right to, and gives none on IAM and STS', async () => {
      const bob = await makeUser(iam, 'bob', allow('s3:*'))
      await rejects(federate(policy(allow('*')), bob.credentials), { name: 'AccessDenied' })
      const guest = sdkCredentials((await federate(policy(allow('*')))).Credentials)
      await rejects(iamOf(server, guest).send(new GetUserCommand({ UserName: 'ann' })), { name: 'AccessDenied' })
      await rejects(stsOf(server, guest).send(new GetSessionTokenCommand({})), { name: 'AccessDenied' })
      await rejects(federate(policy(allow('*')), guest), { name: 'AccessDenied' })
    })
  })

  // Security rule 7: "A child's rights (session, service account) are a subset of its parent's when made and when used".
  it('of a service account have no right that its own policy does not give', async () => {
    const { store } = server.server
    const account = operatorsAccount(store, server.server.rootKey.accountId)
    const owner = { account, id: '', name: 'ann', arn: ann.arn }
    const key = await makeKey(store, owner, { policy: policy(allow(['s3:PutObject', 'sts:GetFederationToken'])) })
    const RoleArn = await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:GetObject')])
    const sts = stsOf(server, key)
    const session = sdkCredentials((await sts.send(new GetSessionTokenCommand({}))).Credentials)
    const all = policy(allow('*'))
    const guest = sdkCredentials(
      (await sts.send(new GetFederationTokenCommand({ Name: 'x1', Policy: all }))).Credentials,
    )
    for (const as of [key, session, guest]) {
      // Ann may read and not write, the key may write and not read.
      await rejects(get(as), { name: 'AccessDenied' })
      await rejects(put(as), { name: 'AccessDenied' })
      await rejects(stsOf(server, as).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'x1' })), {
        name: 'AccessDenied',
      })
    }
    await get(ann.credentials)
  })

  it('GetAccessKeyInfo tells the account of a key', async () => {
    const account = await accountOf(server)
    const ask = (AccessKeyId: string) => stsOf(server).send(new GetAccessKeyInfoCommand({ AccessKeyId }))
    equal((await ask(ann.credentials.accessKeyId)).Account, account)
    equal((await ask(rootCredentials.accessKeyId)).Account, account)
    await rejects(ask('AKIAUNKNOWN000000000'), { name: 'ValidationError' })
    const bob = await makeUser(iam, 'bob')
    await rejects(
      stsOf(server, bob.credentials).send(new GetAccessKeyInfoCommand({ AccessKeyId: ann.credentials.accessKeyId })),
      { name: 'AccessDenied' },
    )
  })
})
