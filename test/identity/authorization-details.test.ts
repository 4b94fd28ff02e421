// GetAccountAuthorizationDetails, and the operations about what there is not: without HTTP.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import { managedPolicies } from '../../src/contract/managed-policies.js'
import { afterEachTest } from '../store/temporary-directory.js'
import { document, openRoom, type Room, trust } from './room.js'

describe('GetAccountAuthorizationDetails', () => {
  const later = afterEachTest()
  let room: Room
  beforeEach(async () => {
    room = await openRoom(later)
    const { ask, number } = room
    const PolicyArn = `arn:aws:iam::${number}:policy/p`
    await ask('CreatePolicy', { PolicyName: 'p', PolicyDocument: document })
    for (const UserName of ['ann', 'bob', 'Carl']) await ask('CreateUser', { UserName })
    await ask('CreateGroup', { GroupName: 'readers' })
    await ask('AddUserToGroup', { GroupName: 'readers', UserName: 'ann' })
    await ask('AttachGroupPolicy', { GroupName: 'readers', PolicyArn })
    await ask('PutUserPolicy', { UserName: 'ann', PolicyName: 'i', PolicyDocument: document })
    await ask('CreateRole', { RoleName: 'deploy', AssumeRolePolicyDocument: trust })
  })

  it('tells of everybody with all that hangs on them', async () => {
    const { ask, number } = room
    const all = await ask('GetAccountAuthorizationDetails', {})
    const [ann] = all.UserDetailList ?? []
    deepEqual([ann?.UserName, ann?.GroupList, ann?.AttachedManagedPolicies], ['ann', ['readers'], []])
    const inline = ann?.UserPolicyList?.[0]
    deepEqual([inline?.PolicyName, decodeURIComponent(inline?.PolicyDocument ?? '')], ['i', document])
    const attached = [{ PolicyName: 'p', PolicyArn: `arn:aws:iam::${number}:policy/p` }]
    deepEqual(all.GroupDetailList?.[0]?.AttachedManagedPolicies, attached)
    deepEqual(all.GroupDetailList?.[0]?.GroupPolicyList, [])
    equal(decodeURIComponent(all.RoleDetailList?.[0]?.AssumeRolePolicyDocument ?? ''), trust)
    deepEqual(all.RoleDetailList?.[0]?.InstanceProfileList, [])
    equal(all.Policies?.length, managedPolicies.size + 1)
    equal(decodeURIComponent(all.Policies?.[0]?.PolicyVersionList?.[0]?.Document ?? ''), document)
  })

  it('pages through all of it, each entry once, and through one kind alone', async () => {
    const { ask } = room
    for (const MaxItems of [1, 2, 3, 5, 100]) {
      const seen: (string | undefined)[] = []
      let Marker: string | undefined
      do {
        const page = await ask('GetAccountAuthorizationDetails', { MaxItems, ...(Marker !== undefined && { Marker }) })
        const names = [
          ...(page.UserDetailList ?? []).map(({ UserName }) => UserName),
          ...(page.GroupDetailList ?? []).map(({ GroupName }) => GroupName),
          ...(page.RoleDetailList ?? []).map(({ RoleName }) => RoleName),
          ...(page.Policies ?? []).map(({ PolicyName }) => PolicyName),
        ]
        equal(names.length <= MaxItems, true)
        seen.push(...names)
        Marker = page.Marker
      } while (Marker !== undefined)
      const everyones = [...managedPolicies.values()].map(({ name }) => name)
      deepEqual(seen, ['ann', 'bob', 'Carl', 'readers', 'deploy', 'p', ...everyones], `${MaxItems} a page`)
    }
    const groups = await ask('GetAccountAuthorizationDetails', { Filter: ['Group'] })
    deepEqual([groups.UserDetailList, groups.GroupDetailList?.length, groups.Policies], [[], 1, []])
    // A filter nobody knows.
    const wrong = { Filter: ['Everything'] } as unknown as Parameters<typeof ask<'GetAccountAuthorizationDetails'>>[1]
    await rejects(ask('GetAccountAuthorizationDetails', wrong), { code: 'ValidationError' })
  })

  it('is asked before a user or role is taken away: there are no passwords, devices, certificates or profiles', async () => {
    const { ask } = room
    deepEqual((await ask('ListMFADevices', { UserName: 'bob' })).MFADevices, [])
    deepEqual((await ask('ListSigningCertificates', { UserName: 'bob' })).Certificates, [])
    deepEqual((await ask('ListSSHPublicKeys', { UserName: 'bob' })).SSHPublicKeys, [])
    deepEqual((await ask('ListServiceSpecificCredentials', { UserName: 'bob' })).ServiceSpecificCredentials, [])
    deepEqual((await ask('ListInstanceProfilesForRole', { RoleName: 'deploy' })).InstanceProfiles, [])
    const none = { code: 'NoSuchEntity' }
    await rejects(ask('GetLoginProfile', { UserName: 'bob' }), { ...none, message: /Login Profile for User bob/ })
    await rejects(ask('DeleteLoginProfile', { UserName: 'bob' }), none)
    await rejects(ask('ListMFADevices', { UserName: 'none' }), { ...none, message: /user with name none/ })
    await rejects(ask('ListInstanceProfilesForRole', { RoleName: 'none' }), none)
  })
})
