// Managed and inline policies, attachments and OIDC providers by IAM's operations: without HTTP.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { managedPolicies } from '../../src/contract/managed-policies.js'
import { parsePolicy } from '../../src/contract/policy/parse-policy.js'
import { createOpenIDConnectProvider } from '../../src/identity/oidc-providers.js'
import { afterEachTest } from '../store/temporary-directory.js'
import { document, openRoom, type Room, trust } from './room.js'

const readOnly = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'

describe('Policies', () => {
  const later = afterEachTest()
  let room: Room
  let PolicyArn: string
  beforeEach(async () => {
    room = await openRoom(later)
    const { ask, number } = room
    await ask('CreateUser', { UserName: 'ann' })
    await ask('CreateGroup', { GroupName: 'readers' })
    await ask('CreateRole', { RoleName: 'deploy', AssumeRolePolicyDocument: trust })
    await ask('CreatePolicy', { PolicyName: 'p', Path: '/x/', PolicyDocument: document, Description: 'd' })
    PolicyArn = `arn:aws:iam::${number}:policy/x/p`
  })

  it('that every account has are understood by the engine, and have AWS’s names', () => {
    for (const { arn, document: text } of managedPolicies.values()) parsePolicy(text, 'identity', { name: arn })
    const names = [
      'AdministratorAccess',
      'AmazonS3FullAccess',
      'AmazonS3ReadOnlyAccess',
      'IAMFullAccess',
      'IAMReadOnlyAccess',
    ]
    for (const name of names) ok(managedPolicies.has(`arn:aws:iam::aws:policy/${name}`), name)
    for (const name of ['UserHome', 'Auditor', 'System'])
      ok(managedPolicies.has(`arn:aws:iam::aws:policy/cairn/${name}`))
    equal(new Set([...managedPolicies.values()].map(({ id }) => id)).size, managedPolicies.size)
    for (const { id } of managedPolicies.values()) match(id, /^ANPA[A-Z0-9]{17}$/)
  })

  it('are told as they were made', async () => {
    const { ask } = room
    const { Policy } = await ask('GetPolicy', { PolicyArn })
    match(Policy?.PolicyId ?? '', /^ANPA[A-Z2-7]{17}$/)
    deepEqual(
      [Policy?.PolicyName, Policy?.Path, Policy?.DefaultVersionId, Policy?.AttachmentCount, Policy?.Description],
      ['p', '/x/', 'v1', 0, 'd'],
    )
    const { PolicyVersion } = await ask('GetPolicyVersion', { PolicyArn, VersionId: 'v1' })
    equal(decodeURIComponent(PolicyVersion?.Document ?? ''), document)
    const managed = await ask('GetPolicyVersion', { PolicyArn: readOnly, VersionId: 'v1' })
    ok(JSON.parse(decodeURIComponent(managed.PolicyVersion?.Document ?? '')))
    await rejects(ask('GetPolicy', { PolicyArn: `${PolicyArn}2` }), { code: 'NoSuchEntity' })
    await rejects(ask('CreatePolicy', { PolicyName: 'P', PolicyDocument: document }), { code: 'EntityAlreadyExists' })
  })

  it('are refused when they are none, or too long', async () => {
    const { ask } = room
    for (const text of [
      '',
      'no json',
      '{}',
      document.replace('Allow', 'allow'),
      document.replace('"Action"', '"Acton"'),
    ]) {
      const code = text === '' ? 'ValidationError' : 'MalformedPolicyDocument'
      await rejects(ask('CreatePolicy', { PolicyName: 'q', PolicyDocument: text }), { code }, text)
      await rejects(ask('PutUserPolicy', { UserName: 'ann', PolicyName: 'q', PolicyDocument: text }), { code }, text)
      await rejects(ask('CreatePolicyVersion', { PolicyArn, PolicyDocument: text }), { code }, text)
    }
    const long = document.replace('arn:aws:s3:::b/*', `arn:aws:s3:::b/${'x'.repeat(6144)}`)
    await rejects(ask('CreatePolicy', { PolicyName: 'q', PolicyDocument: long }), { code: 'LimitExceeded' })
    const spaced = document.replace('{', `{${' '.repeat(7000)}`)
    await ask('CreatePolicy', { PolicyName: 'spaced', PolicyDocument: spaced })
  })

  it('have five versions at most, of which one holds', async () => {
    const { ask } = room
    const other = document.replace('s3:GetObject', 's3:PutObject')
    for (let i = 2; i <= 5; i += 1) {
      const { PolicyVersion } = await ask('CreatePolicyVersion', {
        PolicyArn,
        PolicyDocument: other,
        SetAsDefault: i === 3,
      })
      deepEqual([PolicyVersion?.VersionId, PolicyVersion?.IsDefaultVersion], [`v${i}`, i === 3])
    }
    await rejects(ask('CreatePolicyVersion', { PolicyArn, PolicyDocument: other }), { code: 'LimitExceeded' })
    const versions = async () =>
      (await ask('ListPolicyVersions', { PolicyArn })).Versions?.map((version) => [
        version.VersionId,
        version.IsDefaultVersion,
      ])
    deepEqual(await versions(), [
      ['v5', false],
      ['v4', false],
      ['v3', true],
      ['v2', false],
      ['v1', false],
    ])
    await rejects(ask('DeletePolicyVersion', { PolicyArn, VersionId: 'v3' }), { code: 'DeleteConflict' })
    await rejects(ask('DeletePolicy', { PolicyArn }), { code: 'DeleteConflict' })
    await ask('SetDefaultPolicyVersion', { PolicyArn, VersionId: 'v1' })
    for (const VersionId of ['v2', 'v3', 'v4', 'v5']) await ask('DeletePolicyVersion', { PolicyArn, VersionId })
    await rejects(ask('SetDefaultPolicyVersion', { PolicyArn, VersionId: 'v5' }), { code: 'NoSuchEntity' })
    const { PolicyVersion } = await ask('CreatePolicyVersion', { PolicyArn, PolicyDocument: other })
    equal(PolicyVersion?.VersionId, 'v6', 'a number is never used twice')
    await rejects(ask('GetPolicyVersion', { PolicyArn, VersionId: '1' }), { code: 'ValidationError' })
    await ask('DeletePolicyVersion', { PolicyArn, VersionId: 'v6' })
    await ask('DeletePolicy', { PolicyArn })
    await rejects(ask('GetPolicy', { PolicyArn }), { code: 'NoSuchEntity' })
  })

  it('are listed by scope, path and use, in pages', async () => {
    const { ask } = room
    const arns = async (input: Parameters<typeof ask<'ListPolicies'>>[1]) =>
      (await ask('ListPolicies', input)).Policies?.map(({ Arn }) => Arn)
    deepEqual(await arns({ Scope: 'Local' }), [PolicyArn])
    deepEqual(await arns({ Scope: 'AWS', PathPrefix: '/cairn/' }), [
      'arn:aws:iam::aws:policy/cairn/Auditor',
      'arn:aws:iam::aws:policy/cairn/System',
      'arn:aws:iam::aws:policy/cairn/UserHome',
    ])
    await ask('AttachUserPolicy', { UserName: 'ann', PolicyArn: readOnly })
    deepEqual(await arns({ OnlyAttached: true }), [readOnly])
    await ask('PutUserPermissionsBoundary', { UserName: 'ann', PermissionsBoundary: PolicyArn })
    deepEqual(await arns({ PolicyUsageFilter: 'PermissionsBoundary' }), [PolicyArn])
    const seen: (string | undefined)[] = []
    let Marker: string | undefined
    do {
      const page = await ask('ListPolicies', { MaxItems: 2, ...(Marker !== undefined && { Marker }) })
      seen.push(...(page.Policies ?? []).map(({ Arn }) => Arn))
      Marker = page.Marker
    } while (Marker !== undefined)
    equal(new Set(seen).size, managedPolicies.size + 1)
    equal(seen.length, managedPolicies.size + 1)
  })

  it('that every account has cannot be changed', async () => {
    const { ask } = room
    const denied = { code: 'AccessDenied' }
    await rejects(ask('DeletePolicy', { PolicyArn: readOnly }), denied)
    await rejects(ask('CreatePolicyVersion', { PolicyArn: readOnly, PolicyDocument: document }), denied)
    await rejects(ask('SetDefaultPolicyVersion', { PolicyArn: readOnly, VersionId: 'v1' }), denied)
    await rejects(ask('TagPolicy', { PolicyArn: readOnly, Tags: [] }), denied)
  })

  it('are attached to users, groups and roles, and tell to whom', async () => {
    const { ask } = room
    await ask('AttachUserPolicy', { UserName: 'ann', PolicyArn })
    await ask('AttachUserPolicy', { UserName: 'ann', PolicyArn })
    await ask('AttachGroupPolicy', { GroupName: 'readers', PolicyArn })
    await ask('AttachRolePolicy', { RoleName: 'deploy', PolicyArn })
    const attached = [{ PolicyName: 'p', PolicyArn }]
    deepEqual((await ask('ListAttachedUserPolicies', { UserName: 'ann' })).AttachedPolicies, attached)
    deepEqual((await ask('ListAttachedGroupPolicies', { GroupName: 'readers' })).AttachedPolicies, attached)
    deepEqual((await ask('ListAttachedRolePolicies', { RoleName: 'deploy' })).AttachedPolicies, attached)
    deepEqual((await ask('ListAttachedRolePolicies', { RoleName: 'deploy', PathPrefix: '/y/' })).AttachedPolicies, [])
    equal((await ask('GetPolicy', { PolicyArn })).Policy?.AttachmentCount, 3)
    const names = ({ PolicyUsers, PolicyGroups, PolicyRoles }: Awaited<ReturnType<typeof entities>>) => [
      PolicyUsers?.map(({ UserName }) => UserName),
      PolicyGroups?.map(({ GroupName }) => GroupName),
      PolicyRoles?.map(({ RoleName }) => RoleName),
    ]
    const entities = (input: object) => ask('ListEntitiesForPolicy', { PolicyArn, ...input })
    deepEqual(names(await entities({})), [['ann'], ['readers'], ['deploy']])
    deepEqual(names(await entities({ EntityFilter: 'Role' })), [[], [], ['deploy']])
    const first = await entities({ MaxItems: 2 })
    deepEqual(names(first), [[], ['readers'], ['deploy']])
    deepEqual(names(await entities({ MaxItems: 2, Marker: first.Marker })), [['ann'], [], []])
    await rejects(entities({ EntityFilter: 'Everybody' }), { code: 'ValidationError' })
    await ask('DetachUserPolicy', { UserName: 'ann', PolicyArn })
    await rejects(ask('DetachUserPolicy', { UserName: 'ann', PolicyArn }), { code: 'NoSuchEntity' })
    await rejects(ask('DeletePolicy', { PolicyArn }), { code: 'DeleteConflict' })
    await ask('DetachGroupPolicy', { GroupName: 'readers', PolicyArn })
    await ask('DetachRolePolicy', { RoleName: 'deploy', PolicyArn })
    await ask('DeletePolicy', { PolicyArn })
  })

  it('of another account are not there', async () => {
    const { ask, root, administration } = room
    const account = await administration.createAccount('other')
    const call = { ...root, principal: { ...root.principal, account } } as typeof root
    await ask('CreateUser', { UserName: 'bob' }, call)
    const none = { code: 'NoSuchEntity' }
    await rejects(ask('GetPolicy', { PolicyArn }, call), none)
    await rejects(ask('AttachUserPolicy', { UserName: 'bob', PolicyArn }, call), none)
    await rejects(ask('CreatePolicyVersion', { PolicyArn, PolicyDocument: document }, call), none)
    await rejects(ask('ListEntitiesForPolicy', { PolicyArn }, call), none)
    await rejects(ask('GetUser', { UserName: 'ann' }, call), none)
    deepEqual((await ask('ListPolicies', { Scope: 'Local' }, call)).Policies, [])
    deepEqual(
      (await ask('ListUsers', {}, call)).Users?.map(({ UserName }) => UserName),
      ['bob'],
    )
  })

  it('are part of a user, group or role', async () => {
    const { ask } = room
    const PolicyDocument = document
    await ask('PutUserPolicy', { UserName: 'ann', PolicyName: 'i', PolicyDocument })
    await ask('PutGroupPolicy', { GroupName: 'readers', PolicyName: 'i', PolicyDocument })
    await ask('PutRolePolicy', { RoleName: 'deploy', PolicyName: 'i', PolicyDocument })
    const told = await ask('GetUserPolicy', { UserName: 'ann', PolicyName: 'i' })
    deepEqual([told.UserName, told.PolicyName, decodeURIComponent(told.PolicyDocument ?? '')], ['ann', 'i', document])
    equal((await ask('GetGroupPolicy', { GroupName: 'readers', PolicyName: 'i' })).GroupName, 'readers')
    equal((await ask('GetRolePolicy', { RoleName: 'deploy', PolicyName: 'i' })).RoleName, 'deploy')
    deepEqual((await ask('ListGroupPolicies', { GroupName: 'readers' })).PolicyNames, ['i'])
    deepEqual((await ask('ListRolePolicies', { RoleName: 'deploy' })).PolicyNames, ['i'])
    await rejects(ask('DeleteUser', { UserName: 'ann' }), { code: 'DeleteConflict' })
    const other = document.replace('s3:GetObject', 's3:PutObject')
    await ask('PutUserPolicy', { UserName: 'ann', PolicyName: 'i', PolicyDocument: other })
    equal(
      decodeURIComponent((await ask('GetUserPolicy', { UserName: 'ann', PolicyName: 'i' })).PolicyDocument ?? ''),
      other,
    )
    await ask('DeleteUserPolicy', { UserName: 'ann', PolicyName: 'i' })
    await ask('DeleteGroupPolicy', { GroupName: 'readers', PolicyName: 'i' })
    await ask('DeleteRolePolicy', { RoleName: 'deploy', PolicyName: 'i' })
    await rejects(ask('DeleteUserPolicy', { UserName: 'ann', PolicyName: 'i' }), { code: 'NoSuchEntity' })
    await ask('DeleteUser', { UserName: 'ann' })
  })

  it('of one user are no longer than IAM allows together', async () => {
    const { ask } = room
    const sized = (size: number) =>
      document.replace('arn:aws:s3:::b/*', `arn:aws:s3:::b/${'x'.repeat(size - document.length + 1)}`)
    equal(sized(1000).length, 1000)
    for (const PolicyName of ['a', 'b'])
      await ask('PutUserPolicy', { UserName: 'ann', PolicyName, PolicyDocument: sized(1000) })
    const third = { UserName: 'ann', PolicyName: 'c', PolicyDocument: document }
    await rejects(ask('PutUserPolicy', third), { code: 'LimitExceeded' })
    deepEqual((await ask('ListUserPolicies', { UserName: 'ann' })).PolicyNames, ['a', 'b'])
  })

  it('have tags', async () => {
    const { ask } = room
    await ask('TagPolicy', { PolicyArn, Tags: [{ Key: 'a', Value: '1' }] })
    deepEqual((await ask('ListPolicyTags', { PolicyArn })).Tags, [{ Key: 'a', Value: '1' }])
    await ask('UntagPolicy', { PolicyArn, TagKeys: ['a'] })
    deepEqual((await ask('ListPolicyTags', { PolicyArn })).Tags, [])
    deepEqual((await ask('ListPolicyTags', { PolicyArn: readOnly })).Tags, [])
  })
})

