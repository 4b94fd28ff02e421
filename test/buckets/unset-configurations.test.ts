import { equal, rejects } from 'node:assert/strict'
import * as sdk from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

describe('configurations that are not set', () => {
  it("answer S3's own code", async () => {
    const { s3, bucket: Bucket } = await freshServer()
    const Id = 'any'
    const cases: [Promise<unknown>, string][] = [
      [s3.send(new sdk.GetBucketWebsiteCommand({ Bucket })), 'NoSuchWebsiteConfiguration'],
      [s3.send(new sdk.GetBucketLifecycleConfigurationCommand({ Bucket })), 'NoSuchLifecycleConfiguration'],
      [s3.send(new sdk.GetBucketEncryptionCommand({ Bucket })), 'ServerSideEncryptionConfigurationNotFoundError'],
      [s3.send(new sdk.GetBucketReplicationCommand({ Bucket })), 'ReplicationConfigurationNotFoundError'],
      [s3.send(new sdk.GetObjectLockConfigurationCommand({ Bucket })), 'ObjectLockConfigurationNotFoundError'],
      [s3.send(new sdk.GetBucketAnalyticsConfigurationCommand({ Bucket, Id })), 'NoSuchConfiguration'],
      [s3.send(new sdk.GetBucketInventoryConfigurationCommand({ Bucket, Id })), 'NoSuchConfiguration'],
      [s3.send(new sdk.GetBucketMetricsConfigurationCommand({ Bucket, Id })), 'NoSuchConfiguration'],
      [s3.send(new sdk.GetBucketIntelligentTieringConfigurationCommand({ Bucket, Id })), 'NoSuchConfiguration'],
      [s3.send(new sdk.DeleteBucketMetricsConfigurationCommand({ Bucket, Id })), 'NoSuchConfiguration'],
    ]

    await Promise.all(cases.map(([answer, name]) => rejects(answer, { name }, name)))
  })

  it('answer what S3 answers by default', async () => {
    const { s3, bucket: Bucket } = await freshServer()

    equal((await s3.send(new sdk.GetBucketLoggingCommand({ Bucket }))).LoggingEnabled, undefined)
    equal((await s3.send(new sdk.GetBucketAccelerateConfigurationCommand({ Bucket }))).Status, undefined)
    equal((await s3.send(new sdk.GetBucketNotificationConfigurationCommand({ Bucket }))).TopicConfigurations, undefined)
    equal((await s3.send(new sdk.ListBucketMetricsConfigurationsCommand({ Bucket }))).IsTruncated, false)
    equal((await s3.send(new sdk.GetBucketAbacCommand({ Bucket }))).AbacStatus?.Status, 'Disabled')
  })

  it('can be removed again, with 204', async () => {
    const { s3, bucket: Bucket } = await freshServer()

    const removed = await Promise.all([
      s3.send(new sdk.DeleteBucketLifecycleCommand({ Bucket })),
      s3.send(new sdk.DeleteBucketWebsiteCommand({ Bucket })),
      s3.send(new sdk.DeleteBucketEncryptionCommand({ Bucket })),
      s3.send(new sdk.DeleteBucketReplicationCommand({ Bucket })),
    ])

    for (const { $metadata } of removed) equal($metadata.httpStatusCode, 204)
  })

  it('leave a bucket without Object Lock', async () => {
    const { s3, bucket: Bucket } = await freshServer()
    const object = { Bucket, Key: 'k' }
    const missing = { name: 'InvalidRequest', message: 'Bucket is missing Object Lock Configuration' }
    const lock = new sdk.PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' },
    })
    await s3.send(new sdk.PutObjectCommand({ ...object, Body: 'x' }))

    await rejects(s3.send(new sdk.GetObjectLegalHoldCommand(object)), missing)
    await rejects(s3.send(new sdk.GetObjectRetentionCommand(object)), missing)
    await rejects(s3.send(new sdk.PutObjectLegalHoldCommand({ ...object, LegalHold: { Status: 'ON' } })), missing)
    await rejects(s3.send(new sdk.PutObjectRetentionCommand({ ...object, Retention: { Mode: 'GOVERNANCE' } })), missing)
    await rejects(s3.send(lock), { name: 'InvalidBucketState' })
    await s3.send(new sdk.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    await rejects(s3.send(lock), { name: 'NotImplemented' })
  })

  it('cannot be set yet, which is said', async () => {
    const { s3, bucket: Bucket } = await freshServer()

    await rejects(s3.send(new sdk.PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: {} })), {
      name: 'NotImplemented',
    })
  })

  it('answer NoSuchBucket where there is no bucket', async () => {
    const { s3 } = await freshServer()
    const Bucket = 'nowhere'

    await rejects(s3.send(new sdk.GetBucketPolicyCommand({ Bucket })), { name: 'NoSuchBucket' })
    await rejects(s3.send(new sdk.GetBucketLoggingCommand({ Bucket })), { name: 'NoSuchBucket' })
    await rejects(s3.send(new sdk.DeleteBucketPolicyCommand({ Bucket })), { name: 'NoSuchBucket' })
  })
})
