// "A disabled, expired, revoked or deleted key stops working at once in every process" rests on the access number: every transaction on identities
// raises it. The table below has each of them, so that none can be forgotten.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { iamQuotas } from '../../../../src/contract/iam-limits.js'
import { accessNumber } from '../../../../src/store/catalog/access-number.js'
import { operatorAccount, registerAccount } from '../../../../src/store/catalog/account.js'
import {
  accessKeysOf,
  createAccessKey,
  deleteAccessKey,
  noteKeyUses,
  rotateAccessKey,
  updateAccessKey,
  accessKeyOfId,
} from '../../../../src/store/catalog/identity/access-keys.js'
import {
  accountOf,
  createAccount,
  deleteAccount,
  updateAccount,
} from '../../../../src/store/catalog/identity/accounts.js'
import { attachPolicy, detachPolicy } from '../../../../src/store/catalog/identity/attachments.js'
import {
  addGroupMember,
  groupsOfUser,
  removeGroupMember,
} from '../../../../src/store/catalog/identity/group-members.js'
import {
  createIdentity,
  deleteIdentity,
  identityNamed,
  identityPage,
  type NewIdentity,
  pathOfName,
  renameIdentity,
  revokeSessions,
  setBoundary,
  tagIdentity,
  updateRole,
} from '../../../../src/store/catalog/identity/identities.js'
import { deleteInlinePolicy, putInlinePolicy } from '../../../../src/store/catalog/identity/inline-policies.js'
import { setMasterKeyCheck } from '../../../../src/store/catalog/identity/master-key-check.js'
import {
  createOidcProvider,
  deleteOidcProvider,
  updateOidcProvider,
} from '../../../../src/store/catalog/identity/oidc-providers.js'
import {
  createPolicy,
  createPolicyVersion,
  deletePolicy,
  deletePolicyVersion,
  setDefaultPolicyVersion,
  tagPolicy,
} from '../../../../src/store/catalog/identity/policies.js'
import {
  standingOfKey,
  standingOfRole,
  standingOfRoleAt,
  standingOfUser,
} from '../../../../src/store/catalog/identity/standing.js'
import { identityTransactions } from '../../../../src/store/catalog/identity/transactions.js'
import type { SqliteCatalog } from '../../../../src/store/catalog/sqlite-catalog.js'
import type { Transaction } from '../../../../src/store/catalog/steps.js'
import { closeCatalogs, freshCatalog } from '../fresh-catalog.js'

const accountId = 'a'.repeat(64)
const number = '123456789012'
const now = 1_700_000_000_000
const document = '{"Version":"2012-10-17","Statement":[]}'
const arn = `arn:aws:iam::${number}:policy/p`
const everyones = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'

const identity = (kind: 'user' | 'group' | 'role', name: string, id = `ID-${kind}-${name}`): NewIdentity => ({
  accountId,
  kind,
  name,
  id,
  path: '/',
  now,
  tags: [],
  boundary: null,
  description: null,
  trustPolicy: kind === 'role' ? '{}' : null,
  sessionSecondsMax: kind === 'role' ? 3600 : null,
})
const key = (id: string, userName: string | null = 'ann') => ({
  id,
  accountId,
  userName,
  secret: Buffer.from(`sealed ${id}`),
  now,
  expiresMs: null,
  policy: null,
  description: null,
  quota: 'cairn' as const,
})
const policy = (name: string) => ({
  id: `ANPA-${name}`,
  accountId,
  arn: `arn:aws:iam::${number}:policy/${name}`,
  name,
  path: '/',
  description: null,
  document,
  tags: [],
  now,
})
const ann = { accountId, kind: 'user', name: 'ann' } as const
const account = (name: string, id = name.padEnd(64, '0'), digits = '2'.padStart(12, '9')) => ({
  id,
  number: digits,
  name,
  email: null,
  alias: null,
  createdMs: now,
})
const provider = { accountId, url: 'issuer.example/x', clientIds: ['c'], thumbprints: [], tags: [], createdMs: now }

