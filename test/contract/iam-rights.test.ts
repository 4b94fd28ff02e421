// What each operation of IAM and STS needs, and which condition keys it gives.

import { deepEqual, equal, ok } from 'node:assert/strict'
import * as Iam from '@aws-sdk/client-iam'
import * as Sts from '@aws-sdk/client-sts'
import { iamRightsOf } from '../../src/contract/actions/iam-rights.js'
import type { IamOperationName } from '../../src/contract/iam-operation.js'
import type { StsOperationName } from '../../src/contract/sts-operation.js'
import { iamKeysOf } from '../../src/contract/context/iam-keys.js'

const facts = {
  accountNumber: '111122223333',
  ownName: 'ann',
  pathOf: (kind: string, name: string) => (name.toLowerCase() === 'deep' ? `/${kind}s/` : undefined),
  nameOf: (_kind: string, name: string) => (name.toLowerCase() === 'deep' ? 'deep' : undefined),
}

const lines = (operation: IamOperationName | StsOperationName, input: object): string[] =>
  iamRightsOf(operation, input, facts).map(({ action, resource }) => `${action} ${resource}`)

const namesOf = (client: object): string[] =>
  Object.keys(client)
    .filter((name) => name.endsWith('Command') && name !== '$Command')
    .map((name) => name.slice(0, -'Command'.length))

const iam = 'arn:aws:iam::111122223333:'
const role = `${iam}role/reader`

