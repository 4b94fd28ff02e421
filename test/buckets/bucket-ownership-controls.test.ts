// Whose the objects of a bucket are: what the controls say, and what lists may say under each.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketOwnershipControlsCommand,
  GetBucketAclCommand,
  GetBucketOwnershipControlsCommand,
  GetPublicAccessBlockCommand,
  GetObjectAclCommand,
  ObjectOwnership,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

const ownershipOf = async (s3: S3Client, Bucket: string) =>
  (await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))).OwnershipControls?.Rules

const set = (s3: S3Client, Bucket: string, ...ownerships: ObjectOwnership[]) =>
  s3.send(
    new PutBucketOwnershipControlsCommand({
      Bucket,
      OwnershipControls: { Rules: ownerships.map((ObjectOwnership) => ({ ObjectOwnership })) },
    }),
  )

describe('Ownership controls', () => {
  it('are BucketOwnerEnforced for a new bucket, what is asked for, or what the server is told', async () => {
    const { s3, bucket } = await freshServer()
    deepEqual(await ownershipOf(s3, bucket), [{ ObjectOwnership: 'BucketOwnerEnforced' }])
    for (const asked of Object.values(ObjectOwnership)) {
      await s3.send(new CreateBucketCommand({ Bucket: asked.toLowerCase(), ObjectOwnership: asked }))
      deepEqual(await ownershipOf(s3, asked.toLowerCase()), [{ ObjectOwnership: asked }])
    }
    const told = await freshServer({ settings: { newBucketOwnership: 'BucketOwnerPreferred' } })
    deepEqual(await ownershipOf(told.s3, told.bucket), [{ ObjectOwnership: 'BucketOwnerPreferred' }])
  })

  it('are replaced and removed, and are gone then', async () => {
    const { s3, bucket: Bucket } = await freshServer()
    const missing = { name: 'OwnershipControlsNotFoundError' }
    await set(s3, Bucket, 'ObjectWriter')
    deepEqual(await ownershipOf(s3, Bucket), [{ ObjectOwnership: 'ObjectWriter' }])
    await s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }))
    await rejects(ownershipOf(s3, Bucket), missing)
    await s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }))
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }))
    await set(s3, Bucket, 'BucketOwnerEnforced')
    deepEqual(await ownershipOf(s3, Bucket), [{ ObjectOwnership: 'BucketOwnerEnforced' }])
    await rejects(ownershipOf(s3, 'nowhere'), { name: 'NoSuchBucket' })
  })

  it('have one rule of three', async () => {
    const { s3, bucket: Bucket } = await freshServer()
    await rejects(set(s3, Bucket), { name: 'MalformedXML' })
    await rejects(set(s3, Bucket, 'ObjectWriter', 'ObjectWriter'), { name: 'MalformedXML' })
    await rejects(set(s3, Bucket, 'Nobody' as ObjectOwnership), { name: 'MalformedXML' })
  })

  it('that enforce the bucket owner take no list but his full control', async () => {
    const { s3, bucket: Bucket } = await freshServer()
    const { Owner, Grants } = await s3.send(new GetBucketAclCommand({ Bucket }))
    const full = 'bucket-owner-full-control'
    const accepted = { ACL: full } as const
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', ...accepted }))
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a`, ...accepted }))
    await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a', ...accepted }))
    await s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', ...accepted }))
    await s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', AccessControlPolicy: { Owner, Grants } }))
    await s3.send(new PutBucketAclCommand({ Bucket, AccessControlPolicy: { Owner, Grants } }))
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', GrantFullControl: `id=${Owner?.ID}` }))
    // What rclone sends with every upload.
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', ACL: 'private' }))
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }))

    for (const list of [
      { ACL: 'authenticated-read' },
      { ACL: 'public-read' },
      { GrantRead: `id=${Owner?.ID}` },
    ] as const) {
      const refused = { name: 'AccessControlListNotSupported' }
      await rejects(s3.send(new PutObjectCommand({ Bucket, Key: 'c', Body: 'x', ...list })), refused)
      const large = new PutObjectCommand({ Bucket, Key: 'c', Body: Buffer.alloc(100_000), ...list })
      await rejects(s3.send(large), refused)
      await rejects(s3.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/a`, ...list })), refused)
      await rejects(s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'c', ...list })), refused)
      await rejects(s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', ...list })), refused)
      await rejects(s3.send(new PutBucketAclCommand({ Bucket, ...list })), refused)
    }
    await rejects(s3.send(new GetObjectAclCommand({ Bucket, Key: 'c' })), { name: 'NoSuchKey' })
    deepEqual((await s3.send(new GetObjectAclCommand({ Bucket, Key: 'a' }))).Grants, Grants)
  })

  it('that enforce the bucket owner wait until the list of the bucket grants nobody else anything', async () => {
    const open = { settings: { newBucketOwnership: 'ObjectWriter', newBucketPublicAccess: 'open' } } as const
    const { s3, bucket: Bucket } = await freshServer(open)
    const object = { Bucket, Key: 'a' }
    await s3.send(new PutObjectCommand({ ...object, Body: 'x', ACL: 'public-read' }))
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }))

    await rejects(set(s3, Bucket, 'BucketOwnerEnforced'), { name: 'InvalidBucketAclWithObjectOwnership' })
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }))
    await set(s3, Bucket, 'BucketOwnerEnforced')
    equal((await s3.send(new GetObjectAclCommand(object))).Grants?.length, 1, 'what objects say does not count')
    await set(s3, Bucket, 'BucketOwnerPreferred')
    equal((await s3.send(new GetObjectAclCommand(object))).Grants?.length, 2, 'and counts again')
  })

  it('do not let a bucket be made with a list it could not have', async () => {
    const { s3 } = await freshServer()
    const Bucket = 'made'
    await rejects(s3.send(new CreateBucketCommand({ Bucket, ACL: 'public-read' })), {
      name: 'InvalidBucketAclWithObjectOwnership',
    })
    await rejects(
      s3.send(new CreateBucketCommand({ Bucket, ACL: 'public-read', ObjectOwnership: 'BucketOwnerPreferred' })),
      { name: 'InvalidBucketAclWithBlockPublicAccessError' },
    )
    await s3.send(new CreateBucketCommand({ Bucket, ACL: 'private', ObjectOwnership: 'BucketOwnerPreferred' }))
    const { PublicAccessBlockConfiguration: block } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }))
    deepEqual(block && Object.values(block), [true, true, true, true])
  })

  it('and a list are not another when a bucket is asked for again', async () => {
    const open = { settings: { newBucketOwnership: 'ObjectWriter', newBucketPublicAccess: 'open' } } as const
    const { s3, bucket: Bucket } = await freshServer(open)
    const again = (input: { ACL?: 'private' | 'public-read'; ObjectOwnership?: ObjectOwnership }) =>
      s3.send(new CreateBucketCommand({ Bucket, ...input }))
    const other = { name: 'BucketAlreadyExists', message: /^You own this bucket already, with another/ }

    await again({})
    await again({ ACL: 'private', ObjectOwnership: 'ObjectWriter' })
    await rejects(again({ ACL: 'public-read' }), other)
    await rejects(again({ ObjectOwnership: 'BucketOwnerEnforced' }), other)
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }))
    await again({ ACL: 'public-read' })
    await rejects(again({}), other)
  })
})
