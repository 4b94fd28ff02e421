// IAM's operations on users, groups, roles, their tags, boundaries and pages: without HTTP.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { iamErrorTable } from '../../src/contract/iam-errors.js'
import { afterEachTest } from '../store/temporary-directory.js'
import { document, openRoom, type Room, trust } from './room.js'

describe('Users, groups and roles', () => {
  const later = afterEachTest()
  let room: Room
  beforeEach(async () => {
    room = await openRoom(later)
  })

  it('make a user, and tell of it as it was made', async () => {
    const { ask, number } = room
    const Tags = [{ Key: 'Team', Value: 'blue' }]
    const { User } = await ask('CreateUser', { UserName: 'ann', Path: '/dev/', Tags })
    match(User?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/)
    deepEqual(User, {
      Path: '/dev/',
      UserName: 'ann',
      UserId: User?.UserId,
      Arn: `arn:aws:iam::${number}:user/dev/ann`,
      CreateDate: new Date(1_700_000_000_000),
      Tags,
    })
    deepEqual(await ask('GetUser', { UserName: 'ann' }), { User })
    const { Tags: _tags, ...listed } = User ?? {}
    deepEqual((await ask('ListUsers', {})).Users, [listed])
    deepEqual((await ask('ListUsers', { PathPrefix: '/ops/' })).Users, [])
  })

  it('mean who asks where no user is named', async () => {
    const { ask, callOf, number } = room
    await ask('CreateUser', { UserName: 'ann' })
    equal((await ask('GetUser', {}, callOf('ann'))).User?.UserName, 'ann')
    equal((await ask('GetUser', {})).User?.Arn, `arn:aws:iam::${number}:root`)
    const role = { ...room.root, principal: { ...callOf('x').principal, kind: 'session', roleArn: '', id: '' } }
    // A session, as the test needs it.
    await rejects(ask('GetUser', {}, role as unknown as typeof room.root), { code: 'ValidationError' })
  })

  const refused: readonly (readonly [string, (ask: Room['ask']) => Promise<unknown>, keyof typeof iamErrorTable])[] = [
    ['no name', (ask) => ask('CreateUser', { UserName: undefined }), 'ValidationError'],
    ['an empty name', (ask) => ask('CreateUser', { UserName: '' }), 'ValidationError'],
    ['a name of 65 characters', (ask) => ask('CreateUser', { UserName: 'a'.repeat(65) }), 'ValidationError'],
    ['a name with a slash', (ask) => ask('CreateUser', { UserName: 'a/b' }), 'ValidationError'],
    ['a path without its end', (ask) => ask('CreateUser', { UserName: 'a', Path: '/a' }), 'ValidationError'],
    [
      'a path of 513 characters',
      (ask) => ask('CreateUser', { UserName: 'a', Path: `/${'a'.repeat(511)}/` }),
      'ValidationError',
    ],
    [
      'a boundary nobody has',
      (ask) => ask('CreateUser', { UserName: 'a', PermissionsBoundary: 'arn:aws:iam::aws:policy/None' }),
      'NoSuchEntity',
    ],
    [
      'tags of one key in two cases',
      (ask) =>
        ask('CreateUser', {
          UserName: 'a',
          Tags: [
            { Key: 'k', Value: '' },
            { Key: 'K', Value: '' },
          ],
        }),
      'InvalidInput',
    ],
    [
      'a tag of the system',
      (ask) => ask('CreateUser', { UserName: 'a', Tags: [{ Key: 'aws:x', Value: '' }] }),
      'InvalidInput',
    ],
    ['a user that is there', (ask) => ask('CreateUser', { UserName: 'There' }), 'EntityAlreadyExists'],
    ['a user that is not there', (ask) => ask('DeleteUser', { UserName: 'none' }), 'NoSuchEntity'],
    [
      'a new name that is taken',
      (ask) => ask('UpdateUser', { UserName: 'other', NewUserName: 'there' }),
      'EntityAlreadyExists',
    ],
    ['a marker nobody gave', (ask) => ask('ListUsers', { Marker: '%%' }), 'ValidationError'],
    ['pages of nothing', (ask) => ask('ListUsers', { MaxItems: 0 }), 'ValidationError'],
    ['pages of 1001', (ask) => ask('ListUsers', { MaxItems: 1001 }), 'ValidationError'],
    [
      'a role without trust',
      (ask) => ask('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: undefined }),
      'ValidationError',
    ],
    [
      'a role that trusts nonsense',
      (ask) => ask('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: '{}' }),
      'MalformedPolicyDocument',
    ],
    [
      'a role whose trust names a resource',
      (ask) => ask('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: document }),
      'MalformedPolicyDocument',
    ],
    [
      'sessions of a minute',
      (ask) => ask('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: trust, MaxSessionDuration: 60 }),
      'ValidationError',
    ],
    [
      'a group that is not there',
      (ask) => ask('AddUserToGroup', { GroupName: 'none', UserName: 'there' }),
      'NoSuchEntity',
    ],
  ]
  for (const [what, work, code] of refused) {
    it(`refuse ${what}: ${code}`, async () => {
      await room.ask('CreateUser', { UserName: 'there' })
      await room.ask('CreateUser', { UserName: 'other' })
      await rejects(work(room.ask), { code, status: iamErrorTable[code] })
    })
  }

  it('rename a user; what it has stays with it', async () => {
    const { ask, number } = room
    await ask('CreateUser', { UserName: 'ann' })
    await ask('PutUserPolicy', { UserName: 'ann', PolicyName: 'p', PolicyDocument: document })
    await ask('UpdateUser', { UserName: 'ann', NewUserName: 'Ann', NewPath: '/x/' })
    equal((await ask('GetUser', { UserName: 'Ann' })).User?.Arn, `arn:aws:iam::${number}:user/x/Ann`)
    deepEqual((await ask('ListUserPolicies', { UserName: 'Ann' })).PolicyNames, ['p'])
    await ask('UpdateUser', { UserName: 'ann', NewUserName: 'bob' })
    await rejects(ask('GetUser', { UserName: 'ann' }), { code: 'NoSuchEntity' })
  })

  it('are found in any case of their letters, and told as they were made', async () => {
    const { ask, number } = room
    await ask('CreateUser', { UserName: 'Ann', Path: '/Dev/' })
    await ask('CreateGroup', { GroupName: 'Readers' })
    await ask('CreateRole', { RoleName: 'Reader', AssumeRolePolicyDocument: trust })
    equal((await ask('GetUser', { UserName: 'ANN' })).User?.Arn, `arn:aws:iam::${number}:user/Dev/Ann`)
    equal((await ask('GetGroup', { GroupName: 'readers' })).Group?.GroupName, 'Readers')
    equal((await ask('GetRole', { RoleName: 'READER' })).Role?.RoleName, 'Reader')
    await ask('DeleteUser', { UserName: 'ann' })
    await rejects(ask('GetUser', { UserName: 'Ann' }), { code: 'NoSuchEntity' })
  })

  it('page through a list, each entry once, whatever is made and removed meanwhile', async () => {
    const { ask } = room
    for (let i = 0; i < 25; i += 1) await ask('CreateUser', { UserName: `user-${String(i).padStart(2, '0')}` })
    const seen: (string | undefined)[] = []
    let Marker: string | undefined
    do {
      const page = await ask('ListUsers', { MaxItems: 10, ...(Marker !== undefined && { Marker }) })
      seen.push(...(page.Users ?? []).map(({ UserName }) => UserName))
      if (seen.length === 10) await ask('DeleteUser', { UserName: 'user-09' })
      equal(page.IsTruncated, page.Marker !== undefined)
      Marker = page.Marker
    } while (Marker !== undefined)
    equal(seen.length, 25)
    deepEqual(
      seen,
      [...new Set(seen)].toSorted((a = '', b = '') => (a < b ? -1 : 1)),
    )
  })

  it('tag, and tag anew in whatever case', async () => {
    const { ask } = room
    await ask('CreateUser', { UserName: 'ann' })
    await ask('TagUser', {
      UserName: 'ann',
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    })
    await ask('TagUser', { UserName: 'ann', Tags: [{ Key: 'A', Value: '3' }] })
    await ask('UntagUser', { UserName: 'ann', TagKeys: ['B', 'none'] })
    deepEqual((await ask('ListUserTags', { UserName: 'ann' })).Tags, [{ Key: 'A', Value: '3' }])
    await ask('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: trust })
    await ask('TagRole', { RoleName: 'r', Tags: [{ Key: 'a', Value: '' }] })
    deepEqual((await ask('ListRoleTags', { RoleName: 'r' })).Tags, [{ Key: 'a', Value: '' }])
    await ask('UntagRole', { RoleName: 'r', TagKeys: ['a'] })
    deepEqual((await ask('ListRoleTags', { RoleName: 'r' })).Tags, [])
  })

  it('put users into groups and take them out', async () => {
    const { ask } = room
    await ask('CreateUser', { UserName: 'ann' })
    await ask('CreateGroup', { GroupName: 'readers', Path: '/g/' })
    await ask('AddUserToGroup', { GroupName: 'readers', UserName: 'ann' })
    await ask('AddUserToGroup', { GroupName: 'readers', UserName: 'ann' })
    const { Group, Users } = await ask('GetGroup', { GroupName: 'readers' })
    match(Group?.GroupId ?? '', /^AGPA/)
    deepEqual(
      Users?.map(({ UserName }) => UserName),
      ['ann'],
    )
    deepEqual(
      (await ask('ListGroupsForUser', { UserName: 'ann' })).Groups?.map(({ Arn }) => Arn),
      [Group?.Arn],
    )
    await rejects(ask('DeleteGroup', { GroupName: 'readers' }), { code: 'DeleteConflict' })
    await ask('UpdateGroup', { GroupName: 'readers', NewGroupName: 'lectors' })
    await ask('RemoveUserFromGroup', { GroupName: 'lectors', UserName: 'ann' })
    await ask('DeleteGroup', { GroupName: 'lectors' })
    deepEqual((await ask('ListGroups', {})).Groups, [])
  })

  it('make, change and remove a role', async () => {
    const { ask, number } = room
    const { Role } = await ask('CreateRole', { RoleName: 'deploy', AssumeRolePolicyDocument: trust, Description: 'd' })
    deepEqual(
      [Role?.Arn, Role?.MaxSessionDuration, Role?.Description],
      [`arn:aws:iam::${number}:role/deploy`, 3600, 'd'],
    )
    equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), trust)
    ok(!/[{"*]/.test(Role?.AssumeRolePolicyDocument ?? ''), 'encoded as RFC 3986 says')
    await ask('UpdateRole', { RoleName: 'deploy', MaxSessionDuration: 7200 })
    const other = trust.replace('"*"', `"arn:aws:iam::${number}:root"`)
    await ask('UpdateAssumeRolePolicy', { RoleName: 'deploy', PolicyDocument: other })
    const changed = (await ask('GetRole', { RoleName: 'deploy' })).Role
    deepEqual([changed?.MaxSessionDuration, changed?.Description], [7200, 'd'])
    equal(decodeURIComponent(changed?.AssumeRolePolicyDocument ?? ''), other)
    equal((await ask('UpdateRoleDescription', { RoleName: 'deploy', Description: 'e' })).Role?.Description, 'e')
    equal((await ask('ListRoles', {})).Roles?.length, 1)
    await ask('DeleteRole', { RoleName: 'deploy' })
    await rejects(ask('GetRole', { RoleName: 'deploy' }), { code: 'NoSuchEntity' })
  })

  it('bound the rights of users and roles', async () => {
    const { ask } = room
    const PermissionsBoundary = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
    await ask('CreateUser', { UserName: 'ann', PermissionsBoundary })
    await ask('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: trust })
    await ask('PutRolePermissionsBoundary', { RoleName: 'r', PermissionsBoundary })
    const told = { PermissionsBoundaryType: 'PermissionsBoundaryPolicy', PermissionsBoundaryArn: PermissionsBoundary }
    deepEqual((await ask('GetUser', { UserName: 'ann' })).User?.PermissionsBoundary, told)
    deepEqual((await ask('GetRole', { RoleName: 'r' })).Role?.PermissionsBoundary, told)
    const { Policy } = await ask('GetPolicy', { PolicyArn: PermissionsBoundary })
    equal(Policy?.PermissionsBoundaryUsageCount, 2)
    await ask('DeleteUserPermissionsBoundary', { UserName: 'ann' })
    await ask('DeleteRolePermissionsBoundary', { RoleName: 'r' })
    equal((await ask('GetUser', { UserName: 'ann' })).User?.PermissionsBoundary, undefined)
  })

  it('tell how much of everything there is, and keep an alias', async () => {
    const { ask, root, administration } = room
    await ask('CreateUser', { UserName: 'ann' })
    const { SummaryMap } = await ask('GetAccountSummary', {})
    deepEqual([SummaryMap?.['Users'], SummaryMap?.['UsersQuota'], SummaryMap?.['Roles']], [1, 5000, 0])
    await ask('CreateAccountAlias', { AccountAlias: 'acme' })
    deepEqual((await ask('ListAccountAliases', {})).AccountAliases, ['acme'])
    const other = await administration.createAccount('other')
    const call = { ...root, principal: { ...root.principal, account: other } } as typeof root
    await rejects(ask('CreateAccountAlias', { AccountAlias: 'acme' }, call), { code: 'EntityAlreadyExists' })
    await rejects(ask('CreateAccountAlias', { AccountAlias: '123456789012' }), { code: 'ValidationError' })
    await rejects(ask('DeleteAccountAlias', { AccountAlias: 'none' }), { code: 'NoSuchEntity' })
    await ask('DeleteAccountAlias', { AccountAlias: 'acme' })
    deepEqual((await ask('ListAccountAliases', {})).AccountAliases, [])
  })
})
