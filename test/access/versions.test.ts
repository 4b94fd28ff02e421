// A right to objects is none to their versions: what is asked for by its VersionId needs the right to versions.

import { equal, rejects } from 'node:assert/strict'
import {
  GetObjectAclCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { newAccount, newUser } from '../accounts.js'
import { freshServer } from '../fresh-server.js'
import { allow, deny, operatorsAccount } from './people.js'

describe('A version', () => {
  it('is nothing for who may only have the latest', async () => {
    const fresh = await freshServer()
    const { s3, bucket: Bucket, server } = fresh
    const account = operatorsAccount(server.store, server.rootKey.accountId)
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const put = async (Body: string) => (await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body }))).VersionId
    const [VersionId, latest] = [await put('old'), await put('new')]
    const ann = await newUser(fresh, account, 'ann', allow('s3:GetObject'))
    const bob = await newUser(fresh, account, 'bob', allow('s3:*'), deny('s3:GetObjectVersion'))
    const cat = await newUser(fresh, account, 'cat', allow('s3:GetObjectVersion'))
    const denied = { name: 'AccessDenied' }
    const textOf = async (s3: typeof ann, VersionId?: string) =>
      (await s3.send(new GetObjectCommand({ Bucket, Key: 'a', VersionId }))).Body?.transformToString()

    equal(await textOf(ann), 'new')
    equal(await textOf(bob), 'new')
    equal(await textOf(cat, VersionId), 'old')
    for (const id of [VersionId, latest]) {
      await rejects(textOf(ann, id), denied)
      await rejects(textOf(bob, id), denied)
    }
    await rejects(textOf(cat), denied)
  })

  it('has a list of its own, which is the one that decides', async () => {
    const fresh = await freshServer({
      settings: { newBucketOwnership: 'ObjectWriter', newBucketPublicAccess: 'open' },
    })
    const { bucket, s3 } = fresh
    const reader = await newAccount(fresh, 'reader')
    const object = { Bucket: bucket, Key: 'a' }
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const { VersionId } = await s3.send(new PutObjectCommand({ ...object, Body: 'old' }))
    await s3.send(new PutObjectCommand({ ...object, Body: 'new', GrantRead: `id=${reader.id}` }))
    const old = { ...object, VersionId }

    equal((await reader.s3.send(new GetObjectCommand(object))).ContentLength, 3)
    await rejects(reader.s3.send(new GetObjectCommand(old)), { name: 'AccessDenied' })
    await s3.send(new PutObjectAclCommand({ ...old, GrantFullControl: `id=${reader.id}` }))
    equal(await (await reader.s3.send(new GetObjectCommand(old))).Body?.transformToString(), 'old')
    equal((await reader.s3.send(new GetObjectAclCommand(old))).Grants?.length, 1)
    await rejects(reader.s3.send(new GetObjectAclCommand(object)), { name: 'AccessDenied' })
  })
})
