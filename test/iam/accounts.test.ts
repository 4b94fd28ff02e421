// Two accounts on one server: neither sees the other's identities, and a role is assumed across only where both sides allow it.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import {
  AttachUserPolicyCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeleteUserCommand,
  GetPolicyCommand,
  GetUserCommand,
  type IAMClient,
  ListPoliciesCommand,
  ListUsersCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { AccountName } from '../../src/contract/access.js'
import { makeAccount, makeKey } from '../access/people.js'
import { type FreshServer, freshServer } from '../fresh-server.js'
import { iamOf, sdkCredentials, type SdkCredentials, stsOf } from './clients.js'
import { accountOf, allow, makePolicy, makeRole, makeUser, policy, type TestUser, trust } from './world.js'

describe('two accounts', () => {
  let server: FreshServer
  let here: IAMClient
  let there: IAMClient
  let other: AccountName
  let ann: TestUser
  let zoe: TestUser

  beforeEach(async () => {
    server = await freshServer({ hasBucket: false })
    here = iamOf(server)
    const { store } = server.server
    other = await makeAccount(store, 'other')
    const key = await makeKey(store, other)
    there = iamOf(server, key)
    const who = await stsOf(server, key).send(new GetCallerIdentityCommand({}))
    deepEqual([who.Account, who.Arn], [other.number, `arn:aws:iam::${other.number}:root`])
    ann = await makeUser(here, 'ann')
    zoe = await makeUser(there, 'zoe')
  })

  it("do not see each other's users and policies", async () => {
    const arn = await makePolicy(here, 'own', allow('s3:*'))
    const users = async (iam: IAMClient) =>
      (await iam.send(new ListUsersCommand({}))).Users?.map(({ UserName }) => UserName)
    deepEqual([await users(here), await users(there)], [['ann'], ['zoe']])
    await rejects(there.send(new GetUserCommand({ UserName: 'ann' })), { name: 'NoSuchEntityException' })
    await rejects(there.send(new DeleteUserCommand({ UserName: 'ann' })), { name: 'NoSuchEntityException' })
    await rejects(
      there.send(new UpdateAccessKeyCommand({ AccessKeyId: ann.credentials.accessKeyId, Status: 'Inactive' })),
      {
        name: 'NoSuchEntityException',
      },
    )
    equal((await there.send(new ListPoliciesCommand({ Scope: 'Local' }))).Policies?.length, 0)
    for (const command of [new GetPolicyCommand({ PolicyArn: arn }), new DeletePolicyCommand({ PolicyArn: arn })]) {
      const error: unknown = await there.send(command).catch((thrown: unknown) => thrown)
      ok(error instanceof Error && /NoSuchEntity|AccessDenied/.test(error.name), String(error))
    }
    await rejects(there.send(new AttachUserPolicyCommand({ UserName: 'zoe', PolicyArn: arn })), {
      name: 'NoSuchEntityException',
    })
    // The same name in both is two users.
    await there.send(new CreateUserCommand({ UserName: 'ann' }))
    await there.send(new DeleteUserCommand({ UserName: 'ann' }))
    ok(await here.send(new GetUserCommand({ UserName: 'ann' })))
  })

  it('assume roles across only where both sides allow it', async () => {
    const assume = (RoleArn: string, as: SdkCredentials = zoe.credentials) =>
      stsOf(server, as).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'guest' }))
    const trusting = await makeRole(here, 'trusting', [trust(zoe.arn)])
    const closed = await makeRole(here, 'closed', [trust(ann.arn)])
    // Named by the role, and not allowed by its own account.
    await rejects(assume(trusting), { name: 'AccessDenied' })
    const mayAssume = policy(allow('sts:AssumeRole'))
    await there.send(new PutUserPolicyCommand({ UserName: 'zoe', PolicyName: 'p', PolicyDocument: mayAssume }))
    const { Credentials, AssumedRoleUser } = await assume(trusting)
    const number = await accountOf(server)
    equal(AssumedRoleUser?.Arn, `arn:aws:sts::${number}:assumed-role/trusting/guest`)
    equal((await stsOf(server, sdkCredentials(Credentials)).send(new GetCallerIdentityCommand({}))).Account, number)
    // Allowed by its own account, and not trusted.
    await rejects(assume(closed), { name: 'AccessDenied' })
  })
})
