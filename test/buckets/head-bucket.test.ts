import { equal, rejects } from 'node:assert/strict'
import { GetBucketLocationCommand, HeadBucketCommand } from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

describe('HeadBucket', () => {
  it('answers the region', async () => {
    const { s3, bucket } = await freshServer()

    equal((await s3.send(new HeadBucketCommand({ Bucket: bucket }))).BucketRegion, 'us-east-1')
  })

  it('answers 404 without a body when the bucket is not there', async () => {
    const { s3 } = await freshServer()

    await rejects(s3.send(new HeadBucketCommand({ Bucket: 'nowhere' })), (error) => {
      const { name, $metadata } = error as { name: string; $metadata: { httpStatusCode: number } } // the SDK's exceptions
      equal(name, 'NotFound')
      equal($metadata.httpStatusCode, 404)
      return true
    })
  })
})

describe('GetBucketLocation', () => {
  it('answers nothing for us-east-1, as S3 does', async () => {
    const { s3, bucket } = await freshServer()

    equal((await s3.send(new GetBucketLocationCommand({ Bucket: bucket }))).LocationConstraint, undefined)
    await rejects(s3.send(new GetBucketLocationCommand({ Bucket: 'nowhere' })), { name: 'NoSuchBucket' })
  })
})
