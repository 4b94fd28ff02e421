// Security rule 7: "A child's rights (session, service account) are a subset of its parent's when made and when used." A key with less than the rights of
// its owner, whatever its own policy says, makes no key that would have all of them.

import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { equal, rejects } from 'node:assert/strict'
import { freshServer } from '../fresh-server.js'
import { administrationOf } from '../../src/identity/administration.js'
import { systemClock } from '../../src/contract/operation.js'
import { iamOf } from './clients.js'
import { allow, makeUser, policy, s3Of } from './world.js'

describe('The key of a service account', () => {
  it('has what both its owner and its own policy allow, and makes no keys', async () => {
    const server = await freshServer()
    const ann = await makeUser(iamOf(server), 'ann', allow(['s3:GetObject', 'iam:*']))
    await server.s3.send(new PutObjectCommand({ Bucket: server.bucket, Key: 'k', Body: 'stone' }))
    const { rootKey, store } = server.server
    const administration = administrationOf(store, systemClock, rootKey)
    const child = await administration.createKey({
      accountId: rootKey.accountId,
      userName: 'ann',
      expires: undefined,
      policy: policy(allow(['s3:GetObject', 's3:PutObject', 'iam:CreateAccessKey', 'iam:ListAccessKeys'])),
      description: undefined,
      given: undefined,
    })

    const s3 = s3Of(server, child)
    const at = { Bucket: server.bucket, Key: 'k' }
    await s3.send(new GetObjectCommand(at))
    await rejects(s3.send(new PutObjectCommand({ ...at, Body: 'x' })), { name: 'AccessDenied' }, 'its owner may not')
    const iam = iamOf(server, child)
    equal((await iam.send(new ListAccessKeysCommand({ UserName: 'ann' }))).AccessKeyMetadata?.length, 2)
    await rejects(iam.send(new CreateAccessKeyCommand({ UserName: 'ann' })), { name: 'AccessDenied' })
    await rejects(iam.send(new CreateAccessKeyCommand({})), { name: 'AccessDenied' })
    await iamOf(server, ann.credentials).send(new CreateAccessKeyCommand({}))
  })

  it('makes no key good again that was disabled, and touches none of the account itself by rights on its users', async () => {
    const server = await freshServer()
    const { rootKey, store } = server.server
    const administration = administrationOf(store, systemClock, rootKey)
    const { id: accountId, number } = await administration.createAccount('tenant')
    const none = {
      userName: undefined,
      expires: undefined,
      policy: undefined,
      description: undefined,
      given: undefined,
    }
    const main = await administration.createKey({ accountId, ...none })
    const leaked = await administration.createKey({ accountId, ...none })
    const ann = await makeUser(iamOf(server, main), 'ann', allow('iam:*'))
    const rights = allow(
      ['iam:DeleteAccessKey', 'iam:ListAccessKeys', 'iam:UpdateAccessKey'],
      `arn:aws:iam::${number}:user/*`,
    )
    const child = iamOf(server, await administration.createKey({ accountId, ...none, policy: policy(rights) }))
    const ofAccount = { AccessKeyId: leaked.accessKeyId }
    const ofAnn = { AccessKeyId: ann.credentials.accessKeyId, UserName: 'ann' }

    await rejects(child.send(new UpdateAccessKeyCommand({ ...ofAccount, Status: 'Inactive' })), {
      name: 'AccessDenied',
    })
    await rejects(child.send(new DeleteAccessKeyCommand(ofAccount)), { name: 'AccessDenied' })
    await rejects(child.send(new ListAccessKeysCommand({})), { name: 'AccessDenied' })
    await child.send(new UpdateAccessKeyCommand({ ...ofAnn, Status: 'Inactive' }))
    await rejects(child.send(new UpdateAccessKeyCommand({ ...ofAnn, Status: 'Active' })), { name: 'AccessDenied' })
    await iamOf(server, main).send(new UpdateAccessKeyCommand({ ...ofAnn, Status: 'Active' }))
    await iamOf(server, main).send(new DeleteAccessKeyCommand(ofAccount))
  })
})
