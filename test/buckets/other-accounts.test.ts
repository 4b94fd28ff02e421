// Several accounts and one bucket: whose what they write is, and whom its lists let in. Through the whole server, each with a key of its own.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  type ObjectCannedACL,
  type ObjectOwnership,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { updateAccount } from '../../src/store/catalog/identity/accounts.js'
import { newAccount, newUser, unsigned } from '../accounts.js'
import { freshServer } from '../fresh-server.js'

const denied = { name: 'AccessDenied' }

/** A bucket of root's with lists and nothing blocked, and two accounts beside it. */
async function shared(ownership: ObjectOwnership = 'ObjectWriter') {
  const fresh = await freshServer({ settings: { newBucketOwnership: ownership, newBucketPublicAccess: 'open' } })
  const { s3, bucket: Bucket } = fresh
  const root = (await s3.send(new GetBucketAclCommand({ Bucket }))).Owner?.ID ?? ''
  const writer = await newAccount(fresh, 'writer')
  const reader = await newAccount(fresh, 'reader')
  /** What everybody may do with the bucket's objects by its policy; lists of objects are read by their owners. */
  const letWrite = () =>
    s3.send(
      new PutBucketPolicyCommand({
        Bucket,
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal: { AWS: [writer.number, reader.number] },
            Action: ['s3:PutObject', 's3:PutObjectAcl', 's3:ListMultipartUploadParts', 's3:List*'],
            Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
          },
        }),
      }),
    )
  return { ...fresh, Bucket, root, writer, reader, letWrite, nobody: unsigned(fresh) }
}

const textOf = async (s3: S3Client, Bucket: string, Key: string): Promise<string | undefined> =>
  (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()

const put = (s3: S3Client, Bucket: string, Key: string, ACL?: ObjectCannedACL) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ...(ACL && { ACL }) }))

