// Access keys by IAM's operations, and accounts and keys by administration: without HTTP.

import { deepEqual, equal, match, notEqual, ok, rejects } from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createBucketRow } from '../../src/store/catalog/create-bucket.js'
import { accessNumber } from '../../src/store/catalog/access-number.js'
import { noteKeyUses } from '../../src/store/catalog/identity/access-keys.js'
import { standingOfKey, standingOfUser } from '../../src/store/catalog/identity/standing.js'
import { MasterKey, SealBroken, secretPurpose } from '../../src/store/sealer.js'
import { afterEachTest, filesBelow } from '../store/temporary-directory.js'
import { document, openRoom, operatorId, operatorKeyId, type Room } from './room.js'

const plainKey = { userName: 'ann', expires: undefined, policy: undefined, description: undefined, given: undefined }

describe('Access keys', () => {
  const later = afterEachTest()
  let room: Room
  beforeEach(async () => {
    room = await openRoom(later)
    await room.ask('CreateUser', { UserName: 'ann' })
  })

  const secretOf = async (id: string): Promise<string> => {
    const { store } = room
    const standing = await store.catalog.read(standingOfKey, id)
    return Buffer.from(store.sealer.open(standing?.sealedSecret ?? new Uint8Array(), secretPurpose(id))).toString()
  }

  it('are made with a random secret that is told once, and opens again', async () => {
    const { ask } = room
    const { AccessKey } = await ask('CreateAccessKey', { UserName: 'ann' })
    const id = AccessKey?.AccessKeyId ?? ''
    match(id, /^AKIA[A-Z2-7]{16}$/)
    match(AccessKey?.SecretAccessKey ?? '', /^[A-Za-z0-9]{40}$/)
    equal(await secretOf(id), AccessKey?.SecretAccessKey)
    const { AccessKeyMetadata } = await ask('ListAccessKeys', { UserName: 'ann' })
    deepEqual(AccessKeyMetadata, [
      { UserName: 'ann', AccessKeyId: id, Status: 'Active', CreateDate: new Date(1_700_000_000_000) },
    ])
  })

  it('are those of who asks where no user is named', async () => {
    const { ask, callOf } = room
    const { AccessKey } = await ask('CreateAccessKey', {}, callOf('ann'))
    equal(AccessKey?.UserName, 'ann')
    const AccessKeyId = AccessKey?.AccessKeyId
    await ask('UpdateAccessKey', { AccessKeyId, Status: 'Inactive' }, callOf('ann'))
    equal((await ask('ListAccessKeys', {}, callOf('ann'))).AccessKeyMetadata?.[0]?.Status, 'Inactive')
    await rejects(ask('DeleteAccessKey', { AccessKeyId }), { code: 'NoSuchEntity' }, 'it is not the account’s own')
    await ask('DeleteAccessKey', { AccessKeyId }, callOf('ann'))
    const own = await ask('CreateAccessKey', {})
    equal((await ask('ListAccessKeys', {})).AccessKeyMetadata?.length, 1)
    equal((await room.store.catalog.read(standingOfKey, own.AccessKey?.AccessKeyId ?? ''))?.user, undefined)
  })

  it('are two for a user at most by IAM, beside those of programs', async () => {
    const { ask, administration } = room
    await administration.createKey({ ...plainKey, accountId: operatorId, policy: document })
    for (let i = 0; i < 2; i += 1) await ask('CreateAccessKey', { UserName: 'ann' })
    await rejects(ask('CreateAccessKey', { UserName: 'ann' }), { code: 'LimitExceeded', status: 409 })
    await administration.createKey({ ...plainKey, accountId: operatorId })
  })

  it('are not made by a key with less than its owner’s rights: security rule 7', async () => {
    const { ask, callOf } = room
    await rejects(ask('CreateAccessKey', {}, { ...callOf('ann'), policies: { session: [[]] } }), {
      code: 'AccessDenied',
    })
  })

  it('tell when they were used last', async () => {
    const { ask, store } = room
    const AccessKeyId = (await ask('CreateAccessKey', { UserName: 'ann' })).AccessKey?.AccessKeyId ?? ''
    const never = { ServiceName: 'N/A', Region: 'N/A' }
    deepEqual((await ask('GetAccessKeyLastUsed', { AccessKeyId })).AccessKeyLastUsed, never)
    await store.catalog.commit(noteKeyUses, [{ id: AccessKeyId, usedMs: 5_000, service: 's3', region: 'us-east-1' }])
    deepEqual(await ask('GetAccessKeyLastUsed', { AccessKeyId }), {
      UserName: 'ann',
      AccessKeyLastUsed: { LastUsedDate: new Date(5_000), ServiceName: 's3', Region: 'us-east-1' },
    })
    await rejects(ask('GetAccessKeyLastUsed', { AccessKeyId: operatorKeyId }), { code: 'NoSuchEntity' })
  })

  it('of users are nowhere on the disk: security rule 12', async () => {
    const { ask, directory, administration, store } = room
    const made = await ask('CreateAccessKey', { UserName: 'ann' })
    const given = { accessKeyId: 'minio-app', secretAccessKey: 'brought-along-secret' }
    await administration.createKey({ ...plainKey, accountId: operatorId, given })
    const secrets = [made.AccessKey?.SecretAccessKey ?? '', given.secretAccessKey]
    for (const moment of ['served', 'closed']) {
      const files = await filesBelow(directory)
      ok(files.includes('catalog.db'))
      for (const name of files) {
        const bytes = await readFile(join(directory, name))
        for (const secret of secrets) ok(!bytes.includes(secret), `${name}, ${moment}`)
      }
      await store.close()
    }
  })

  it('do not open under another master key, nor as another key', async () => {
    const { administration, store } = room
    const other = MasterKey.random().sealer()
    for (let i = 0; i < 20; i += 1) {
      const { accessKeyId } = await administration.createKey({ ...plainKey, accountId: operatorId })
      const sealed = (await store.catalog.read(standingOfKey, accessKeyId))?.sealedSecret ?? new Uint8Array()
      for (const open of [
        () => other.open(sealed, secretPurpose(accessKeyId)),
        () => store.sealer.open(sealed, secretPurpose('AKIAOTHER')),
      ]) {
        await rejects(async () => open(), SealBroken)
      }
    }
  })

  it('are brought along, once, and never as a session’s or the root key', async () => {
    const { administration } = room
    const bring = (accessKeyId: string, secretAccessKey = 'secret-of-eight') =>
      administration.createKey({ ...plainKey, accountId: operatorId, given: { accessKeyId, secretAccessKey } })
    deepEqual(await bring('minio'), { accessKeyId: 'minio', secretAccessKey: 'secret-of-eight' })
    equal(await secretOf('minio'), 'secret-of-eight')
    await rejects(bring('minio', 'another-secret'), { code: 'EntityAlreadyExists' })
    equal(await secretOf('minio'), 'secret-of-eight')
    await rejects(bring(operatorKeyId), { code: 'EntityAlreadyExists' })
    for (const id of ['ASIAX', 'a/b', 'ab', 'a,b', 'a'.repeat(129)]) {
      await rejects(bring(id), { code: 'ValidationError' }, id)
    }
    for (const secret of ['short', 'x'.repeat(257)]) await rejects(bring('other', secret), { code: 'ValidationError' })
  })

  it('are told with everything but their secret', async () => {
    const { administration, clock, number } = room
    const wanted = {
      ...plainKey,
      accountId: operatorId,
      expires: clock.at + 1000,
      policy: document,
      description: 'backup',
    }
    const { accessKeyId, secretAccessKey } = await administration.createKey(wanted)
    const key = await administration.key(accessKeyId)
    deepEqual(key, {
      accessKeyId,
      account: { id: operatorId, number, name: 'root' },
      user: { name: 'ann', arn: `arn:aws:iam::${number}:user/ann` },
      status: 'Active',
      created: clock.at,
      expires: clock.at + 1000,
      lastUsed: undefined,
      policy: document,
      description: 'backup',
      replacedBy: undefined,
    })
    ok(!JSON.stringify(key).includes(secretAccessKey))
    deepEqual(await administration.keys(operatorId), [key])
    await rejects(administration.createKey({ ...wanted, expires: clock.at }), { code: 'ValidationError' })
    await rejects(administration.createKey({ ...wanted, policy: '{}' }), { code: 'MalformedPolicyDocument' })
    await rejects(administration.createKey({ ...wanted, userName: 'none' }), { code: 'NoSuchEntity' })
    equal(await administration.key('none'), undefined)
  })

  it('are rotated with a grace, which ends the old one', async () => {
    const { administration, clock, store } = room
    const old = await administration.createKey({ ...plainKey, accountId: operatorId, policy: document })
    const made = await administration.rotateKey(old.accessKeyId, 60_000)
    notEqual(made.secretAccessKey, old.secretAccessKey)
    equal(made.oldExpires, clock.at + 60_000)
    const standing = await store.catalog.read(standingOfKey, old.accessKeyId)
    deepEqual([standing?.isActive, standing?.expiresMs], [true, clock.at + 60_000])
    equal((await administration.key(old.accessKeyId))?.replacedBy, made.accessKeyId)
    equal((await store.catalog.read(standingOfKey, made.accessKeyId))?.policy?.document, document)
    clock.at += 60_000
    await rejects(administration.rotateKey(old.accessKeyId, 0), { code: 'ValidationError' }, 'it has ended')
    await rejects(administration.rotateKey('none', 0), { code: 'NoSuchEntity' })
  })

  it('stop at once: each way of ending one raises the access number, and is seen by the next reading', async () => {
    const { administration, store, clock } = room
    const numberNow = () => store.catalog.read(accessNumber, undefined)
    const { accessKeyId } = await administration.createKey({ ...plainKey, accountId: operatorId })
    let before = await numberNow()
    const raised = async (): Promise<boolean> => {
      const now = await numberNow()
      const isRaised = now > before
      before = now
      return isRaised
    }
    await administration.updateKey(accessKeyId, { status: 'Inactive' })
    equal((await store.catalog.read(standingOfKey, accessKeyId))?.isActive, false)
    ok(await raised())
    await administration.updateKey(accessKeyId, { status: 'Active', expires: clock.at })
    const standing = await store.catalog.read(standingOfKey, accessKeyId)
    deepEqual([standing?.isActive, standing?.expiresMs], [true, clock.at])
    ok(await raised())
    await administration.updateKey(accessKeyId, { expires: null })
    equal((await store.catalog.read(standingOfKey, accessKeyId))?.expiresMs, undefined)
    ok(await raised())
    await administration.revokeSessions(operatorId, 'user', 'ann')
    const user = (await store.catalog.read(standingOfKey, accessKeyId))?.user
    ok((user?.sessionsRevokedBeforeMs ?? 0) > clock.at)
    deepEqual(await store.catalog.read(standingOfUser, user?.id ?? ''), user)
    ok(await raised())
    await administration.deleteKey(accessKeyId)
    equal(await store.catalog.read(standingOfKey, accessKeyId), undefined)
    ok(await raised())
    await rejects(administration.deleteKey(accessKeyId), { code: 'NoSuchEntity' })
  })
})

