import { deepEqual, equal, rejects } from 'node:assert/strict'
import {
  CreateBucketCommand,
  GetBucketLocationCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { createBucket } from '../../src/buckets/create-bucket.js'
import { systemClock, type Call } from '../../src/contract/operation.js'
import { freshServer } from '../fresh-server.js'

describe('CreateBucket', () => {
  it('makes a bucket and answers its location', async () => {
    const { s3 } = await freshServer({ hasBucket: false })

    const made = await s3.send(new CreateBucketCommand({ Bucket: 'my-bucket' }))

    equal(made.Location, '/my-bucket')
    equal((await s3.send(new HeadBucketCommand({ Bucket: 'my-bucket' }))).BucketRegion, 'us-east-1')
  })

  it('answers 200 when its owner makes it again in us-east-1, and BucketAlreadyOwnedByYou elsewhere', async () => {
    const { s3, bucket } = await freshServer()
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))

    const region = 'eu-central-1'
    const elsewhere = await freshServer({ hasBucket: false, settings: { region } })
    const { endpoint, credentials } = elsewhere
    const there = new S3Client({ endpoint: endpoint.href, region, credentials, forcePathStyle: true, maxAttempts: 1 })
    const input = { Bucket: 'there', CreateBucketConfiguration: { LocationConstraint: region } } as const
    await there.send(new CreateBucketCommand(input))

    await rejects(there.send(new CreateBucketCommand(input)), {
      name: 'BucketAlreadyOwnedByYou',
      BucketName: 'there',
    })
    equal((await there.send(new GetBucketLocationCommand({ Bucket: 'there' }))).LocationConstraint, 'eu-central-1')
    there.destroy()
  })

  it('asks for the region by name elsewhere than in us-east-1', async () => {
    const { server } = await freshServer({ hasBucket: false })
    const create = createBucket(server.store, systemClock, 'eu-central-1', {
      ownership: 'BucketOwnerEnforced',
      publicAccessBlock: undefined,
    })

    // The SDK would fill in the region. Who calls is not looked at before it.
    await rejects(create({ Bucket: 'unsaid' }, {} as Call), {
      name: 'IllegalLocationConstraintException',
      message: /^The unspecified location constraint is incompatible/,
    })
  })

  it('refuses another region, and what is none', async () => {
    const { s3 } = await freshServer({ hasBucket: false })
    const inRegion = (LocationConstraint: string) =>
      s3.send(
        new CreateBucketCommand({
          Bucket: 'elsewhere',
          CreateBucketConfiguration: { LocationConstraint: LocationConstraint as 'eu-west-1' }, // any text is sent
        }),
      )

    await rejects(inRegion('eu-west-1'), { name: 'IllegalLocationConstraintException' })
    await rejects(inRegion('the moon'), { name: 'InvalidLocationConstraint' })
  })

  it('refuses names that S3 refuses', async () => {
    const { s3 } = await freshServer({ hasBucket: false })

    for (const name of ['ab', 'Upper', 'under_score', '-begins', 'dot..dot', '192.168.0.1', 'a'.repeat(64)]) {
      await rejects(s3.send(new CreateBucketCommand({ Bucket: name })), { name: 'InvalidBucketName' }, name)
    }
  })

  it('refuses what it does not have rather than make another bucket', async () => {
    const { s3 } = await freshServer({ hasBucket: false })
    const locked = new CreateBucketCommand({ Bucket: 'plain', ObjectLockEnabledForBucket: true })

    await rejects(s3.send(locked), { name: 'NotImplemented' })
    await rejects(s3.send(new HeadBucketCommand({ Bucket: 'plain' })), { name: 'NotFound' })
  })

  it('accepts what says the same as its defaults', async () => {
    const { s3 } = await freshServer({ hasBucket: false })

    await s3.send(
      new CreateBucketCommand({
        Bucket: 'plain',
        ACL: 'private',
        ObjectLockEnabledForBucket: false,
        ObjectOwnership: 'BucketOwnerEnforced',
      }),
    )
  })

  it('takes tags along', async () => {
    const { s3 } = await freshServer({ hasBucket: false })
    const Tags = [{ Key: 'team', Value: 'stones' }]

    await s3.send(new CreateBucketCommand({ Bucket: 'tagged', CreateBucketConfiguration: { Tags } }))

    deepEqual((await s3.send(new GetBucketTaggingCommand({ Bucket: 'tagged' }))).TagSet, Tags)
  })

  it('makes one bucket when many ask for it at once', async () => {
    const { s3 } = await freshServer({ hasBucket: false })

    await Promise.all(Array.from({ length: 8 }, () => s3.send(new CreateBucketCommand({ Bucket: 'wanted' }))))
  })
})