describe('OIDC providers', () => {
  const later = afterEachTest()

  it('are made, changed, told and removed', async () => {
    const { ask, number, root, administration } = await openRoom(later)
    const ThumbprintList = ['A'.repeat(40)]
    const made = await ask('CreateOpenIDConnectProvider', {
      Url: 'https://issuer.example/realms/x',
      ClientIDList: ['app'],
      ThumbprintList,
    })
    const OpenIDConnectProviderArn = made.OpenIDConnectProviderArn
    equal(OpenIDConnectProviderArn, `arn:aws:iam::${number}:oidc-provider/issuer.example/realms/x`)
    await rejects(ask('CreateOpenIDConnectProvider', { Url: 'https://issuer.example/realms/x' }), {
      code: 'EntityAlreadyExists',
    })
    await ask('AddClientIDToOpenIDConnectProvider', { OpenIDConnectProviderArn, ClientID: 'other' })
    await ask('AddClientIDToOpenIDConnectProvider', { OpenIDConnectProviderArn, ClientID: 'other' })
    await ask('RemoveClientIDFromOpenIDConnectProvider', { OpenIDConnectProviderArn, ClientID: 'app' })
    await ask('UpdateOpenIDConnectProviderThumbprint', { OpenIDConnectProviderArn, ThumbprintList: [] })
    await ask('TagOpenIDConnectProvider', { OpenIDConnectProviderArn, Tags: [{ Key: 'a', Value: '1' }] })
    deepEqual(await ask('GetOpenIDConnectProvider', { OpenIDConnectProviderArn }), {
      Url: 'issuer.example/realms/x',
      ClientIDList: ['other'],
      ThumbprintList: [],
      CreateDate: new Date(1_700_000_000_000),
      Tags: [{ Key: 'a', Value: '1' }],
    })
    await ask('UntagOpenIDConnectProvider', { OpenIDConnectProviderArn, TagKeys: ['a'] })
    deepEqual((await ask('ListOpenIDConnectProviderTags', { OpenIDConnectProviderArn })).Tags, [])
    const account = await administration.createAccount('other')
    const call = { ...root, principal: { ...root.principal, account } } as typeof root
    await rejects(ask('GetOpenIDConnectProvider', { OpenIDConnectProviderArn }, call), { code: 'NoSuchEntity' })
    await rejects(ask('DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn }, call), { code: 'NoSuchEntity' })
    deepEqual((await ask('ListOpenIDConnectProviders', {})).OpenIDConnectProviderList, [
      { Arn: OpenIDConnectProviderArn },
    ])
    for (let i = 0; i < 2; i += 1) await ask('DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn })
    deepEqual((await ask('ListOpenIDConnectProviders', {})).OpenIDConnectProviderList, [])
  })

  it('may do without TLS where private issuers are allowed', async () => {
    const { ask, store, clock, number, root } = await openRoom(later)
    const create = createOpenIDConnectProvider(store, clock, { oidcAllowPrivate: true })
    const { OpenIDConnectProviderArn } = await create({ Url: 'http://localhost:8080/realms/x' }, root)
    equal(OpenIDConnectProviderArn, `arn:aws:iam::${number}:oidc-provider/localhost:8080/realms/x`)
    equal((await ask('GetOpenIDConnectProvider', { OpenIDConnectProviderArn })).Url, 'localhost:8080/realms/x')
    await rejects(create({ Url: 'ftp://localhost/x' }, root), { code: 'ValidationError' })
  })

  it('are refused without https, with a query, or with a thumbprint that is none', async () => {
    const { ask } = await openRoom(later)
    for (const Url of [
      'http://a.example',
      'a.example',
      'https://',
      'https://a.example/?x=1',
      'https://a.example/#x',
      `https://${'a'.repeat(255)}`,
    ]) {
      await rejects(ask('CreateOpenIDConnectProvider', { Url }), { code: 'ValidationError' }, Url)
    }
    const input = { Url: 'https://a.example', ThumbprintList: ['zz'] }
    await rejects(ask('CreateOpenIDConnectProvider', input), { code: 'ValidationError' })
    const many = Array.from({ length: 101 }, (_, i) => `c${i}`)
    await rejects(ask('CreateOpenIDConnectProvider', { Url: 'https://a.example', ClientIDList: many }), {
      code: 'LimitExceeded',
    })
  })
})
