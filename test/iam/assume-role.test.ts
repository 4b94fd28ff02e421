import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import {
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DeleteUserPolicyCommand,
  type IAMClient,
  ListUsersCommand,
  PutRolePermissionsBoundaryCommand,
  PutUserPermissionsBoundaryCommand,
  UpdateAccessKeyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type AssumeRoleCommandOutput,
  GetCallerIdentityCommand,
} from '@aws-sdk/client-sts'
import aws4 from 'aws4'
import { type FreshServer, credentials as rootCredentials, freshServer } from '../fresh-server.js'
import { iamOf, sdkCredentials, type SdkCredentials, stsOf } from './clients.js'
import { accountOf, allow, makePolicy, makeRole, makeUser, policy, s3Of, type TestUser, trust } from './world.js'

describe('AssumeRole', () => {
  let server: FreshServer
  let iam: IAMClient
  let account: string
  let ann: TestUser
  let aheadMs: number

  beforeEach(async () => {
    aheadMs = 0
    server = await freshServer({ clock: { now: () => Date.now() + aheadMs } })
    iam = iamOf(server)
    account = await accountOf(server)
    ann = await makeUser(iam, 'ann')
    await server.s3.send(new PutObjectCommand({ Bucket: server.bucket, Key: 'a/stone', Body: 'stone' }))
  })

  const assume = (
    RoleArn: string,
    more: Partial<AssumeRoleCommandInput> = {},
    as: SdkCredentials = ann.credentials,
  ): Promise<AssumeRoleCommandOutput> =>
    stsOf(server, as).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'work', ...more }))

  const get = (as: SdkCredentials, Key = 'a/stone'): Promise<unknown> =>
    s3Of(server, as, aheadMs).send(new GetObjectCommand({ Bucket: server.bucket, Key }))
  const put = (as: SdkCredentials, Key = 'a/other'): Promise<unknown> =>
    s3Of(server, as, aheadMs).send(new PutObjectCommand({ Bucket: server.bucket, Key, Body: '' }))
  const list = (as: SdkCredentials): Promise<unknown> =>
    s3Of(server, as, aheadMs).send(new ListObjectsV2Command({ Bucket: server.bucket }))

  it('gives the rights of the role, and no others', async () => {
    const role = await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:GetObject')])
    const answer = await assume(role)
    match(answer.AssumedRoleUser?.AssumedRoleId ?? '', /^AROA[A-Z\d]{17}:work$/)
    equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${account}:assumed-role/reader/work`)
    equal(answer.PackedPolicySize, 0)
    const untilMs = (answer.Credentials?.Expiration?.getTime() ?? 0) - Date.now()
    ok(untilMs > 3_590_000 && untilMs <= 3_600_000, `${untilMs}`)

    const session = sdkCredentials(answer.Credentials)
    match(session.accessKeyId, /^ASIA[A-Z\d]{16}$/)
    await get(session)
    await rejects(put(session), { name: 'AccessDenied' })
    await rejects(iamOf(server, session).send(new ListUsersCommand({})), { name: 'AccessDenied' })
    // Ann's own rights are none.
    await rejects(get(ann.credentials), { name: 'AccessDenied' })

    const who = await stsOf(server, session).send(new GetCallerIdentityCommand({}))
    deepEqual(
      [who.Account, who.Arn, who.UserId],
      [account, answer.AssumedRoleUser?.Arn, answer.AssumedRoleUser?.AssumedRoleId],
    )
  })

  it('is refused to whom the role does not trust, in the words of a role that is not there', async () => {
    const bob = await makeUser(iam, 'bob', allow('sts:AssumeRole'))
    const role = await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:*')])
    const refusal = async (arn: string): Promise<string> => {
      const error: unknown = await assume(arn, {}, bob.credentials).catch((thrown: unknown) => thrown)
      ok(error instanceof Error)
      equal(error.name, 'AccessDenied')
      return error.message.replace(arn, 'ROLE')
    }
    const expected = `User: ${bob.arn} is not authorized to perform: sts:AssumeRole on resource: ROLE`
    equal(await refusal(role), expected)
    equal(await refusal(role.replace('reader', 'nobody')), expected)
    equal(await refusal(role.replace(account, '999999999999')), expected)
    equal(await refusal(role.replace('role/', 'role/some/path/')), expected)
  })

  it('where the role trusts the account, needs a policy of the user as well', async () => {
    const role = await makeRole(iam, 'reader', [trust(`arn:aws:iam::${account}:root`)])
    await rejects(assume(role), { name: 'AccessDenied' })
    const bob = await makeUser(iam, 'bob', allow('sts:AssumeRole', role))
    ok((await assume(role, {}, bob.credentials)).Credentials)
    await iam.send(new DeleteUserPolicyCommand({ UserName: 'bob', PolicyName: 'rights' }))
    await rejects(assume(role, {}, bob.credentials), { name: 'AccessDenied' })
  })

  it('is denied by a Deny of either side', async () => {
    const denied = await makeUser(iam, 'denied', { ...allow('sts:AssumeRole'), Effect: 'Deny' })
    const role = await makeRole(iam, 'reader', [
      trust(denied.arn),
      trust(ann.arn),
      { ...trust(ann.arn), Effect: 'Deny' },
    ])
    await rejects(assume(role, {}, denied.credentials), { name: 'AccessDenied' })
    await rejects(assume(role), { name: 'AccessDenied' })
  })

  it('is not for root, and not for nobody', async () => {
    const role = await makeRole(iam, 'reader', [trust('*')])
    await rejects(assume(role, {}, rootCredentials), {
      name: 'AccessDenied',
      message: 'Roles may not be assumed by root accounts.',
    })
    const answer = await fetch(server.endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `Action=AssumeRole&Version=2011-06-15&RoleSessionName=x1&RoleArn=${encodeURIComponent(role)}`,
    })
    equal(answer.status, 403)
    match(await answer.text(), /MissingAuthenticationToken/)
  })

  it("heeds conditions: ExternalId, the session's name, the user's", async () => {
    const external = await makeRole(iam, 'external', [
      trust(ann.arn, 'sts:AssumeRole', { StringEquals: { 'sts:ExternalId': 'secret-of-both' } }),
    ])
    await rejects(assume(external), { name: 'AccessDenied' })
    await rejects(assume(external, { ExternalId: 'another' }), { name: 'AccessDenied' })
    ok((await assume(external, { ExternalId: 'secret-of-both' })).Credentials)

    const named = await makeRole(iam, 'named', [
      trust(ann.arn, 'sts:AssumeRole', { StringLike: { 'sts:RoleSessionName': '${aws:username}' } }),
    ])
    await rejects(assume(named), { name: 'AccessDenied' })
    ok((await assume(named, { RoleSessionName: 'ann' })).Credentials)
  })

  it('refuses names, durations and ids that are none', async () => {
    const role = await makeRole(iam, 'reader', [trust(ann.arn)], [], 7200)
    const wrong: readonly Partial<AssumeRoleCommandInput>[] = [
      { RoleSessionName: 'x' },
      { RoleSessionName: 'x'.repeat(65) },
      { RoleSessionName: 'a b' },
      { RoleSessionName: 'a/b' },
      { DurationSeconds: 899 },
      { DurationSeconds: 7201 },
      { DurationSeconds: 43_201 },
      { DurationSeconds: -1 },
      { ExternalId: 'x' },
      { ExternalId: 'a b' },
      { RoleArn: 'reader' },
      { RoleArn: `arn:aws:iam::${account}:user/ann` },
      { SourceIdentity: 'a b' },
      { Policy: 'x'.repeat(2049) },
      { PolicyArns: [{ arn: 'x' }] },
      { Tags: [{ Key: 'aws:x', Value: '1' }] },
    ]
    for (const input of wrong) {
      await rejects(assume(role, input), { name: 'ValidationError' }, JSON.stringify(input).slice(0, 80))
    }
    ok((await assume(role, { DurationSeconds: 7200 })).Credentials)
    await rejects(assume(role, { SerialNumber: 'arn:aws:iam::1:mfa/x', TokenCode: '123456' }), {
      name: 'NotImplemented',
    })
  })

  it('ends with its time', async () => {
    const role = await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:GetObject')])
    const session = sdkCredentials((await assume(role, { DurationSeconds: 900 })).Credentials)
    aheadMs = 890_000
    await get(session)
    aheadMs = 901_000
    await rejects(get(session), { name: 'ExpiredToken' })
  })

  it("ends at once with the role, with the key that asked for it, and with the role's rights", async () => {
    const role = await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:GetObject')])
    const session = sdkCredentials((await assume(role)).Credentials)
    await get(session)
    const ownKey = { UserName: 'ann', AccessKeyId: ann.credentials.accessKeyId }
    await iam.send(new UpdateAccessKeyCommand({ ...ownKey, Status: 'Inactive' }))
    await rejects(get(session), { name: 'InvalidAccessKeyId' })
    await iam.send(new UpdateAccessKeyCommand({ ...ownKey, Status: 'Active' }))
    await get(session)

    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'reader', PolicyName: 'rights' }))
    await rejects(get(session), { name: 'AccessDenied' })
    await iam.send(new DeleteRoleCommand({ RoleName: 'reader' }))
    await rejects(get(session), { name: 'InvalidAccessKeyId' })
    // A new role by the old name is another one.
    await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:GetObject')])
    await rejects(get(session), { name: 'InvalidAccessKeyId' })
    await iam.send(new DeleteAccessKeyCommand(ownKey))
    await rejects(assume(role), { name: 'InvalidClientTokenId' })
  })

  it('is asked of the trust policy each time, and not again once it is assumed', async () => {
    const role = await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:GetObject')])
    const session = sdkCredentials((await assume(role)).Credentials)
    const nobody = policy(trust(`arn:aws:iam::${account}:user/nobody-else`))
    await makeUser(iam, 'nobody-else')
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'reader', PolicyDocument: nobody }))
    await rejects(assume(role), { name: 'AccessDenied' })
    await get(session)
  })

  describe('with session policies', () => {
    it('gives what both the role and they allow', async () => {
      const role = await makeRole(iam, 'writer', [trust(ann.arn)], [allow(['s3:GetObject', 's3:PutObject'])])
      const narrow = policy(allow(['s3:GetObject', 's3:ListBucket']))
      const session = sdkCredentials((await assume(role, { Policy: narrow })).Credentials)
      await get(session)
      await rejects(put(session), { name: 'AccessDenied' })
      // The role does not allow it.
      await rejects(list(session), { name: 'AccessDenied' })
    })

    it('takes managed ones by ARN, as they are when they are used', async () => {
      const role = await makeRole(iam, 'writer', [trust(ann.arn)], [allow('s3:*')])
      const own = await makePolicy(iam, 'putting', allow('s3:PutObject'))
      const reading = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
      const answer = await assume(role, { PolicyArns: [{ arn: own }] })
      const session = sdkCredentials(answer.Credentials)
      ok((answer.PackedPolicySize ?? 0) > 0)
      await put(session)
      await rejects(get(session), { name: 'AccessDenied' })
      const both = sdkCredentials((await assume(role, { PolicyArns: [{ arn: own }, { arn: reading }] })).Credentials)
      await put(both)
      await get(both)
    })

    it('refuses what is no policy, too many, and ARNs of none', async () => {
      const role = await makeRole(iam, 'writer', [trust(ann.arn)], [allow('s3:*')])
      for (const Policy of [
        '{}',
        'no',
        policy({ Effect: 'Maybe', Action: '*', Resource: '*' }),
        policy(trust(ann.arn)),
      ]) {
        await rejects(assume(role, { Policy }), { name: 'MalformedPolicyDocumentException' }, Policy)
      }
      const missing = `arn:aws:iam::${account}:policy/missing`
      await rejects(assume(role, { PolicyArns: [{ arn: missing }] }), { name: 'ValidationError' })
      const many = Array.from({ length: 11 }, (_, at) => ({ arn: `arn:aws:iam::aws:policy/P${at}` }))
      await rejects(assume(role, { PolicyArns: many }), { name: 'ValidationError' })
    })
  })

  describe('with session tags', () => {
    const tagging = ['sts:AssumeRole', 'sts:TagSession']
    const ofTeam = allow('s3:GetObject', 'arn:aws:s3:::*/${aws:PrincipalTag/team}/*')

    it('makes them tags of the principal, where the role allows to tag', async () => {
      const plain = await makeRole(iam, 'plain', [trust(ann.arn)])
      await rejects(assume(plain, { Tags: [{ Key: 'team', Value: 'a' }] }), {
        name: 'AccessDenied',
        message: /sts:TagSession/,
      })
      const role = await makeRole(iam, 'team', [trust(ann.arn, tagging)], [ofTeam])
      const one = sdkCredentials((await assume(role, { Tags: [{ Key: 'team', Value: 'a' }] })).Credentials)
      const other = sdkCredentials((await assume(role, { Tags: [{ Key: 'team', Value: 'b' }] })).Credentials)
      await get(one)
      await rejects(get(other), { name: 'AccessDenied' })
    })

    it('heeds conditions on them', async () => {
      const role = await makeRole(iam, 'team', [
        trust(ann.arn, tagging, {
          StringEquals: { 'aws:RequestTag/team': ['a', 'b'] },
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] },
        }),
      ])
      ok((await assume(role, { Tags: [{ Key: 'team', Value: 'b' }] })).Credentials)
      await rejects(assume(role, { Tags: [{ Key: 'team', Value: 'c' }] }), { name: 'AccessDenied' })
      await rejects(
        assume(role, {
          Tags: [
            { Key: 'team', Value: 'a' },
            { Key: 'x', Value: '' },
          ],
        }),
        {
          name: 'AccessDenied',
        },
      )
    })

    it('refuses the same key twice, in whatever case, and too much of them', async () => {
      const role = await makeRole(iam, 'team', [trust(ann.arn, tagging)])
      const twice = [
        { Key: 'team', Value: 'a' },
        { Key: 'Team', Value: 'b' },
      ]
      await rejects(assume(role, { Tags: twice }), { name: 'InvalidParameterValue' })
      const random = (length: number): string =>
        Array.from({ length }, () => String.fromCharCode(0x4e00 + Math.floor(Math.random() * 20_000))).join('')
      const large = Array.from({ length: 50 }, () => ({ Key: random(64), Value: random(128) }))
      await rejects(assume(role, { Tags: large }), { name: 'PackedPolicyTooLargeException' })
    })

    it('hands transitive ones on to the next role, where nobody can change them', async () => {
      const first = await makeRole(iam, 'first', [trust(ann.arn, tagging)], [allow(tagging)])
      const second = await makeRole(iam, 'second', [trust(first, tagging)], [ofTeam])
      const Tags = [
        { Key: 'team', Value: 'a' },
        { Key: 'own', Value: 'x' },
      ]
      const session = sdkCredentials((await assume(first, { Tags, TransitiveTagKeys: ['team'] })).Credentials)
      const chained = sdkCredentials((await assume(second, {}, session)).Credentials)
      await get(chained)
      await rejects(assume(second, { Tags: [{ Key: 'TEAM', Value: 'b' }] }, session), { name: 'InvalidParameterValue' })
      await rejects(assume(first, { TransitiveTagKeys: ['team'] }), { name: 'InvalidParameterValue' })
    })
  })

  it('keeps a source identity through roles', async () => {
    const actions = ['sts:AssumeRole', 'sts:SetSourceIdentity']
    const first = await makeRole(iam, 'first', [trust(ann.arn, actions)], [allow(actions)])
    const ofZoe = { StringEquals: { 'aws:SourceIdentity': 'zoe' } }
    const second = await makeRole(iam, 'second', [trust(first, actions, ofZoe)], [allow('s3:GetObject')])
    const plain = await makeRole(iam, 'plain', [trust(ann.arn)])
    await rejects(assume(plain, { SourceIdentity: 'zoe' }), { name: 'AccessDenied', message: /sts:SetSourceIdentity/ })
    const answer = await assume(first, { SourceIdentity: 'zoe' })
    equal(answer.SourceIdentity, 'zoe')
    const chained = await assume(second, {}, sdkCredentials(answer.Credentials))
    equal(chained.SourceIdentity, 'zoe')
    await rejects(assume(second, { SourceIdentity: 'max' }, sdkCredentials(answer.Credentials)), {
      name: 'AccessDenied',
    })
    const without = sdkCredentials((await assume(first)).Credentials)
    await rejects(assume(second, {}, without), { name: 'AccessDenied' })
  })

  it('from a session of a role lasts for an hour at most', async () => {
    const first = await makeRole(iam, 'first', [trust(ann.arn)], [allow('sts:AssumeRole')], 43_200)
    const second = await makeRole(iam, 'second', [trust(first)], [allow('s3:GetObject')], 43_200)
    const session = sdkCredentials((await assume(first, { DurationSeconds: 43_200 })).Credentials)
    await rejects(assume(second, { DurationSeconds: 3601 }, session), {
      name: 'ValidationError',
      message: /role chaining/,
    })
    const chained = sdkCredentials((await assume(second, { DurationSeconds: 3600 }, session)).Credentials)
    await get(chained)
    // The key at the chain's beginning is its end.
    await iam.send(new DeleteAccessKeyCommand({ UserName: 'ann', AccessKeyId: ann.credentials.accessKeyId }))
    await rejects(get(chained), { name: 'InvalidAccessKeyId' })
  })

  it('does not go beyond the boundary of who asks', async () => {
    const role = await makeRole(iam, 'reader', [trust(`arn:aws:iam::${account}:root`)])
    const bob = await makeUser(iam, 'bob', allow('sts:AssumeRole', role))
    const bounded = (PermissionsBoundary: string) =>
      iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'bob', PermissionsBoundary }))
    await bounded(await makePolicy(iam, 'only-s3', allow('s3:*')))
    await rejects(assume(role, {}, bob.credentials), { name: 'AccessDenied' })
    await bounded(await makePolicy(iam, 'more', allow(['s3:*', 'sts:AssumeRole'])))
    ok((await assume(role, {}, bob.credentials)).Credentials)
  })

  it('does not go beyond the boundary of the role', async () => {
    const role = await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:*')])
    const boundary = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: 'reader', PermissionsBoundary: boundary }))
    const session = sdkCredentials((await assume(role)).Credentials)
    await get(session)
    await rejects(put(session), { name: 'AccessDenied' })
  })

  it('gives tokens that hold for their own key only, and not when changed', async () => {
    const role = await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:GetObject')])
    const one = sdkCredentials((await assume(role)).Credentials)
    const other = sdkCredentials((await assume(role)).Credentials)
    await rejects(get({ ...one, sessionToken: other.sessionToken }), { name: 'InvalidToken' })
    await rejects(get({ ...ann.credentials, sessionToken: one.sessionToken }), { name: 'InvalidToken' })
    await rejects(get({ accessKeyId: one.accessKeyId, secretAccessKey: one.secretAccessKey }), {
      name: 'InvalidAccessKeyId',
    })
    await rejects(get({ ...one, secretAccessKey: other.secretAccessKey }), { name: 'SignatureDoesNotMatch' })
    const at = Math.floor(one.sessionToken.length / 2)
    const letter = one.sessionToken[at] === 'A' ? 'B' : 'A'
    const changed = { ...one, sessionToken: one.sessionToken.slice(0, at) + letter + one.sessionToken.slice(at + 1) }
    await rejects(get(changed), { name: 'InvalidToken' })
    await rejects(stsOf(server, changed).send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' })
  })

  it('signs presigned URLs, which end with it', async () => {
    const role = await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:GetObject')])
    const session = sdkCredentials((await assume(role, { DurationSeconds: 900 })).Credentials)
    const { host } = server.endpoint
    const path = `/${server.bucket}/a/stone?X-Amz-Expires=86400`
    const request = { host, path, service: 's3', region: server.region, method: 'GET', signQuery: true }
    aws4.sign(request, session)
    const url = new URL(request.path, server.endpoint)
    equal(await (await fetch(url)).text(), 'stone')
    const otherToken = new URL(url)
    otherToken.searchParams.set('X-Amz-Security-Token', 'AAAA')
    equal((await fetch(otherToken)).status, 400)
    otherToken.searchParams.delete('X-Amz-Security-Token')
    equal((await fetch(otherToken)).status, 403)
    aheadMs = 901_000
    const late = await fetch(url)
    equal(late.status, 400)
    match(await late.text(), /<Code>ExpiredToken<\/Code>/)
  })

  it('survives a new start of the server', async () => {
    const role = await makeRole(iam, 'reader', [trust(ann.arn)], [allow('s3:GetObject')])
    const session = sdkCredentials((await assume(role)).Credentials)
    server = await server.restart()
    await get(session)
  })
})
