import { deepEqual, equal, rejects } from 'node:assert/strict'
import {
  GetBucketAclCommand,
  GetObjectAclCommand,
  type Grantee,
  PutBucketAclCommand,
  PutObjectAclCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

describe('bucket and object ACL', () => {
  it('answers the FULL_CONTROL of the owner', async () => {
    const { s3, bucket } = await freshServer()
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x' }))

    const ofBucket = await s3.send(new GetBucketAclCommand({ Bucket: bucket }))
    const ofObject = await s3.send(new GetObjectAclCommand({ Bucket: bucket, Key: 'a' }))

    equal(ofBucket.Grants?.length, 1)
    deepEqual(ofBucket.Grants?.[0], {
      Grantee: { ID: ofBucket.Owner?.ID, DisplayName: ofBucket.Owner?.DisplayName, Type: 'CanonicalUser' },
      Permission: 'FULL_CONTROL',
    })
    deepEqual([ofObject.Owner, ofObject.Grants], [ofBucket.Owner, ofBucket.Grants])
  })

  it('accepts private and the list it answers, and refuses any other', async () => {
    const { s3, bucket } = await freshServer()
    const { Owner, Grants } = await s3.send(new GetBucketAclCommand({ Bucket: bucket }))
    const everybody = { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' } as const

    await s3.send(new PutBucketAclCommand({ Bucket: bucket, ACL: 'private' }))
    await s3.send(new PutBucketAclCommand({ Bucket: bucket, AccessControlPolicy: { Owner, Grants } }))

    for (const other of [
      { ACL: 'public-read' },
      { GrantRead: 'id=abc' },
      { AccessControlPolicy: { Owner, Grants: [...(Grants ?? []), { Grantee: everybody, Permission: 'READ' }] } },
      { AccessControlPolicy: { Owner, Grants: [] } },
    ] as const) {
      const input = structuredClone(other) as object // the SDK's lists are mutable
      await rejects(s3.send(new PutBucketAclCommand({ Bucket: bucket, ...input })), { name: 'NotImplemented' })
    }
  })

  it('knows nobody but the owner', async () => {
    const { s3, bucket: Bucket } = await freshServer()
    const { Owner } = await s3.send(new GetBucketAclCommand({ Bucket }))
    const granting = (Grantee: Grantee) =>
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
  })

  it('treats an object alike, and says when it is not there', async () => {
    const { s3, bucket } = await freshServer()
    const object = { Bucket: bucket, Key: 'a' }
    await s3.send(new PutObjectCommand({ ...object, Body: 'x' }))

    await s3.send(new PutObjectAclCommand({ ...object, ACL: 'private' }))
    await s3.send(new PutObjectAclCommand({ ...object, ACL: 'bucket-owner-full-control' }))

    await rejects(s3.send(new PutObjectAclCommand({ ...object, ACL: 'public-read' })), { name: 'NotImplemented' })
    await rejects(s3.send(new GetObjectAclCommand({ Bucket: bucket, Key: 'b' })), { name: 'NoSuchKey' })
    await rejects(s3.send(new PutObjectAclCommand({ Bucket: bucket, Key: 'b', ACL: 'private' })), { name: 'NoSuchKey' })
    await rejects(s3.send(new GetBucketAclCommand({ Bucket: 'nowhere' })), { name: 'NoSuchBucket' })
  })
})