describe('Transactions on identities', () => {
  let catalog: SqliteCatalog
  beforeEach(async () => {
    catalog = await freshCatalog()
    await catalog.commit(registerAccount, { ...operatorAccount(accountId, 'root', now), number })
    await catalog.commit(createIdentity, identity('user', 'ann'))
    await catalog.commit(createIdentity, identity('group', 'readers'))
    await catalog.commit(createIdentity, identity('role', 'deploy'))
    await catalog.commit(createPolicy, policy('p'))
  })
  afterEach(closeCatalogs)

  /** What comes before a transaction, and what it is given. */
  interface Case<Arguments> {
    readonly transaction: Transaction<Arguments, unknown>
    readonly args: Arguments
    readonly before?: () => Promise<unknown>
  }
  const given = <Arguments>(
    transaction: Transaction<Arguments, unknown>,
    args: Arguments,
    before?: () => Promise<unknown>,
  ): Case<never> =>
    // The pair fits; the table forgets by what.
    ({ transaction, args, before }) as unknown as Case<never>

  const cases: readonly Case<never>[] = [
    given(addGroupMember, { accountId, groupName: 'readers', userName: 'ann' }),
    given(attachPolicy, { ...ann, arn }),
    given(createAccessKey, key('AKIA1')),
    given(createAccount, account('other')),
    given(createIdentity, identity('user', 'bob')),
    given(createOidcProvider, provider),
    given(createPolicy, policy('q')),
    given(createPolicyVersion, { accountId, arn, document, isDefault: true, now }),
    given(deleteAccessKey, { id: 'AKIA1' }, () => catalog.commit(createAccessKey, key('AKIA1'))),
    given(deleteAccount, account('other').id, () => catalog.commit(createAccount, account('other'))),
    given(deleteIdentity, { ...ann, now }),
    given(deleteInlinePolicy, { ...ann, policyName: 'i' }, () =>
      catalog.commit(putInlinePolicy, { ...ann, policyName: 'i', document, sizeMax: 1000 }),
    ),
    given(deleteOidcProvider, provider, () => catalog.commit(createOidcProvider, provider)),
    given(deletePolicy, { accountId, arn }),
    given(deletePolicyVersion, { accountId, arn, number: 1 }, () =>
      catalog.commit(createPolicyVersion, { accountId, arn, document, isDefault: true, now }),
    ),
    given(detachPolicy, { ...ann, arn }, () => catalog.commit(attachPolicy, { ...ann, arn })),
    given(putInlinePolicy, { ...ann, policyName: 'i', document, sizeMax: 1000 }),
    given(removeGroupMember, { accountId, groupName: 'readers', userName: 'ann' }),
    given(renameIdentity, { ...ann, newName: 'anna', newPath: undefined, now }),
    given(revokeSessions, { ...ann, beforeMs: now }),
    given(rotateAccessKey, { oldId: 'AKIA1', id: 'AKIA2', secret: Buffer.from('s'), now, oldExpiresMs: now + 1 }, () =>
      catalog.commit(createAccessKey, key('AKIA1')),
    ),
    given(setBoundary, { ...ann, boundary: arn }),
    given(setDefaultPolicyVersion, { accountId, arn, number: 2, now }, () =>
      catalog.commit(createPolicyVersion, { accountId, arn, document, isDefault: false, now }),
    ),
    given(setMasterKeyCheck, { sealed: Buffer.from('x'), forgetsSecrets: true }),
    given(tagIdentity, { ...ann, set: [['team', 'a']] as const, unset: [] }),
    given(tagPolicy, { accountId, arn, set: [['team', 'a']] as const, unset: [] }),
    given(updateAccessKey, { id: 'AKIA1', status: 'Inactive' as const }, () =>
      catalog.commit(createAccessKey, key('AKIA1')),
    ),
    given(updateAccount, { id: accountId, alias: 'acme' }),
    given(updateOidcProvider, { ...provider, addClientIds: ['d'] }, () => catalog.commit(createOidcProvider, provider)),
    given(updateRole, { accountId, name: 'deploy', trustPolicy: document }),
  ]

  it('are all in this table, but for the one that authorization does not read', () => {
    deepEqual(
      identityTransactions.map(({ name }) => name).filter((name) => name !== noteKeyUses.name),
      cases.map(({ transaction }) => transaction.name),
    )
  })

  for (const { transaction, args, before } of cases) {
    it(`raise the access number: ${transaction.name}`, async () => {
      await before?.()
      const number = await catalog.read(accessNumber, undefined)
      await catalog.commit(transaction, args)
      ok((await catalog.read(accessNumber, undefined)) > number)
    })
  }

  it('leave the access number when only the use of a key is noted', async () => {
    await catalog.commit(createAccessKey, key('AKIA1'))
    const before = await catalog.read(accessNumber, undefined)
    const use = { service: 's3', region: 'us-east-1' }
    await catalog.commit(noteKeyUses, [
      { id: 'AKIA1', usedMs: now + 60_000, ...use },
      { id: 'AKIA1', usedMs: now, ...use },
      { id: 'gone', usedMs: now, ...use },
    ])
    equal(await catalog.read(accessNumber, undefined), before)
    equal((await catalog.read(accessKeyOfId, 'AKIA1'))?.usedMs, now + 60_000, 'an older use comes late')
  })

  it('let no two names differ in case only, and find each in any case', async () => {
    await rejects(catalog.commit(createIdentity, identity('user', 'ANN', 'other')), { code: 'EntityAlreadyExists' })
    equal((await catalog.read(identityNamed, { ...ann, name: 'ANN' })).name, 'ann')
    await catalog.commit(createIdentity, identity('group', 'ann'))
    equal(await catalog.read(pathOfName, ann), '/')
    equal(await catalog.read(pathOfName, { ...ann, kind: 'policy', name: 'p' }), '/')
    equal(await catalog.read(pathOfName, { ...ann, name: 'none' }), undefined)
  })

  it('let one of many that make the same user at once win', async () => {
    const made = await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) => catalog.commit(createIdentity, identity('user', 'bob', `AIDA${i}`))),
    )
    equal(made.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const each of made) if (each.status === 'rejected') equal(each.reason.code, 'EntityAlreadyExists')
  })

  it('hold quotas when many come at once', async () => {
    const keys = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => catalog.commit(createAccessKey, { ...key(`AKIA${i}`), quota: 'iam' })),
    )
    equal(keys.filter(({ status }) => status === 'fulfilled').length, iamQuotas.AccessKeysPerUser)
    const policies = Array.from({ length: 15 }, (_, i) => policy(`m${i}`))
    for (const each of policies) await catalog.commit(createPolicy, each)
    const attached = await Promise.allSettled(
      policies.map((each) => catalog.commit(attachPolicy, { ...ann, arn: each.arn })),
    )
    equal(attached.filter(({ status }) => status === 'fulfilled').length, iamQuotas.AttachedPoliciesPerUser)
    const groups = Array.from({ length: 12 }, (_, i) => `g${i}`)
    for (const name of groups) await catalog.commit(createIdentity, identity('group', name))
    const joined = await Promise.allSettled(
      groups.map((groupName) => catalog.commit(addGroupMember, { accountId, groupName, userName: 'ann' })),
    )
    equal(joined.filter(({ status }) => status === 'fulfilled').length, iamQuotas.GroupsPerUser)
    equal((await catalog.read(groupsOfUser, { accountId, name: 'ann', after: '', limit: 100 })).length, 10)
    for (let i = 0; i < 4; i += 1)
      await catalog.commit(createPolicyVersion, { accountId, arn, document, isDefault: false, now })
    await rejects(catalog.commit(createPolicyVersion, { accountId, arn, document, isDefault: false, now }), {
      code: 'LimitExceeded',
    })
    const tags = Array.from({ length: 51 }, (_, i) => [`k${i}`, ''] as const)
    await rejects(catalog.commit(tagIdentity, { ...ann, set: tags, unset: [] }), { code: 'LimitExceeded' })
    await rejects(
      catalog.commit(putInlinePolicy, { ...ann, policyName: 'i', document, sizeMax: document.length - 1 }),
      {
        code: 'LimitExceeded',
      },
    )
  })

  it('delete nothing that something hangs on', async () => {
    const conflict = { code: 'DeleteConflict' }
    await catalog.commit(addGroupMember, { accountId, groupName: 'readers', userName: 'ann' })
    await rejects(catalog.commit(deleteIdentity, { ...ann, now }), conflict)
    await rejects(catalog.commit(deleteIdentity, { ...ann, kind: 'group', name: 'readers', now }), conflict)
    await catalog.commit(removeGroupMember, { accountId, groupName: 'readers', userName: 'ann' })
    await catalog.commit(attachPolicy, { ...ann, arn })
    await rejects(catalog.commit(deleteIdentity, { ...ann, now }), conflict)
    await rejects(catalog.commit(deletePolicy, { accountId, arn }), conflict)
    await catalog.commit(detachPolicy, { ...ann, arn })
    await catalog.commit(setBoundary, { ...ann, boundary: arn })
    await rejects(catalog.commit(deletePolicy, { accountId, arn }), conflict)
    await catalog.commit(setBoundary, { ...ann, boundary: null })
    await catalog.commit(createAccessKey, key('AKIA1'))
    await rejects(catalog.commit(deleteIdentity, { ...ann, now }), conflict)
    await rejects(catalog.commit(deleteAccount, accountId), conflict)
    await catalog.commit(deleteAccessKey, { id: 'AKIA1' })
    await catalog.commit(deleteIdentity, { ...ann, now })
    await rejects(catalog.commit(deletePolicyVersion, { accountId, arn, number: 1 }), conflict)
    await catalog.commit(deletePolicy, { accountId, arn })
  })

  it('reach nothing of another account', async () => {
    const other = account('other')
    await catalog.commit(createAccount, other)
    const none = { code: 'NoSuchEntity' }
    const foreign = { ...ann, accountId: other.id }
    await rejects(catalog.read(identityNamed, foreign), none)
    await rejects(catalog.commit(deletePolicy, { accountId: other.id, arn }), none)
    await rejects(catalog.commit(setBoundary, { ...foreign, boundary: null }), none)
    await catalog.commit(createIdentity, { ...identity('user', 'ann', 'AIDA-other'), accountId: other.id })
    await rejects(catalog.commit(attachPolicy, { ...foreign, arn }), none, 'a policy of another account')
    await rejects(catalog.commit(setBoundary, { ...foreign, boundary: arn }), none)
    await catalog.commit(createAccessKey, key('AKIA1'))
    await rejects(
      catalog.commit(deleteAccessKey, { id: 'AKIA1', owner: { accountId: other.id, userName: 'ann' } }),
      none,
    )
    await rejects(catalog.commit(deleteAccessKey, { id: 'AKIA1', owner: { accountId, userName: null } }), none)
    deepEqual(await catalog.read(accessKeysOf, { accountId: other.id, userName: 'ann' }), [])
    equal((await catalog.read(accountOf, other.number))?.id, other.id)
  })

  it('page by names, whatever their case, each once', async () => {
    const names = ['Zoe', 'adam', 'Bob', 'carl', 'ann2', 'b'].map((name) => identity('user', name))
    for (const each of names) await catalog.commit(createIdentity, each)
    const seen: string[] = []
    for (;;) {
      const page = await catalog.read(identityPage, {
        accountId,
        kind: 'user',
        pathPrefix: '/',
        after: seen.at(-1) ?? '',
        limit: 2,
      })
      if (page.length === 0) break
      seen.push(...page.map(({ name }) => name))
    }
    deepEqual(seen, ['adam', 'ann', 'ann2', 'b', 'Bob', 'carl', 'Zoe'])
  })
})

