import { equal, ok, rejects } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { newAccount, unsigned } from '../accounts.js'
import { freshServer, type FreshServer } from '../fresh-server.js'
import { rawRequest, signedRequest } from '../raw-request.js'

const sound: LifecycleRule = { ID: 'old', Status: 'Enabled', Filter: { Prefix: 'logs/' }, Expiration: { Days: 30 } }
const wrong: LifecycleRule = { ...sound, Expiration: { Days: 0 } }

const put = (s3: S3Client, Bucket: string, Rules: LifecycleRule[]) =>
  s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }))

/** What a document is answered with. */
async function answerTo({ endpoint, bucket }: FreshServer, body: string) {
  const headers = { 'Content-MD5': createHash('md5').update(body).digest('base64') }
  return rawRequest(endpoint, signedRequest(endpoint, { method: 'PUT', target: `/${bucket}?lifecycle`, headers, body }))
}

const rule = (content: string): string =>
  `<LifecycleConfiguration><Rule><Filter/><Status>Enabled</Status>${content}</Rule></LifecycleConfiguration>`

describe('PutBucketLifecycleConfiguration', () => {
  it('says that sound rules cannot be kept, and keeps none', async () => {
    const { s3, bucket } = await freshServer()

    await rejects(put(s3, bucket, [sound]), { name: 'NotImplemented' })

    await rejects(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket })), {
      name: 'NoSuchLifecycleConfiguration',
    })
    const removed = await s3.send(new DeleteBucketLifecycleCommand({ Bucket: bucket }))
    equal(removed.$metadata.httpStatusCode, 204)
  })

  it('says what is wrong with rules before that', async () => {
    const { s3, bucket } = await freshServer()

    await rejects(put(s3, bucket, [wrong]), {
      name: 'InvalidArgument',
      message: "'Days' for Expiration action must be a positive integer",
    })
    await rejects(put(s3, bucket, [sound, sound]), { name: 'InvalidArgument' })
    await rejects(
      s3.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket: bucket,
          LifecycleConfiguration: { Rules: [sound] },
          TransitionDefaultMinimumObjectSize: 'none' as never,
        }),
      ),
      { name: 'InvalidRequest' },
    )
  })

  const documents: [what: string, document: string, status: number, code: string][] = [
    ['a rule as S3 writes it', rule('<Expiration><Days>1</Days></Expiration>'), 501, 'NotImplemented'],
    ['a date without a time', rule('<Expiration><Date>2030-01-01</Date></Expiration>'), 501, 'NotImplemented'],
    ['a date that is none', rule('<Expiration><Date>tomorrow</Date></Expiration>'), 400, 'MalformedXML'],
    ['days that are no number', rule('<Expiration><Days>one</Days></Expiration>'), 400, 'MalformedXML'],
    ['a rule without rules for it', '<LifecycleConfiguration><Rule/></LifecycleConfiguration>', 400, 'MalformedXML'],
    ['no rule', '<LifecycleConfiguration/>', 400, 'MalformedXML'],
    ['another document', '<CORSConfiguration/>', 400, 'MalformedXML'],
  ]
  for (const [what, document, status, code] of documents) {
    it(`answers ${code} to ${what}`, async () => {
      const answer = await answerTo(await freshServer(), document)

      equal(answer.status, status)
      ok(answer.body.includes(`<Code>${code}</Code>`))
    })
  }

  it('answers NoSuchBucket where there is no bucket, whatever the rules', async () => {
    const { s3 } = await freshServer()

    await rejects(put(s3, 'nowhere', [sound]), { name: 'NoSuchBucket' })
    await rejects(put(s3, 'nowhere', [wrong]), { name: 'NoSuchBucket' })
  })

  it('tells who may not put rules nothing of what is wrong with them', async () => {
    const fresh = await freshServer()
    const { s3, bucket: Bucket } = fresh
    const other = await newAccount(fresh, 'other')
    const denied = { name: 'AccessDenied' }
    const statement = { Effect: 'Allow', Principal: { AWS: other.number }, Resource: `arn:aws:s3:::${Bucket}` }
    const allow = (Action: string) =>
      s3.send(
        new PutBucketPolicyCommand({
          Bucket,
          Policy: JSON.stringify({ Version: '2012-10-17', Statement: { ...statement, Action } }),
        }),
      )

    await allow('s3:GetLifecycleConfiguration')
    await rejects(put(other.s3, Bucket, [wrong]), denied)
    await rejects(put(other.s3, Bucket, [sound]), denied)
    await rejects(put(unsigned(fresh), Bucket, [wrong]), denied)

    await allow('s3:PutLifecycleConfiguration')
    await rejects(put(other.s3, Bucket, [wrong]), { name: 'InvalidArgument' })
    await rejects(put(other.s3, Bucket, [sound]), { name: 'NotImplemented' })
  })
})