describe('What another account writes', () => {
  const cases: [ownership: ObjectOwnership, acl: ObjectCannedACL | undefined, isBucketOwners: boolean][] = [
    ['ObjectWriter', undefined, false],
    ['ObjectWriter', 'private', false],
    ['ObjectWriter', 'bucket-owner-full-control', false],
    ['BucketOwnerPreferred', undefined, false],
    ['BucketOwnerPreferred', 'private', false],
    ['BucketOwnerPreferred', 'bucket-owner-full-control', true],
    ['BucketOwnerEnforced', undefined, true],
    ['BucketOwnerEnforced', 'bucket-owner-full-control', true],
  ]
  for (const [ownership, acl, isBucketOwners] of cases) {
    const whose = isBucketOwners ? "the bucket owner's" : 'its own'
    it(`is ${whose} with ${ownership} and ${acl ?? 'no list'}: put, copied, uploaded in parts`, async () => {
      const { s3, Bucket, root, writer, letWrite } = await shared(ownership)
      await letWrite()
      const own = 'writers-own'
      await writer.s3.send(new CreateBucketCommand({ Bucket: own }))
      await put(writer.s3, own, 'source')
      const list = acl === undefined ? {} : { ACL: acl }
      await put(writer.s3, Bucket, 'put', acl)
      await writer.s3.send(new CopyObjectCommand({ Bucket, Key: 'copied', CopySource: `${own}/source`, ...list }))
      const upload = { Bucket, Key: 'uploaded' }
      const { UploadId } = await writer.s3.send(new CreateMultipartUploadCommand({ ...upload, ...list }))
      const owner = isBucketOwners ? root : writer.id

      const parts = await writer.s3.send(new ListPartsCommand({ ...upload, UploadId }))
      deepEqual([parts.Owner?.ID, parts.Initiator?.ID], [owner, writer.id])
      const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }))
      deepEqual(
        Uploads?.map(({ Owner, Initiator }) => [Owner?.ID, Initiator?.ID, Initiator?.DisplayName]),
        [[owner, writer.id, 'writer']],
      )
      const part = { ...upload, UploadId, PartNumber: 1 }
      const { ETag } = await writer.s3.send(new UploadPartCommand({ ...part, Body: 'x' }))
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
      await writer.s3.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }))

      const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, FetchOwner: true }))
      deepEqual(
        Contents?.map(({ Key, Owner }) => [Key, Owner?.ID]),
        ['copied', 'put', 'uploaded'].map((key) => [key, owner]),
      )
      const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket }))
      deepEqual(new Set(Versions?.map(({ Owner }) => Owner?.ID)), new Set([owner]))
      for (const Key of ['copied', 'put', 'uploaded']) {
        const asked = isBucketOwners ? s3 : writer.s3
        const { Owner, Grants } = await asked.send(new GetObjectAclCommand({ Bucket, Key }))
        equal(Owner?.ID, owner)
        const isShared = !isBucketOwners && acl === 'bucket-owner-full-control'
        deepEqual(
          Grants?.map(({ Grantee, Permission }) => [Grantee?.ID, Permission]),
          [owner, ...(isShared ? [root] : [])].map((id) => [id, 'FULL_CONTROL']),
        )
      }
    })
  }

  it('takes no list but the bucket owner’s full control where lists do not count', async () => {
    const { Bucket, writer, letWrite } = await shared('BucketOwnerEnforced')
    await letWrite()
    const refused = { name: 'AccessControlListNotSupported' }
    await rejects(put(writer.s3, Bucket, 'a', 'private'), refused)
    await rejects(writer.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a', ACL: 'private' })), refused)
    await put(writer.s3, Bucket, 'a', 'bucket-owner-full-control')
    await rejects(writer.s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', ACL: 'private' })), refused)
  })

  it('is the bucket owner’s to delete, whoever owns it', async () => {
    const fresh = await shared()
    const { s3 } = await newAccount(fresh, 'company')
    const Bucket = 'company-bucket'
    await s3.send(new CreateBucketCommand({ Bucket, GrantWrite: `id=${fresh.writer.id}` }))
    for (const key of ['a', 'b']) await put(fresh.writer.s3, Bucket, key)
    await rejects(textOf(s3, Bucket, 'a'), denied, 'though not his to read')
    const Delete = { Objects: [{ Key: 'a', VersionId: 'null' }] }
    const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete, BypassGovernanceRetention: true }))
    equal(Errors, undefined)
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'b' }))
    equal((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0)
  })

  it('becomes the bucket owner’s when he takes all of it, and theirs again when he lets go', async () => {
    const { s3, Bucket, root, writer, letWrite } = await shared()
    await letWrite()
    await put(writer.s3, Bucket, 'a')
    const set = (ObjectOwnership: ObjectOwnership) =>
      s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership }] } }))
    const owner = async () =>
      (await s3.send(new ListObjectsV2Command({ Bucket, FetchOwner: true }))).Contents?.[0]?.Owner?.ID

    equal(await owner(), writer.id)
    equal(await textOf(writer.s3, Bucket, 'a'), 'x', 'its owner has full control of it')
    await set('BucketOwnerEnforced')
    equal(await owner(), root)
    await rejects(textOf(writer.s3, Bucket, 'a'), denied)
    await set('ObjectWriter')
    equal(await owner(), writer.id)
    equal(await textOf(writer.s3, Bucket, 'a'), 'x')
  })

  it('may be ended and looked at by who began it, and by nobody else but the bucket owner', async () => {
    const { s3, Bucket, writer, reader } = await shared()
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read-write' }))
    const begin = async () => {
      const { UploadId } = await writer.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a' }))
      return { Bucket, Key: 'a', UploadId }
    }
    const upload = await begin()
    await rejects(reader.s3.send(new ListPartsCommand(upload)), denied)
    await rejects(reader.s3.send(new AbortMultipartUploadCommand(upload)), denied)
    await writer.s3.send(new ListPartsCommand(upload))
    await writer.s3.send(new AbortMultipartUploadCommand(upload))
    await rejects(s3.send(new ListPartsCommand(upload)), { name: 'NoSuchUpload' })
    await s3.send(new AbortMultipartUploadCommand(await begin()))
  })

  it('tells of the user who began an upload by his ARN', async () => {
    const fresh = await shared()
    const account = await newAccount(fresh, 'company')
    const Bucket = 'company-bucket'
    await account.s3.send(new CreateBucketCommand({ Bucket }))
    const ann = await newUser(fresh, account, 'ann', { Effect: 'Allow', Action: 's3:*', Resource: '*' })
    const { UploadId } = await ann.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a' }))
    const { Owner, Initiator } = await account.s3.send(new ListPartsCommand({ Bucket, Key: 'a', UploadId }))
    deepEqual(
      [Owner, Initiator],
      [
        { ID: account.id, DisplayName: 'company' },
        { ID: `arn:aws:iam::${account.number}:user/ann`, DisplayName: 'ann' },
      ],
    )
  })
})