describe('The standing of a key', () => {
  let catalog: SqliteCatalog
  beforeEach(async () => {
    catalog = await freshCatalog()
    await catalog.commit(registerAccount, { ...operatorAccount(accountId, 'root', now), number })
    await catalog.commit(createIdentity, { ...identity('user', 'ann'), tags: [['team', 'blue']] })
  })
  afterEach(closeCatalogs)

  it('has every policy of the user and its groups, the boundary and the own one, by name', async () => {
    await catalog.commit(createIdentity, identity('group', 'readers'))
    await catalog.commit(addGroupMember, { accountId, groupName: 'readers', userName: 'ann' })
    await catalog.commit(createPolicy, policy('p'))
    await catalog.commit(createPolicyVersion, { accountId, arn, document: '{"second":1}', isDefault: true, now })
    await catalog.commit(attachPolicy, { ...ann, arn })
    await catalog.commit(attachPolicy, { accountId, kind: 'group', name: 'readers', arn: everyones })
    await catalog.commit(putInlinePolicy, { ...ann, policyName: 'i', document: '{"inline":1}', sizeMax: 1000 })
    await catalog.commit(setBoundary, { ...ann, boundary: arn })
    await catalog.commit(createAccessKey, { ...key('AKIA1'), policy: '{"own":1}', expiresMs: now + 5 })

    const standing = await catalog.read(standingOfKey, 'AKIA1')

    equal(Buffer.from(standing?.sealedSecret ?? []).toString(), 'sealed AKIA1')
    deepEqual([standing?.isActive, standing?.expiresMs], [true, now + 5])
    deepEqual(standing?.policy, { name: 'policy of access key AKIA1', document: '{"own":1}' })
    deepEqual({ ...standing?.account }, { accountId, accountNumber: number, accountName: 'root' })
    const { policies = [], ...user } = standing?.user ?? {}
    deepEqual(user, {
      kind: 'user',
      id: 'ID-user-ann',
      name: 'ann',
      arn: `arn:aws:iam::${number}:user/ann`,
      accountId,
      accountNumber: number,
      accountName: 'root',
      tags: [['team', 'blue']],
      boundary: { name: `boundary ${arn} of user ann`, document: '{"second":1}' },
      sessionsRevokedBeforeMs: undefined,
      trustPolicy: undefined,
      sessionSecondsMax: undefined,
    })
    deepEqual(
      policies.map(({ name }) => name),
      [
        'identity policy i of user ann',
        `identity policy ${arn} of user ann`,
        `identity policy ${everyones} of group readers`,
      ],
    )
    equal(policies[1]?.document, '{"second":1}')
    ok(policies[2]?.document.includes('s3:Get*'))
    deepEqual(await catalog.read(standingOfUser, 'ID-user-ann'), standing?.user)
    equal(await catalog.read(standingOfRole, 'ID-user-ann'), undefined)
  })

  it('is that of the account for a key of its own, and nothing for a key that is gone', async () => {
    await catalog.commit(createAccessKey, key('AKIAROOT', null))
    const standing = await catalog.read(standingOfKey, 'AKIAROOT')
    equal(standing?.user, undefined)
    equal(standing?.account.accountNumber, number)
    await catalog.commit(updateAccessKey, { id: 'AKIAROOT', status: 'Inactive' })
    equal((await catalog.read(standingOfKey, 'AKIAROOT'))?.isActive, false)
    await catalog.commit(deleteAccessKey, { id: 'AKIAROOT' })
    equal(await catalog.read(standingOfKey, 'AKIAROOT'), undefined)
  })

  it('of a role has its trust policy and when its sessions were revoked', async () => {
    await catalog.commit(createIdentity, { ...identity('role', 'deploy'), path: '/ci/' })
    const place = { accountId, kind: 'role', name: 'deploy' } as const
    await catalog.commit(updateRole, { accountId, name: 'deploy', trustPolicy: '{"trust":1}', sessionSecondsMax: 7200 })
    await catalog.commit(revokeSessions, { ...place, beforeMs: now })
    const standing = await catalog.read(standingOfRoleAt, { accountNumber: number, path: '/ci/', name: 'deploy' })
    deepEqual(
      [standing?.arn, standing?.trustPolicy, standing?.sessionSecondsMax, standing?.sessionsRevokedBeforeMs],
      [`arn:aws:iam::${number}:role/ci/deploy`, '{"trust":1}', 7200, now],
    )
    equal(await catalog.read(standingOfRoleAt, { accountNumber: number, path: '/', name: 'deploy' }), undefined)
    equal(await catalog.read(standingOfRoleAt, { accountNumber: number, path: '/ci/', name: 'DEPLOY' }), undefined)
    await catalog.commit(deleteIdentity, { ...place, now })
    equal(await catalog.read(standingOfRole, 'ID-role-deploy'), undefined)
  })

  it('rotates into a successor, and the old key keeps the earlier of both ends', async () => {
    await catalog.commit(createAccessKey, { ...key('OLD'), policy: '{"own":1}', description: 'backup' })
    const args = { oldId: 'OLD', id: 'NEW', secret: Buffer.from('s'), now, oldExpiresMs: now + 100 }
    equal(await catalog.commit(rotateAccessKey, args), now + 100)
    const [old, fresh] = await catalog
      .read(accessKeysOf, { accountId, userName: 'ann' })
      .then((keys) => ['OLD', 'NEW'].map((id) => keys.find((each) => each.id === id)))
    deepEqual([old?.replacedBy, old?.expiresMs, old?.status], ['NEW', now + 100, 'Active'])
    deepEqual([fresh?.policy, fresh?.description, fresh?.expiresMs], ['{"own":1}', 'backup', null])
    const again = { ...args, id: 'NEWER', oldExpiresMs: now + 1000 }
    equal(await catalog.commit(rotateAccessKey, again), now + 100)
  })
})