const cases: readonly [IamOperationName | StsOperationName, object, readonly string[]][] = [
  ['CreateUser', { UserName: 'bob' }, [`iam:CreateUser ${iam}user/bob`]],
  ['CreateUser', { UserName: 'bob', Path: '/a/b/' }, [`iam:CreateUser ${iam}user/a/b/bob`]],
  [
    'CreateUser',
    { UserName: 'bob', Tags: [{ Key: 'a', Value: 'b' }] },
    [`iam:CreateUser ${iam}user/bob`, `iam:TagUser ${iam}user/bob`],
  ],
  ['GetUser', {}, [`iam:GetUser ${iam}user/ann`]],
  ['GetUser', { UserName: 'deep' }, [`iam:GetUser ${iam}user/users/deep`]],
  ['GetUser', { UserName: 'DEEP' }, [`iam:GetUser ${iam}user/users/deep`]],
  ['CreateUser', { UserName: 'DEEP' }, [`iam:CreateUser ${iam}user/DEEP`]],
  [
    'UpdateUser',
    { UserName: 'DEEP', NewPath: '/x/' },
    [`iam:UpdateUser ${iam}user/users/deep`, `iam:UpdateUser ${iam}user/x/deep`],
  ],
  ['CreateAccessKey', { UserName: 'deep', Path: '/x/' }, [`iam:CreateAccessKey ${iam}user/users/deep`]],
  ['ListAccessKeys', {}, [`iam:ListAccessKeys ${iam}user/ann`]],
  [
    'UpdateUser',
    { UserName: 'deep', NewUserName: 'bob' },
    [`iam:UpdateUser ${iam}user/users/deep`, `iam:UpdateUser ${iam}user/users/bob`],
  ],
  [
    'UpdateUser',
    { UserName: 'bob', NewPath: '/x/' },
    [`iam:UpdateUser ${iam}user/bob`, `iam:UpdateUser ${iam}user/x/bob`],
  ],
  ['AddUserToGroup', { GroupName: 'readers', UserName: 'bob' }, [`iam:AddUserToGroup ${iam}group/readers`]],
  ['ListUsers', {}, [`iam:ListUsers ${iam}user/`]],
  ['ListUsers', { PathPrefix: '/x/' }, [`iam:ListUsers ${iam}user/x/`]],
  ['CreatePolicy', { PolicyName: 'p', Path: '/x/' }, [`iam:CreatePolicy ${iam}policy/x/p`]],
  [
    'GetPolicy',
    { PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
    ['iam:GetPolicy arn:aws:iam::aws:policy/AdministratorAccess'],
  ],
  ['AttachRolePolicy', { RoleName: 'reader', PolicyArn: `${iam}policy/p` }, [`iam:AttachRolePolicy ${role}`]],
  ['CreateRole', { RoleName: 'reader', Path: '/x/' }, [`iam:CreateRole ${iam}role/x/reader`]],
  [
    'CreateOpenIDConnectProvider',
    { Url: 'https://issuer.example/realm' },
    [`iam:CreateOpenIDConnectProvider ${iam}oidc-provider/issuer.example/realm`],
  ],
  [
    'GetOpenIDConnectProvider',
    { OpenIDConnectProviderArn: `${iam}oidc-provider/issuer.example` },
    [`iam:GetOpenIDConnectProvider ${iam}oidc-provider/issuer.example`],
  ],
  [
    'CreateVirtualMFADevice',
    { VirtualMFADeviceName: 'phone', Path: '/x/' },
    [`iam:CreateVirtualMFADevice ${iam}mfa/x/phone`],
  ],
  ['GetAccountSummary', {}, ['iam:GetAccountSummary *']],

  ['AssumeRole', { RoleArn: role }, [`sts:AssumeRole ${role}`]],
  [
    'AssumeRole',
    { RoleArn: role, Tags: [{ Key: 'a', Value: 'b' }], SourceIdentity: 'ann' },
    [`sts:AssumeRole ${role}`, `sts:TagSession ${role}`, `sts:SetSourceIdentity ${role}`],
  ],
  ['AssumeRoleWithWebIdentity', { RoleArn: role }, [`sts:AssumeRoleWithWebIdentity ${role}`]],
  ['GetFederationToken', { Name: 'bob' }, ['sts:GetFederationToken arn:aws:sts::111122223333:federated-user/bob']],
  ['GetCallerIdentity', {}, []],
  ['GetSessionToken', {}, []],
]

describe('what an operation of IAM or STS needs', () => {
  for (const [operation, input, expected] of cases) {
    it(`${operation} ${JSON.stringify(input)}`, () => deepEqual(lines(operation, input), expected))
  }

  it('is known for every operation of the SDKs', () => {
    const free = ['GetCallerIdentity', 'GetSessionToken']
    const names = [...namesOf(Iam), ...namesOf(Sts)]
    equal(names.length, 191)
    for (const name of names) {
      // The SDK's own names.
      const rights = iamRightsOf(name as IamOperationName, {}, facts)
      equal(rights.length, free.includes(name) ? 0 : 1, name)
      const service = namesOf(Sts).includes(name) ? 'sts' : 'iam'
      for (const { action, resource } of rights) {
        equal(action, `${service}:${name}`)
        ok(resource === '*' || resource.startsWith('arn:aws:'), resource)
      }
    }
  })
})

describe('the condition keys of an operation of IAM or STS', () => {
  const boundary = `${iam}policy/edge`

  it('are of its input', () => {
    const attach = iamKeysOf('AttachUserPolicy', { UserName: 'bob', PolicyArn: `${iam}policy/p` })
    deepEqual(attach('iam:policyarn'), [`${iam}policy/p`])
    equal(iamKeysOf('GetPolicy', { PolicyArn: 'x' })('iam:policyarn'), undefined)

    const assume = iamKeysOf('AssumeRole', {
      ExternalId: '12345',
      RoleSessionName: 'work',
      DurationSeconds: 900,
      Tags: [{ Key: 'Team', Value: 'red' }],
      TransitiveTagKeys: ['Team'],
    })
    deepEqual(assume('sts:externalid'), ['12345'])
    deepEqual(assume('sts:rolesessionname'), ['work'])
    deepEqual(assume('sts:durationseconds'), ['900'])
    deepEqual(assume('aws:requesttag/team'), ['red'])
    deepEqual(assume('aws:tagkeys'), ['Team'])
    deepEqual(assume('sts:transitivetagkeys'), ['Team'])
    equal(assume('aws:requesttag/other'), undefined)
    deepEqual(iamKeysOf('UntagUser', { TagKeys: ['a', 'b'] })('aws:tagkeys'), ['a', 'b'])
  })

  it('say which boundary is to hold, or holds', () => {
    const held = { boundaryArn: () => boundary }
    deepEqual(iamKeysOf('CreateUser', { PermissionsBoundary: boundary })('iam:permissionsboundary'), [boundary])
    equal(iamKeysOf('CreateUser', {}, held)('iam:permissionsboundary'), undefined)
    deepEqual(iamKeysOf('PutUserPermissionsBoundary', { PermissionsBoundary: 'x' }, held)('iam:permissionsboundary'), [
      'x',
    ])
    deepEqual(iamKeysOf('AttachUserPolicy', {}, held)('iam:permissionsboundary'), [boundary])
    equal(iamKeysOf('AttachUserPolicy', {}, {})('iam:permissionsboundary'), undefined)
  })

  it('say what tags there are', () => {
    const keys = iamKeysOf('GetUser', {}, { tags: () => [['Team', 'red']] })
    deepEqual(keys('aws:resourcetag/team'), ['red'])
    deepEqual(keys('iam:resourcetag/team'), ['red'])
    equal(keys('iam:resourcetag/x'), undefined)
  })
})
