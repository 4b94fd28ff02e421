// What was taken away is gone with the acknowledgement: no request that begins afterwards is decided by what was before.

import { equal, ok } from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import {
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { deleteAccessKey, updateAccessKey } from '../../src/store/catalog/identity/access-keys.js'
import { attachPolicy, detachPolicy } from '../../src/store/catalog/identity/attachments.js'
import { deleteIdentity, revokeSessions } from '../../src/store/catalog/identity/identities.js'
import { freshServer } from '../fresh-server.js'
import {
  allow,
  clientOf,
  deny,
  grant,
  makeAccount,
  makeKey,
  makeRole,
  makeSession,
  makeUser,
  operatorsAccount,
  outcomeOf,
  policyOf,
  revoke,
} from './people.js'

const readsAll = allow('s3:GetObject', '*')

async function world() {
  const fresh = await freshServer()
  const { store, rootKey } = fresh.server
  const account = operatorsAccount(store, rootKey.accountId)
  await fresh.s3.send(new PutObjectCommand({ Bucket: fresh.bucket, Key: 'cat.jpg', Body: 'meow' }))
  const get = new GetObjectCommand({ Bucket: fresh.bucket, Key: 'cat.jpg' })
  const reads = (s3: S3Client): Promise<string> => outcomeOf(s3.send(get).then(({ Body }) => Body?.transformToString()))
  return { ...fresh, store, account, reads }
}

describe('what was taken away', () => {
  it('is gone with the next request: a key disabled, enabled again, deleted', async () => {
    const { store, account, endpoint, reads } = await world()
    const user = await makeUser(store, account, 'ann', readsAll)
    const key = await makeKey(store, user)
    const s3 = clientOf(endpoint, key)
    equal(await reads(s3), 'allowed')
    for (let round = 0; round < 5; round += 1) {
      await store.catalog.commit(updateAccessKey, { id: key.accessKeyId, status: 'Inactive' })
      equal(await reads(s3), '403 InvalidAccessKeyId')
      await store.catalog.commit(updateAccessKey, { id: key.accessKeyId, status: 'Active' })
      equal(await reads(s3), 'allowed')
    }
    await store.catalog.commit(deleteAccessKey, { id: key.accessKeyId })
    equal(await reads(s3), '403 InvalidAccessKeyId')
  })

  it('is gone with the next request: a key whose time is over, by the clock alone', async () => {
    const { store, account, endpoint, reads } = await world()
    const user = await makeUser(store, account, 'ann', readsAll)
    const s3 = clientOf(endpoint, await makeKey(store, user, { expiresMs: Date.now() + 1_500 }))
    equal(await reads(s3), 'allowed')
    await wait(1_600)
    equal(await reads(s3), '403 InvalidAccessKeyId')
  })

  it('is gone with the next request: policies inline and managed, a bucket’s policy', async () => {
    const { store, account, endpoint, reads, s3: root, bucket } = await world()
    const user = await makeUser(store, account, 'ann')
    const s3 = clientOf(endpoint, await makeKey(store, user))
    equal(await reads(s3), '403 AccessDenied')
    await grant(store, user, readsAll)
    equal(await reads(s3), 'allowed')
    await revoke(store, user)
    equal(await reads(s3), '403 AccessDenied')

    const attachment = {
      accountId: account.id,
      kind: 'user',
      name: 'ann',
      arn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
    } as const
    await store.catalog.commit(attachPolicy, attachment)
    equal(await reads(s3), 'allowed')
    await store.catalog.commit(detachPolicy, attachment)
    equal(await reads(s3), '403 AccessDenied')

    const Policy = policyOf({
      ...allow('s3:GetObject', `arn:aws:s3:::${bucket}/*`),
      Principal: { AWS: user.arn },
    })
    await root.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
    equal(await reads(s3), 'allowed')
    await root.send(new DeleteBucketPolicyCommand({ Bucket: bucket }))
    equal(await reads(s3), '403 AccessDenied')
  })

  it('is gone with the next request: sessions of a role that is deleted, or whose sessions were revoked', async () => {
    const { store, account, endpoint, reads } = await world()
    const role = await makeRole(store, account, 'reader', readsAll)
    const of = { accountId: account.id, kind: 'role', subjectId: role.id } as const
    const place = { accountId: account.id, kind: 'role', name: 'reader' } as const
    const first = clientOf(endpoint, makeSession(store, of))
    equal(await reads(first), 'allowed')
    await store.catalog.commit(revokeSessions, { ...place, beforeMs: Date.now() + 1_000 })
    equal(await reads(first), '403 InvalidAccessKeyId')
    const later = makeSession(store, { ...of, issuedMs: Date.now() + 1_000 })
    equal(await reads(clientOf(endpoint, later)), 'allowed')
    await revoke(store, role)
    equal(await reads(clientOf(endpoint, later)), '403 AccessDenied')
    await store.catalog.commit(deleteIdentity, { ...place, now: Date.now() })
    equal(await reads(clientOf(endpoint, later)), '403 InvalidAccessKeyId')
  })

  it('is gone with the next request: sessions of a key that is disabled or over', async () => {
    const { store, account, endpoint, reads } = await world()
    const user = await makeUser(store, account, 'ann', readsAll)
    for (const kind of ['user', 'role'] as const) {
      const parent = await makeKey(store, user)
      const subject = kind === 'user' ? user : await makeRole(store, account, 'reader', readsAll)
      const of = { accountId: account.id, kind, subjectId: subject.id, parentAccessKeyId: parent.accessKeyId }
      const s3 = clientOf(endpoint, makeSession(store, of))
      equal(await reads(s3), 'allowed', kind)
      await store.catalog.commit(updateAccessKey, { id: parent.accessKeyId, status: 'Inactive' })
      equal(await reads(s3), '403 InvalidAccessKeyId', kind)
      await store.catalog.commit(updateAccessKey, {
        id: parent.accessKeyId,
        status: 'Active',
        expiresMs: Date.now() + 700,
      })
      equal(await reads(s3), 'allowed', kind)
      await wait(800)
      equal(await reads(s3), '403 InvalidAccessKeyId', kind)
    }
  })

  it('is gone for good: no key of the same id brings sessions of a deleted key back', async () => {
    const { store, account, endpoint, reads } = await world()
    const user = await makeUser(store, account, 'ann', readsAll)
    const other = await makeUser(store, await makeAccount(store, 'other'), 'eve', readsAll)
    for (const kind of ['user', 'role'] as const) {
      const parent = await makeKey(store, user)
      const subject = kind === 'user' ? user : await makeRole(store, account, 'reader', readsAll)
      const of = { accountId: account.id, kind, subjectId: subject.id, parentAccessKeyId: parent.accessKeyId }
      const s3 = clientOf(endpoint, makeSession(store, of))
      equal(await reads(s3), 'allowed', kind)
      await wait(1_100)
      await store.catalog.commit(deleteAccessKey, { id: parent.accessKeyId })
      equal(await reads(s3), '403 InvalidAccessKeyId', kind)
      for (const owner of [other, user]) {
        await makeKey(store, owner, { accessKeyId: parent.accessKeyId })
        equal(await reads(s3), '403 InvalidAccessKeyId', `${kind}, key of ${owner.name}`)
        await store.catalog.commit(deleteAccessKey, { id: parent.accessKeyId })
      }
    }
    // Within the second too, a key of somebody else asked for nothing.
    const parent = await makeKey(store, user)
    const of = { accountId: account.id, kind: 'user', subjectId: user.id } as const
    const issuedMs = Date.now() + 2_000
    const s3 = clientOf(endpoint, makeSession(store, { ...of, issuedMs, parentAccessKeyId: parent.accessKeyId }))
    await store.catalog.commit(deleteAccessKey, { id: parent.accessKeyId })
    await makeKey(store, other, { accessKeyId: parent.accessKeyId })
    equal(await reads(s3), '403 InvalidAccessKeyId')
  })

  it('is gone for the account itself with its key', async () => {
    const { store, endpoint } = await world()
    const account = await makeAccount(store, 'other')
    const key = await makeKey(store, account)
    const s3 = clientOf(endpoint, key)
    const lists = (): Promise<string> => outcomeOf(s3.send(new GetObjectCommand({ Bucket: 'none', Key: 'a' })))
    equal(await lists(), '404 NoSuchBucket')
    await store.catalog.commit(updateAccessKey, { id: key.accessKeyId, status: 'Inactive' })
    equal(await lists(), '403 InvalidAccessKeyId')
  })

  it('decides no request that begins after the acknowledgement, however many run meanwhile', async function () {
    this.timeout(60_000)
    const { store, account, endpoint, reads } = await world()
    const user = await makeUser(store, account, 'ann')
    const key = await makeKey(store, user)
    /** What holds for certain between the acknowledgement of one change and the moment the next is asked for. */
    const spans: { isAllowed: boolean; fromMs: number; toMs: number }[] = []
    const seen: { begunMs: number; endedMs: number; outcome: string }[] = []
    const end = { isOver: false }
    const asking = Array.from({ length: 6 }, async () => {
      const s3 = clientOf(endpoint, key)
      while (!end.isOver) {
        const begunMs = performance.now()
        const outcome = await reads(s3)
        seen.push({ begunMs, endedMs: performance.now(), outcome })
      }
      s3.destroy()
    })
    for (let round = 0; round < 60; round += 1) {
      const isAllowed = round % 2 === 0
      await (isAllowed ? grant(store, user, readsAll) : grant(store, user, readsAll, deny('s3:*')))
      const fromMs = performance.now()
      await wait(30)
      spans.push({ isAllowed, fromMs, toMs: performance.now() })
    }
    end.isOver = true
    await Promise.all(asking)
    let judged = 0
    for (const { isAllowed, fromMs, toMs } of spans) {
      const within = seen.filter(({ begunMs, endedMs }) => begunMs >= fromMs && endedMs <= toMs)
      judged += within.length
      for (const { outcome } of within) equal(outcome, isAllowed ? 'allowed' : '403 AccessDenied')
    }
    ok(judged > 30, `only ${judged} of ${seen.length} requests fell between two changes`)
  })
})
