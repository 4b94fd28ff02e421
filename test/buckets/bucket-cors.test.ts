import { deepEqual, rejects } from 'node:assert/strict'
import {
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  PutBucketCorsCommand,
  type CORSRule,
  type S3Client,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

const put = (s3: S3Client, bucket: string, CORSRules: CORSRule[]) =>
  s3.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } }))

const plain: CORSRule = { AllowedMethods: ['GET'], AllowedOrigins: ['*'] }

describe('bucket CORS', () => {
  it('answers the rules that were put, in their order', async () => {
    const { s3, bucket } = await freshServer()
    const rules: CORSRule[] = [
      {
        ID: 'first',
        AllowedHeaders: ['x-amz-*', '*'],
        AllowedMethods: ['PUT', 'POST', 'DELETE', 'GET', 'HEAD'],
        AllowedOrigins: ['https://*.example.com', 'http://localhost:8080'],
        ExposeHeaders: ['ETag', 'x-amz-version-id'],
        MaxAgeSeconds: 3000,
      },
      plain,
    ]

    await put(s3, bucket, rules)

    deepEqual((await s3.send(new GetBucketCorsCommand({ Bucket: bucket }))).CORSRules, rules)
    await put(s3, bucket, [plain])
    deepEqual((await s3.send(new GetBucketCorsCommand({ Bucket: bucket }))).CORSRules, [plain])
  })

  it('answers NoSuchCORSConfiguration when there is none, also after it was deleted, twice', async () => {
    const { s3, bucket } = await freshServer()
    const get = () => s3.send(new GetBucketCorsCommand({ Bucket: bucket }))
    await rejects(get(), { name: 'NoSuchCORSConfiguration' })
    await put(s3, bucket, [plain])

    await s3.send(new DeleteBucketCorsCommand({ Bucket: bucket }))
    await s3.send(new DeleteBucketCorsCommand({ Bucket: bucket }))

    await rejects(get(), { name: 'NoSuchCORSConfiguration' })
  })

  const refused: [what: string, rule: CORSRule, code: string][] = [
    ['another method', { ...plain, AllowedMethods: ['PATCH'] }, 'InvalidRequest'],
    ['a method in lower case', { ...plain, AllowedMethods: ['get'] }, 'InvalidRequest'],
    ['two wildcards in an origin', { ...plain, AllowedOrigins: ['https://*.*.com'] }, 'InvalidRequest'],
    ['two wildcards in a header', { ...plain, AllowedHeaders: ['x-*-*'] }, 'InvalidRequest'],
    ['a wildcard in an exposed header', { ...plain, ExposeHeaders: ['x-amz-*'] }, 'InvalidRequest'],
    ['no method', { ...plain, AllowedMethods: [] }, 'MalformedXML'],
    ['no origin', { ...plain, AllowedOrigins: [] }, 'MalformedXML'],
    ['a negative age', { ...plain, MaxAgeSeconds: -1 }, 'MalformedXML'],
    ['an ID of 256 characters', { ...plain, ID: 'i'.repeat(256) }, 'InvalidArgument'],
  ]
  for (const [what, rule, code] of refused) {
    it(`refuses ${what}`, async () => {
      const { s3, bucket } = await freshServer()

      await rejects(put(s3, bucket, [plain, rule]), { name: code })
    })
  }

  it('takes 100 rules and no more, and at least one', async () => {
    const { s3, bucket } = await freshServer()

    await put(
      s3,
      bucket,
      Array.from({ length: 100 }, () => plain),
    )
    await rejects(
      put(
        s3,
        bucket,
        Array.from({ length: 101 }, () => plain),
      ),
      { name: 'InvalidRequest' },
    )
    await rejects(put(s3, bucket, []), { name: 'MalformedXML' })
  })
})
