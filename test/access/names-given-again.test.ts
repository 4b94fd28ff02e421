// Who has a name after somebody else has none of what that one was given: policies of buckets and roles mean whom they named, not how he was called.

import { equal, ok } from 'node:assert/strict'
import { CreateRoleCommand, GetRoleCommand, UpdateUserCommand } from '@aws-sdk/client-iam'
import { GetBucketPolicyCommand, GetObjectCommand, PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { deleteAccessKey } from '../../src/store/catalog/identity/access-keys.js'
import { deleteIdentity } from '../../src/store/catalog/identity/identities.js'
import { freshServer } from '../fresh-server.js'
import { iamOf, stsOf } from '../iam/clients.js'
import {
  allow,
  clientOf,
  makeKey,
  makeRole,
  makeSession,
  makeUser,
  operatorsAccount,
  outcomeOf,
  policyOf,
} from './people.js'

async function world() {
  const fresh = await freshServer()
  const { store, rootKey } = fresh.server
  const account = operatorsAccount(store, rootKey.accountId)
  await fresh.s3.send(new PutObjectCommand({ Bucket: fresh.bucket, Key: 'cat.jpg', Body: 'meow' }))
  const admits = (...arns: readonly string[]) =>
    fresh.s3.send(
      new PutBucketPolicyCommand({
        Bucket: fresh.bucket,
        Policy: policyOf({ ...allow('s3:GetObject', `arn:aws:s3:::${fresh.bucket}/*`), Principal: { AWS: arns } }),
      }),
    )
  const reads = (credentials: Parameters<typeof clientOf>[1]): Promise<string> =>
    outcomeOf(
      clientOf(fresh.endpoint, credentials).send(new GetObjectCommand({ Bucket: fresh.bucket, Key: 'cat.jpg' })),
    )
  return { ...fresh, store, account, admits, reads }
}

describe('a name that is given again', () => {
  it('of a deleted user opens no bucket that was open to that one', async () => {
    const { store, account, admits, reads, s3, bucket } = await world()
    const place = { accountId: account.id, kind: 'user', name: 'ann' } as const
    const ann = await makeUser(store, account, 'ann')
    const key = await makeKey(store, ann)
    await admits(ann.arn)
    equal(await reads(key), 'allowed')
    await store.catalog.commit(deleteAccessKey, { id: key.accessKeyId })
    await store.catalog.commit(deleteIdentity, { ...place, now: Date.now() })
    const other = await makeUser(store, account, 'ann')
    equal(other.arn, ann.arn)
    equal(await reads(await makeKey(store, other)), '403 AccessDenied')
    const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))
    ok(Policy.includes(`"${ann.id}"`) && !Policy.includes(ann.arn))
    // What names the new one does mean him.
    await admits(other.arn)
    equal(await reads(await makeKey(store, other)), 'allowed')
  })

  it('of a renamed user opens no bucket that was open to that one, who still has it', async () => {
    const fresh = await world()
    const { store, account, admits, reads } = fresh
    const ann = await makeUser(store, account, 'ann')
    const key = await makeKey(store, ann)
    await admits(ann.arn)
    await iamOf(fresh).send(new UpdateUserCommand({ UserName: 'ann', NewUserName: 'anna' }))
    equal(await reads(key), 'allowed')
    const other = await makeUser(store, account, 'ann')
    equal(await reads(await makeKey(store, other)), '403 AccessDenied')
    equal(await reads(key), 'allowed')
  })

  it('of a deleted role opens no bucket to its sessions, by the role’s name or by a session’s', async () => {
    const { store, account, admits, reads } = await world()
    const place = { accountId: account.id, kind: 'role', name: 'reader' } as const
    const role = await makeRole(store, account, 'reader')
    const sessionOf = (subjectId: string, name: string) =>
      makeSession(store, { accountId: account.id, kind: 'role', subjectId, name })
    const session = `arn:aws:sts::${account.number}:assumed-role/reader/monday`
    await admits(role.arn, session)
    equal(await reads(sessionOf(role.id, 'monday')), 'allowed')
    equal(await reads(sessionOf(role.id, 'tuesday')), 'allowed')
    await store.catalog.commit(deleteIdentity, { ...place, now: Date.now() })
    const other = await makeRole(store, account, 'reader')
    equal(await reads(sessionOf(other.id, 'monday')), '403 AccessDenied')
    equal(await reads(sessionOf(other.id, 'tuesday')), '403 AccessDenied')
  })

  it('assumes no role that trusted who had it before', async () => {
    const fresh = await world()
    const { store, account } = fresh
    const ann = await makeUser(store, account, 'ann')
    const key = await makeKey(store, ann)
    const iam = iamOf(fresh)
    const trust = policyOf({ Effect: 'Allow', Principal: { AWS: ann.arn }, Action: 'sts:AssumeRole' })
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'deploy', AssumeRolePolicyDocument: trust }))
    const assumes = (credentials: Parameters<typeof stsOf>[1]) =>
      outcomeOf(
        stsOf(fresh, credentials).send(new AssumeRoleCommand({ RoleArn: Role?.Arn ?? '', RoleSessionName: 'now' })),
      )
    equal(await assumes(key), 'allowed')
    await store.catalog.commit(deleteAccessKey, { id: key.accessKeyId })
    await store.catalog.commit(deleteIdentity, { accountId: account.id, kind: 'user', name: 'ann', now: Date.now() })
    const other = await makeUser(store, account, 'ann')
    equal(await assumes(await makeKey(store, other)), '403 AccessDenied')
    const shown = await iam.send(new GetRoleCommand({ RoleName: 'deploy' }))
    ok(decodeURIComponent(shown.Role?.AssumeRolePolicyDocument ?? '').includes(ann.id))
  })
})
