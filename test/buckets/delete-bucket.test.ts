import { deepEqual, rejects } from 'node:assert/strict'
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketCorsCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  PutBucketCorsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

describe('DeleteBucket', () => {
  it('removes an empty bucket with its configurations', async () => {
    const { s3, bucket } = await freshServer()
    const CORSConfiguration = { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }] }
    await s3.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration }))

    await s3.send(new DeleteBucketCommand({ Bucket: bucket }))

    await rejects(s3.send(new HeadBucketCommand({ Bucket: bucket })), { name: 'NotFound' })
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
    await rejects(s3.send(new GetBucketCorsCommand({ Bucket: bucket })), { name: 'NoSuchCORSConfiguration' })
  })

  it('refuses a bucket with an object', async () => {
    const { s3, bucket } = await freshServer()
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x' }))

    await rejects(s3.send(new DeleteBucketCommand({ Bucket: bucket })), { name: 'BucketNotEmpty' })

    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }))
    await s3.send(new DeleteBucketCommand({ Bucket: bucket }))
  })

  it('refuses a bucket whose only version is a delete marker', async () => {
    const { s3, bucket } = await freshServer()
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }))

    await rejects(s3.send(new DeleteBucketCommand({ Bucket: bucket })), { name: 'BucketNotEmpty' })

    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a', VersionId }))
    await s3.send(new DeleteBucketCommand({ Bucket: bucket }))
  })

  it('aborts uploads under way, as S3 does', async () => {
    const { s3, bucket } = await freshServer()
    await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'a' }))

    await s3.send(new DeleteBucketCommand({ Bucket: bucket }))

    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
    deepEqual((await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads, undefined)
  })

  it('answers NoSuchBucket the second time', async () => {
    const { s3, bucket } = await freshServer()
    await s3.send(new DeleteBucketCommand({ Bucket: bucket }))

    await rejects(s3.send(new DeleteBucketCommand({ Bucket: bucket })), { name: 'NoSuchBucket' })
  })
})