describe('Accounts', () => {
  const later = afterEachTest()
  let room: Room
  beforeEach(async () => {
    room = await openRoom(later)
  })

  it('are made with an id and a number of their own, and found by each', async () => {
    const { administration, number, clock } = room
    clock.at += 1000
    const made = await administration.createAccount('acme', { email: 'a@example.org' })
    match(made.id, /^[\da-f]{64}$/)
    match(made.number, /^[1-9]\d{11}$/)
    notEqual(made.number, number)
    for (const reference of [made.id, made.number, 'acme']) deepEqual(await administration.account(reference), made)
    deepEqual(
      (await administration.accounts()).map(({ name }) => name),
      ['root', 'acme'],
    )
    equal(await administration.account('none'), undefined)
  })

  it('may bring their id and number along, which nobody else has', async () => {
    const { administration } = room
    const brought = { id: 'b'.repeat(64), number: '111122223333' }
    equal((await administration.createAccount('tenant', brought)).number, brought.number)
    const taken = { code: 'EntityAlreadyExists' }
    await rejects(administration.createAccount('Tenant'), taken, 'names differ in more than case')
    await rejects(administration.createAccount('x', { number: brought.number }), taken)
    await rejects(administration.createAccount('x', { id: brought.id }), taken)
    for (const wrong of [{ id: 'short' }, { number: '12' }]) {
      await rejects(administration.createAccount('x', wrong), { code: 'ValidationError' })
    }
    await rejects(administration.createAccount('a b'), { code: 'ValidationError' })
  })

  it('are made at once without two of a name', async () => {
    const { administration } = room
    const made = await Promise.allSettled(Array.from({ length: 20 }, () => administration.createAccount('same')))
    equal(made.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  it('are renamed, but never the server’s own', async () => {
    const { administration } = room
    const { id } = await administration.createAccount('acme')
    await administration.renameAccount(id, 'acme2')
    equal((await administration.account(id))?.name, 'acme2')
    await rejects(administration.renameAccount(id, 'ROOT'), { code: 'EntityAlreadyExists' })
    await rejects(administration.renameAccount(operatorId, 'x'), { code: 'UnmodifiableEntity' })
    await rejects(administration.deleteAccount(operatorId), { code: 'UnmodifiableEntity' })
  })

  it('are not deleted while they own buckets or users, and take their keys with them', async () => {
    const { administration, store, ask, root } = room
    const account = await administration.createAccount('acme')
    const call = { ...root, principal: { ...root.principal, account } } as typeof root
    const key = await administration.createKey({ ...plainKey, userName: undefined, accountId: account.id })
    const bucket = { name: 'b', ownerId: account.id, region: 'r', now: 1, mayRepeat: true, settings: {} }
    await store.catalog.commit(createBucketRow, bucket)
    await rejects(administration.deleteAccount(account.id), { code: 'DeleteConflict', message: /buckets/ })
    const second = await administration.createAccount('second')
    const inSecond = { ...root, principal: { ...root.principal, account: second } } as typeof root
    await ask('CreateUser', { UserName: 'ann' }, inSecond)
    await ask('CreatePolicy', { PolicyName: 'p', PolicyDocument: document }, inSecond)
    await ask('CreateAccessKey', {}, inSecond)
    await rejects(administration.deleteAccount(second.id), { code: 'DeleteConflict', message: /users/ })
    await ask('DeleteUser', { UserName: 'ann' }, inSecond)
    await administration.deleteAccount(second.id)
    equal(await administration.account(second.id), undefined)
    deepEqual(
      (await administration.keys(account.id)).map(({ accessKeyId }) => accessKeyId),
      [key.accessKeyId],
    )
    await rejects(ask('CreateAccessKey', {}, inSecond), { code: 'NoSuchEntity' })
    equal((await ask('ListAccessKeys', {}, call)).AccessKeyMetadata?.length, 1)
  })
})
