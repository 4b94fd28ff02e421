// Lists of buckets and objects over the SDK: what is put is what is answered, and what S3 refuses is refused. Whom they let in is authorization's.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetObjectAclCommand,
  type Grant,
  PutBucketAclCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  RenameObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { operatorAccount, registerAccount } from '../../src/store/catalog/account.js'
import { freshServer } from '../fresh-server.js'
import { rawRequest, signedRequest } from '../raw-request.js'

const ann = 'b'.repeat(64)
const open = { settings: { newBucketOwnership: 'ObjectWriter', newBucketPublicAccess: 'open' } } as const
const everybody = { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' } as const
const toEverybody: Grant = { Grantee: everybody, Permission: 'READ' }

/** A server whose new buckets have lists, and an account beside root's. */
async function listing() {
  const fresh = await freshServer(open)
  const { s3, bucket: Bucket, server } = fresh
  await server.store.catalog.commit(registerAccount, operatorAccount(ann, 'ann', 1))
  const { Owner } = await s3.send(new GetBucketAclCommand({ Bucket }))
  const owners: Grant = {
    Grantee: { Type: 'CanonicalUser', ID: Owner?.ID, DisplayName: Owner?.DisplayName },
    Permission: 'FULL_CONTROL',
  }
  const anns = (Permission: NonNullable<Grant['Permission']>): Grant => ({
    Grantee: { Type: 'CanonicalUser', ID: ann, DisplayName: 'ann' },
    Permission,
  })
  return { ...fresh, s3, Bucket, Owner, owners, anns }
}

const grantsOf = async (s3: S3Client, Bucket: string, Key?: string, VersionId?: string): Promise<Grant[] | undefined> =>
  Key === undefined
    ? (await s3.send(new GetBucketAclCommand({ Bucket }))).Grants
    : (await s3.send(new GetObjectAclCommand({ Bucket, Key, VersionId }))).Grants

describe('The list of a bucket or an object', () => {
  it('is the FULL_CONTROL of its owner in the beginning', async () => {
    const { s3, bucket } = await freshServer()
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x' }))

    const ofBucket = await s3.send(new GetBucketAclCommand({ Bucket: bucket }))
    const ofObject = await s3.send(new GetObjectAclCommand({ Bucket: bucket, Key: 'a' }))

    deepEqual(ofBucket.Grants, [
      {
        Grantee: { ID: ofBucket.Owner?.ID, DisplayName: ofBucket.Owner?.DisplayName, Type: 'CanonicalUser' },
        Permission: 'FULL_CONTROL',
      },
    ])
    deepEqual([ofObject.Owner, ofObject.Grants], [ofBucket.Owner, ofBucket.Grants])
  })

  it('is replaced by a canned one, by headers, by XML, and put back as it is answered', async () => {
    const { s3, Bucket, Owner, owners, anns } = await listing()
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))

    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }))
    deepEqual(await grantsOf(s3, Bucket), [toEverybody, owners])
    await s3.send(new PutBucketAclCommand({ Bucket, GrantWrite: `id="${ann}"`, GrantReadACP: `id=${ann}` }))
    deepEqual(await grantsOf(s3, Bucket), [anns('WRITE'), anns('READ_ACP')])
    const Grants = [owners, anns('WRITE_ACP'), toEverybody]
    await s3.send(new PutBucketAclCommand({ Bucket, AccessControlPolicy: { Owner, Grants } }))
    deepEqual(await grantsOf(s3, Bucket), [toEverybody, owners, anns('WRITE_ACP')])
    await s3.send(new PutBucketAclCommand({ Bucket, AccessControlPolicy: { Owner, Grants: [] } }))
    deepEqual(await grantsOf(s3, Bucket), [])
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }))
    deepEqual(await grantsOf(s3, Bucket), [owners])

    await s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', ACL: 'authenticated-read' }))
    equal((await grantsOf(s3, Bucket, 'a'))?.[0]?.Grantee?.URI?.endsWith('AuthenticatedUsers'), true)
    await s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', GrantFullControl: `id=${ann}` }))
    deepEqual(await grantsOf(s3, Bucket, 'a'), [anns('FULL_CONTROL')])
    await s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', AccessControlPolicy: { Owner, Grants } }))
    deepEqual(await grantsOf(s3, Bucket, 'a'), [toEverybody, owners, anns('WRITE_ACP')])
  })

  it('is given along when a bucket is made, and when an object is written or copied', async () => {
    const { s3, Bucket, owners, anns } = await listing()

    await s3.send(new CreateBucketCommand({ Bucket: 'listed', ACL: 'public-read' }))
    deepEqual(await grantsOf(s3, 'listed'), [toEverybody, owners])
    await s3.send(new CreateBucketCommand({ Bucket: 'granted', GrantWrite: `id=${ann}` }))
    deepEqual(await grantsOf(s3, 'granted'), [anns('WRITE')])

    await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', ACL: 'public-read' }))
    await s3.send(new PutObjectCommand({ Bucket, Key: 'b', Body: 'x', GrantRead: `id=${ann}` }))
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/a`, ACL: 'bucket-owner-read' }))
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'd', CopySource: `${Bucket}/a`, ACL: 'public-read' }))
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'e', CopySource: `${Bucket}/a` }))
    deepEqual(await grantsOf(s3, Bucket, 'a'), [toEverybody, owners])
    deepEqual(await grantsOf(s3, Bucket, 'b'), [anns('READ')])
    deepEqual(await grantsOf(s3, Bucket, 'c'), [owners])
    deepEqual(await grantsOf(s3, Bucket, 'd'), [toEverybody, owners])
    deepEqual(await grantsOf(s3, Bucket, 'e'), [owners], 'a copy does not take the list along')
  })

  it('is that of one version, stays with it, and survives other tags, another name and a restart', async () => {
    const fresh = await listing()
    const { s3, Bucket, owners } = fresh
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const put = async (ACL?: 'public-read') =>
      (await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', ...(ACL && { ACL }) }))).VersionId
    const first = await put('public-read')
    const second = await put()

    deepEqual(await grantsOf(s3, Bucket, 'a'), [owners])
    deepEqual(await grantsOf(s3, Bucket, 'a', first), [toEverybody, owners])
    await s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', VersionId: first, ACL: 'private' }))
    await s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', ACL: 'public-read' }))
    deepEqual(await grantsOf(s3, Bucket, 'a', first), [owners])
    deepEqual(await grantsOf(s3, Bucket, 'a', second), [toEverybody, owners])

    const Tagging = { TagSet: [{ Key: 'k', Value: 'v' }] }
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'a', Tagging }))
    deepEqual(await grantsOf(s3, Bucket, 'a', second), [toEverybody, owners])
    await s3.send(new RenameObjectCommand({ Bucket, Key: 'b', RenameSource: `/${Bucket}/a` }))
    const again = await fresh.restart()
    deepEqual(await grantsOf(again.s3, Bucket, 'b'), [toEverybody, owners])
  })

  it('names accounts that are there, and no others', async () => {
    const { s3, Bucket, Owner } = await listing()
    const granting = (Grantee: Grant['Grantee']) =>
      s3.send(
        new PutBucketAclCommand({ Bucket, AccessControlPolicy: { Owner, Grants: [{ Grantee, Permission: 'READ' }] } }),
      )

    await rejects(granting({ Type: 'CanonicalUser', ID: 'somebody' }), {
      name: 'InvalidArgument',
      message: 'Invalid id',
    })
    await rejects(granting({ Type: 'AmazonCustomerByEmail', EmailAddress: 'a@b.invalid' }), {
      name: 'UnresolvableGrantByEmailAddress',
    })
    await rejects(s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', GrantRead: 'id=nobody' })), {
      name: 'InvalidArgument',
    })
    await rejects(s3.send(new PutObjectCommand({ Bucket, Key: 'a', ACL: 'private', GrantRead: `id=${ann}` })), {
      name: 'InvalidRequest',
    })
    await rejects(
      s3.send(new PutBucketAclCommand({ Bucket, AccessControlPolicy: { Owner: { ID: ann }, Grants: [] } })),
      { name: 'AccessDenied' },
    )
  })

  it('is asked for', async () => {
    const { endpoint, bucket, s3 } = await freshServer(open)
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x' }))
    for (const target of [`/${bucket}?acl=`, `/${bucket}/a?acl=`]) {
      const answer = await rawRequest(endpoint, signedRequest(endpoint, { method: 'PUT', target }))
      deepEqual(
        [target, answer.status, /<Code>(\w+)/.exec(answer.body.toString())?.[1]],
        [target, 400, 'MissingSecurityHeader'],
      )
    }
  })

  it('has x-amz-grant-write of an object too, which the SDK does not know', async () => {
    const { s3, Bucket, endpoint, anns } = await listing()
    const headers = { 'x-amz-grant-write': `id=${ann}`, 'Content-Length': '0' }
    const put = signedRequest(endpoint, { method: 'PUT', target: `/${Bucket}/a`, headers })
    equal((await rawRequest(endpoint, put)).status, 200)
    deepEqual(await grantsOf(s3, Bucket, 'a'), [anns('WRITE')])
  })

  it('says when the bucket or the object is not there', async () => {
    const { s3, bucket } = await freshServer(open)
    await rejects(s3.send(new GetObjectAclCommand({ Bucket: bucket, Key: 'b' })), { name: 'NoSuchKey' })
    await rejects(s3.send(new PutObjectAclCommand({ Bucket: bucket, Key: 'b', ACL: 'private' })), { name: 'NoSuchKey' })
    await rejects(s3.send(new GetBucketAclCommand({ Bucket: 'nowhere' })), { name: 'NoSuchBucket' })
    await rejects(s3.send(new PutBucketAclCommand({ Bucket: 'nowhere', ACL: 'private' })), { name: 'NoSuchBucket' })
  })

  it('may not be public where that is blocked, as it is in a new bucket', async () => {
    const { s3, bucket: Bucket } = await freshServer({ settings: { newBucketOwnership: 'ObjectWriter' } })
    const denied = { name: 'AccessDenied' }
    const puts = [
      () => s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' })),
      () => s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', ACL: 'public-read-write' })),
      () => s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', GrantRead: `uri="${everybody.URI}"` })),
      () => s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'y', ACL: 'authenticated-read' })),
      () => s3.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a`, ACL: 'public-read' })),
    ]
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', ACL: 'private' }))

    for (const put of puts) await rejects(put(), denied)
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
    for (const put of puts) await put()
  })
})