describe('A list that counts', () => {
  it('lets everybody read, or everybody who signs, or one account, the object or the list of objects', async () => {
    const { s3, Bucket, writer, reader, nobody } = await shared()
    const owner = (await s3.send(new GetBucketAclCommand({ Bucket }))).Owner
    await put(s3, Bucket, 'private')
    await put(s3, Bucket, 'public', 'public-read')
    await put(s3, Bucket, 'signed', 'authenticated-read')
    await s3.send(new PutObjectCommand({ Bucket, Key: 'one', Body: 'x', GrantRead: `id=${reader.id}` }))
    const reads: [s3: S3Client, keys: string[]][] = [
      [nobody, ['public']],
      [writer.s3, ['public', 'signed']],
      [reader.s3, ['one', 'public', 'signed']],
    ]
    for (const [client, keys] of reads) {
      for (const key of ['one', 'private', 'public', 'signed']) {
        if (keys.includes(key)) equal(await textOf(client, Bucket, key), 'x', key)
        else await rejects(textOf(client, Bucket, key), denied, key)
      }
      await rejects(client.send(new ListObjectsV2Command({ Bucket })), denied)
      await rejects(put(client, Bucket, 'public'), denied)
      await rejects(client.send(new GetObjectAclCommand({ Bucket, Key: 'public' })), denied)
    }

    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }))
    equal((await nobody.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 4)
    await s3.send(new PutBucketAclCommand({ Bucket, GrantWrite: `id=${writer.id}`, GrantReadACP: `id=${reader.id}` }))
    await put(writer.s3, Bucket, 'public')
    await rejects(textOf(nobody, Bucket, 'public'), denied, 'the new version has a list of its own')
    await rejects(s3.send(new GetObjectAclCommand({ Bucket: 'nowhere', Key: 'a' })), { name: 'NoSuchBucket' })
    deepEqual((await reader.s3.send(new GetBucketAclCommand({ Bucket }))).Owner, owner)
    await rejects(writer.s3.send(new GetBucketAclCommand({ Bucket })), denied)
  })

  it('lets everybody write, and what nobody signed is the bucket owner’s', async () => {
    const { s3, Bucket, root, nobody } = await shared()
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read-write' }))
    await put(nobody, Bucket, 'a')
    const { Owner, Grants } = await s3.send(new GetObjectAclCommand({ Bucket, Key: 'a' }))
    deepEqual([Owner?.ID, Grants?.length], [root, 1])
    await rejects(textOf(nobody, Bucket, 'a'), denied)
  })

  it('may be changed by whom it lets, and its owner stays who he is', async () => {
    const { s3, Bucket, root, writer } = await shared()
    const object = { Bucket, Key: 'a' }
    await put(s3, Bucket, 'a')
    await s3.send(new PutObjectAclCommand({ ...object, GrantFullControl: `id=${writer.id}` }))
    const AccessControlPolicy = {
      Owner: { ID: root },
      Grants: [{ Grantee: { Type: 'CanonicalUser' as const, ID: writer.id }, Permission: 'READ_ACP' as const }],
    }
    await writer.s3.send(new PutObjectAclCommand({ ...object, AccessControlPolicy }))
    const { Owner, Grants } = await writer.s3.send(new GetObjectAclCommand(object))
    deepEqual([Owner?.ID, Grants?.length, Grants?.[0]?.Permission], [root, 1, 'READ_ACP'])
    await rejects(writer.s3.send(new PutObjectAclCommand({ ...object, ACL: 'private' })), denied)
  })

  it('is ignored where public ones are, as far as it is public', async () => {
    const { s3, Bucket, reader, nobody } = await shared()
    await put(s3, Bucket, 'a', 'public-read')
    await s3.send(new PutObjectCommand({ Bucket, Key: 'b', Body: 'x', GrantRead: `id=${reader.id}` }))
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'authenticated-read' }))
    equal(await textOf(nobody, Bucket, 'a'), 'x')
    equal((await reader.s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 2)

    const block = { IgnorePublicAcls: true }
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: block }))
    await rejects(textOf(nobody, Bucket, 'a'), denied)
    await rejects(reader.s3.send(new ListObjectsV2Command({ Bucket })), denied)
    equal(await textOf(reader.s3, Bucket, 'b'), 'x')
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
    equal(await textOf(nobody, Bucket, 'a'), 'x')
  })

  it('names an account by its e-mail address, and answers its id', async () => {
    const { s3, Bucket, reader, server } = await shared()
    await server.store.catalog.commit(updateAccount, { id: reader.id, email: 'Reader@Example.com' })
    await s3.send(new PutBucketAclCommand({ Bucket, GrantRead: 'emailAddress="reader@example.com"' }))
    const { Grants } = await s3.send(new GetBucketAclCommand({ Bucket }))
    deepEqual(Grants, [
      { Grantee: { Type: 'CanonicalUser', ID: reader.id, DisplayName: 'reader' }, Permission: 'READ' },
    ])
    equal((await reader.s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0)
    await server.store.catalog.commit(updateAccount, { id: reader.id, email: null })
    await rejects(s3.send(new PutBucketAclCommand({ Bucket, GrantRead: 'emailAddress=reader@example.com' })), {
      name: 'UnresolvableGrantByEmailAddress',
    })
  })
})
