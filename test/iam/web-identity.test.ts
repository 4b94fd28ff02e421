// AssumeRoleWithWebIdentity with a real issuer on this machine: nobody signs, the token is the proof.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import {
  CreateOpenIDConnectProviderCommand,
  DeleteOpenIDConnectProviderCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  type IAMClient,
  RemoveClientIDFromOpenIDConnectProviderCommand,
} from '@aws-sdk/client-iam'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import {
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandInput,
  type AssumeRoleWithWebIdentityCommandOutput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { type FreshServer, freshServer } from '../fresh-server.js'
import { audience, type Issuer, newKey, openIssuer } from '../identity/issuer.js'
import { iamOf, sdkCredentials, type SdkCredentials, stsOf } from './clients.js'
import { accountOf, allow, makeRole, policy, s3Of, trust } from './world.js'

const action = 'sts:AssumeRoleWithWebIdentity'

describe('AssumeRoleWithWebIdentity', () => {
  let server: FreshServer
  let issuer: Issuer
  let iam: IAMClient
  let host: string
  let provider: string

  beforeEach(async () => {
    issuer = await openIssuer()
    host = issuer.url.replace('http://', '')
    await open({ oidcAllowPrivate: true })
  })
  afterEach(() => issuer.close())

  async function open(settings: { oidcAllowPrivate: boolean }): Promise<void> {
    server = await freshServer({ settings })
    iam = iamOf(server)
    provider = `arn:aws:iam::${await accountOf(server)}:oidc-provider/${host}`
    const { OpenIDConnectProviderArn } = await iam.send(
      new CreateOpenIDConnectProviderCommand({ Url: `https://${host}`, ClientIDList: [audience] }),
    )
    equal(OpenIDConnectProviderArn, provider)
    await server.s3.send(new PutObjectCommand({ Bucket: server.bucket, Key: 'ann/stone', Body: 'stone' }))
  }

  /** A client without credentials, as an application that has nothing but its token. */
  const assume = (
    RoleArn: string,
    WebIdentityToken: string,
    more: Partial<AssumeRoleWithWebIdentityCommandInput> = {},
  ): Promise<AssumeRoleWithWebIdentityCommandOutput> =>
    new STSClient({ endpoint: server.endpoint.href, region: server.region, maxAttempts: 1 }).send(
      new AssumeRoleWithWebIdentityCommand({ RoleArn, WebIdentityToken, RoleSessionName: 'browser', ...more }),
    )
  const get = (as: SdkCredentials, Key = 'ann/stone'): Promise<unknown> =>
    s3Of(server, as).send(new GetObjectCommand({ Bucket: server.bucket, Key }))
  const put = (as: SdkCredentials, Key: string): Promise<unknown> =>
    s3Of(server, as).send(new PutObjectCommand({ Bucket: server.bucket, Key, Body: '' }))

  const trusted = (
    name: string,
    condition?: Record<string, unknown>,
    rights = [allow('s3:GetObject')],
  ): Promise<string> => makeRole(iam, name, [trust({ Federated: provider }, action, condition)], rights)

  it('gives the rights of a role that trusts the issuer', async () => {
    const role = await trusted('web')
    const answer = await assume(role, await issuer.token())
    equal(answer.SubjectFromWebIdentityToken, 'ann')
    equal(answer.Audience, audience)
    equal(answer.Provider, provider)
    match(answer.AssumedRoleUser?.Arn ?? '', /assumed-role\/web\/browser$/)
    const session = sdkCredentials(answer.Credentials)
    await get(session)
    await rejects(put(session, 'x'), { name: 'AccessDenied' })
    const who = await stsOf(server, session).send(new GetCallerIdentityCommand({}))
    equal(who.Arn, answer.AssumedRoleUser?.Arn)
  })

  it('is answered to a GET as well, as AWS documents it', async () => {
    const role = await trusted('web')
    const url = new URL(server.endpoint)
    url.search = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: 'browser',
      WebIdentityToken: await issuer.token(),
    }).toString()
    const answer = await fetch(url)
    equal(answer.status, 200)
    match(await answer.text(), /<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA/)
  })

  it("heeds conditions on the token's claims, when it is assumed and when it is used", async () => {
    const role = await trusted('web', { StringEquals: { [`${host}:sub`]: 'ann', [`${host}:aud`]: audience } }, [
      allow(['s3:GetObject', 's3:PutObject'], `arn:aws:s3:::*/\${${host}:sub}/*`),
    ])
    await rejects(assume(role, await issuer.token({ sub: 'bob' })), { name: 'AccessDenied' })
    const session = sdkCredentials((await assume(role, await issuer.token())).Credentials)
    await get(session)
    await put(session, 'ann/other')
    await rejects(put(session, 'bob/other'), { name: 'AccessDenied' })
  })

  it('says no more of a role that trusts others than of one that is not there', async () => {
    const other = await makeRole(iam, 'other', [trust({ Federated: `${provider}-not` }, action)])
    const ofUsers = await makeRole(iam, 'users', [trust('*')])
    const token = await issuer.token()
    for (const role of [other, ofUsers, other.replace('other', 'missing')]) {
      await rejects(
        assume(role, token),
        { name: 'AccessDenied', message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity' },
        role,
      )
    }
  })

  it('refuses tokens that do not prove it', async () => {
    const role = await trusted('web')
    const foreign = await newKey('first')
    const [header, payload] = (await issuer.token()).split('.')
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    const cases: readonly (readonly [token: string, name: string])[] = [
      [await issuer.token({ aud: 'another' }), 'InvalidIdentityTokenException'],
      [await issuer.token({ iss: 'https://another.example' }), 'InvalidIdentityTokenException'],
      [await issuer.token({}, foreign), 'InvalidIdentityTokenException'],
      [`${none}.${payload}.`, 'InvalidIdentityTokenException'],
      [`${header}.${payload}.`, 'InvalidIdentityTokenException'],
      ['x'.repeat(20_000), 'InvalidIdentityTokenException'],
      [await issuer.token({ exp: Math.floor(Date.now() / 1000) - 60 }), 'ExpiredTokenException'],
    ]
    for (const [token, name] of cases) await rejects(assume(role, token), { name }, token.slice(0, 40))
    equal(server.problems.length, 0)
  })

  it("ends at once with the provider's audience for new sessions, and with the role for all", async () => {
    const role = await trusted('web')
    const session = sdkCredentials((await assume(role, await issuer.token())).Credentials)
    await iam.send(
      new RemoveClientIDFromOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: provider, ClientID: audience }),
    )
    await rejects(assume(role, await issuer.token()), { name: 'InvalidIdentityTokenException' })
    await iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: provider }))
    await rejects(assume(role, await issuer.token()), { name: 'InvalidIdentityTokenException' })
    await get(session)
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'web', PolicyName: 'rights' }))
    await iam.send(new DeleteRoleCommand({ RoleName: 'web' }))
    await rejects(get(session), { name: 'InvalidAccessKeyId' })
  })

  it("takes session policies and a duration, within the role's", async () => {
    const role = await trusted('web', undefined, [allow('s3:*')])
    const token = await issuer.token()
    const narrow = sdkCredentials((await assume(role, token, { Policy: policy(allow('s3:GetObject')) })).Credentials)
    await get(narrow)
    await rejects(put(narrow, 'x'), { name: 'AccessDenied' })
    await rejects(assume(role, token, { DurationSeconds: 3601 }), { name: 'ValidationError' })
    await rejects(assume(role, token, { ProviderId: 'graph.facebook.com' }), { name: 'NotImplemented' })
  })

  it('brings session tags where the role allows to tag', async () => {
    const tags = { 'https://aws.amazon.com/tags': { principal_tags: { home: ['ann'] }, transitive_tag_keys: [] } }
    const rights = [allow('s3:GetObject', 'arn:aws:s3:::*/${aws:PrincipalTag/home}/*')]
    const plain = await trusted('web', undefined, rights)
    await rejects(assume(plain, await issuer.token(tags)), { name: 'AccessDenied' })
    const tagging = await makeRole(iam, 'tagging', [trust({ Federated: provider }, [action, 'sts:TagSession'])], rights)
    await get(sdkCredentials((await assume(tagging, await issuer.token(tags))).Credentials))
  })

  it('calls no issuer at a private address unless that is configured', async () => {
    await open({ oidcAllowPrivate: false })
    const role = await trusted('web')
    deepEqual(issuer.asked, { discovery: 0, keys: 0 })
    await rejects(assume(role, await issuer.token()), { name: 'IDPCommunicationErrorException' })
    deepEqual(issuer.asked, { discovery: 0, keys: 0 })
    ok(server.problems.length === 0)
  })
})
