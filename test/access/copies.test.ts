// Copies need rights on both ends, tags that come along rights of their own, and every variant of a version its own action.

import { equal } from 'node:assert/strict'
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  RenameObjectCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'
import {
  allow,
  clientOf,
  deny,
  grant,
  makeKey,
  makeUser,
  operatorsAccount,
  outcomeOf,
  type Statement,
} from './people.js'

async function world() {
  const fresh = await freshServer()
  const { store, rootKey } = fresh.server
  const user = await makeUser(store, operatorsAccount(store, rootKey.accountId), 'ann')
  const theirs = clientOf(fresh.endpoint, await makeKey(store, user))
  const { bucket: Bucket, s3 } = fresh
  const permit = (...statements: Statement[]) => grant(store, user, ...statements)
  const at = (key: string): string => `arn:aws:s3:::${Bucket}/${key}`
  await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: 'x' }))
  return { s3, Bucket, theirs, permit, at }
}

describe('rights of a copy', () => {
  it('are asked on the source and on the destination', async () => {
    const { Bucket, theirs, permit, at } = await world()
    const copy = () =>
      outcomeOf(theirs.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/from` })))
    await permit(allow('s3:GetObject', at('from')))
    equal(await copy(), '403 AccessDenied')
    await permit(allow('s3:PutObject', at('to')))
    equal(await copy(), '403 AccessDenied')
    await permit(allow('s3:GetObject', at('to')), allow('s3:PutObject', at('from')))
    equal(await copy(), '403 AccessDenied')
    await permit(allow('s3:GetObject', at('from')), allow('s3:PutObject', at('to')))
    equal(await copy(), 'allowed')
    await permit(allow('s3:*'), deny('s3:GetObject', at('from')))
    equal(await copy(), '403 AccessDenied')
  })

  it('are more where tags come along, or an ACL or tags are given', async () => {
    const { s3, Bucket, theirs, permit } = await world()
    const copy = (more: object = {}) =>
      outcomeOf(theirs.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/from`, ...more })))
    const plain = allow(['s3:GetObject', 's3:PutObject'])
    await permit(plain)
    equal(await copy(), 'allowed')
    const tags = { TagSet: [{ Key: 'a', Value: 'b' }] }
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'from', Tagging: tags }))
    equal(await copy(), '403 AccessDenied')
    await permit(plain, allow('s3:GetObjectTagging'))
    equal(await copy(), '403 AccessDenied')
    await permit(plain, allow(['s3:GetObjectTagging', 's3:PutObjectTagging']))
    equal(await copy(), 'allowed')
    await permit(plain)
    equal(await copy({ TaggingDirective: 'REPLACE' }), 'allowed')
    equal(await copy({ TaggingDirective: 'REPLACE', Tagging: 'c=d' }), '403 AccessDenied')
    equal(await copy({ TaggingDirective: 'REPLACE', ACL: 'bucket-owner-full-control' }), '403 AccessDenied')
    await permit(plain, allow(['s3:PutObjectTagging', 's3:PutObjectAcl']))
    equal(await copy({ TaggingDirective: 'REPLACE', Tagging: 'c=d', ACL: 'bucket-owner-full-control' }), 'allowed')
  })

  it('are asked of a part that is copied, by the version of its source', async () => {
    const { s3, Bucket, theirs, permit, at } = await world()
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const { VersionId = '' } = await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: 'y' }))
    const upload = { Bucket, Key: 'to' }
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload))
    const copy = (CopySource: string) =>
      outcomeOf(theirs.send(new UploadPartCopyCommand({ ...upload, UploadId, PartNumber: 1, CopySource })))
    await permit(allow('s3:PutObject', at('to')))
    equal(await copy(`${Bucket}/from`), '403 AccessDenied')
    await permit(allow('s3:PutObject', at('to')), allow('s3:GetObject', at('from')))
    equal(await copy(`${Bucket}/from`), 'allowed')
    equal(await copy(`${Bucket}/from?versionId=${VersionId}`), '403 AccessDenied')
    await permit(allow('s3:PutObject', at('to')), allow('s3:GetObjectVersion', at('from')))
    equal(await copy(`${Bucket}/from?versionId=${VersionId}`), 'allowed')
    equal(await copy(`${Bucket}/from`), '403 AccessDenied')
  })

  it('are asked of a rename, which reads and removes where it was', async () => {
    const { Bucket, theirs, permit, at } = await world()
    const rename = () => outcomeOf(theirs.send(new RenameObjectCommand({ Bucket, Key: 'to', RenameSource: 'from' })))
    const [put, get, del] = [
      allow('s3:PutObject', at('to')),
      allow('s3:GetObject', at('from')),
      allow('s3:DeleteObject', at('from')),
    ]
    for (const two of [
      [put, get],
      [put, del],
      [get, del],
    ]) {
      await permit(...two)
      equal(await rename(), '403 AccessDenied')
    }
    await permit(put, get, del)
    equal(await rename(), 'allowed')
  })
})

describe('rights of versions', () => {
  it('are not those of the key, whatever is done with them', async () => {
    const { s3, Bucket, theirs, permit } = await world()
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const { VersionId = '' } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }))
    const [key, version] = [
      { Bucket, Key: 'k' },
      { Bucket, Key: 'k', VersionId },
    ]
    const Tagging = { TagSet: [{ Key: 'a', Value: 'b' }] }
    const attempts = [
      ['s3:GetObject', new GetObjectCommand(key), 's3:GetObjectVersion', new GetObjectCommand(version)],
      [
        's3:GetObjectTagging',
        new GetObjectTaggingCommand(key),
        's3:GetObjectVersionTagging',
        new GetObjectTaggingCommand(version),
      ],
      [
        's3:PutObjectTagging',
        new PutObjectTaggingCommand({ ...key, Tagging }),
        's3:PutObjectVersionTagging',
        new PutObjectTaggingCommand({ ...version, Tagging }),
      ],
      ['s3:DeleteObject', new DeleteObjectCommand(key), 's3:DeleteObjectVersion', new DeleteObjectCommand(version)],
    ] as const
    for (const [right, onKey, versionRight, onVersion] of attempts) {
      const tried = async (command: typeof onKey): Promise<string> =>
        outcomeOf(theirs.send(command as GetObjectCommand).then(({ Body }) => Body?.transformToString()))
      await permit(allow(right))
      equal(await tried(onVersion), '403 AccessDenied', versionRight)
      await permit(allow(versionRight))
      equal(await tried(onKey), '403 AccessDenied', right)
      equal(await tried(onVersion), 'allowed', versionRight)
      await permit(allow(right))
      if (right !== 's3:DeleteObject') equal(await tried(onKey), 'allowed', right)
    }
  })

  it('are asked of each entry of a DeleteObjects', async () => {
    const { s3, Bucket, theirs, permit, at } = await world()
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const { VersionId = '' } = await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))
    await s3.send(new PutObjectCommand({ Bucket, Key: 'b', Body: 'x' }))
    await permit(allow('s3:DeleteObject', at('a')), allow('s3:DeleteObjectVersion', at('b')))
    const Objects = [{ Key: 'a' }, { Key: 'a', VersionId }, { Key: 'b' }, { Key: 'none' }]
    const { Deleted = [], Errors = [] } = await theirs.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
    equal(Deleted.map(({ Key }) => Key).join(), 'a')
    equal(
      Errors.map(({ Key, VersionId: id, Code }) => `${Key}${id === undefined ? '' : ' version'} ${Code}`).join(),
      'a version AccessDenied,b AccessDenied,none AccessDenied',
    )
  })
})
