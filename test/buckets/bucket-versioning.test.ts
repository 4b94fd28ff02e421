import { equal, rejects } from 'node:assert/strict'
import { GetBucketVersioningCommand, PutBucketVersioningCommand, type S3Client } from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

const statusOf = async (s3: S3Client, bucket: string) =>
  (await s3.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status

const put = (s3: S3Client, bucket: string, VersioningConfiguration: object) =>
  s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }))

describe('bucket versioning', () => {
  it('is unset at first, then on or suspended, also after a restart', async () => {
    const fresh = await freshServer()
    const { s3, bucket } = fresh
    equal(await statusOf(s3, bucket), undefined)

    await put(s3, bucket, { Status: 'Enabled' })
    equal(await statusOf(s3, bucket), 'Enabled')
    await put(s3, bucket, { Status: 'Suspended', MFADelete: 'Disabled' })

    equal(await statusOf((await fresh.restart()).s3, bucket), 'Suspended')
  })

  it('never goes back to unset, and knows two states only', async () => {
    const { s3, bucket } = await freshServer()
    await put(s3, bucket, { Status: 'Enabled' })

    await rejects(put(s3, bucket, {}), { name: 'IllegalVersioningConfigurationException' })
    await rejects(put(s3, bucket, { Status: 'Off' }), { name: 'MalformedXML' })

    equal(await statusOf(s3, bucket), 'Enabled')
  })

  it('refuses MFA delete rather than pretend', async () => {
    const { s3, bucket } = await freshServer()

    await rejects(put(s3, bucket, { Status: 'Enabled', MFADelete: 'Enabled' }), { name: 'NotImplemented' })

    equal(await statusOf(s3, bucket), undefined)
  })

  it('answers NoSuchBucket', async () => {
    const { s3 } = await freshServer()

    await rejects(statusOf(s3, 'nowhere'), { name: 'NoSuchBucket' })
    await rejects(put(s3, 'nowhere', { Status: 'Enabled' }), { name: 'NoSuchBucket' })
  })
})
