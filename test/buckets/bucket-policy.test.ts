// Policies of buckets: what is put is what is answered, and what S3 refuses is refused. Whom they let in is authorization's.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetObjectCommand,
  PutBucketAclCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3'
import { newAccount, newUser, unsigned } from '../accounts.js'
import { freshServer } from '../fresh-server.js'

const policyOf = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement })
const allow = (bucket: string, Principal: unknown, Action: unknown = 's3:GetObject', more: object = {}) => ({
  Effect: 'Allow',
  Principal,
  Action,
  Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  ...more,
})

describe('A bucket policy', () => {
  it('is answered byte for byte as it was put, until it is removed', async () => {
    const opened = await openServer()
    const { s3, bucket: Bucket } = opened
    const missing = { name: 'NoSuchBucketPolicy', BucketName: Bucket }
    const Policy = `\n{ "Version":"2012-10-17",  "Id": "ä", "Statement": ${JSON.stringify(allow(Bucket, '*'))} } `

    await rejects(s3.send(new GetBucketPolicyCommand({ Bucket })), missing)
    equal((await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))).$metadata.httpStatusCode, 204)
    equal((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy, Policy)
    const again = await opened.restart()
    equal((await again.s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy, Policy)
    await again.s3.send(new DeleteBucketPolicyCommand({ Bucket }))
    await rejects(again.s3.send(new GetBucketPolicyCommand({ Bucket })), missing)
    equal((await again.s3.send(new DeleteBucketPolicyCommand({ Bucket }))).$metadata.httpStatusCode, 204)
  })

  it('is refused when it is none, with a sentence, and the one before stays', async () => {
    const { s3, bucket: Bucket } = await openServer()
    const good = policyOf(allow(Bucket, '*'))
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: good }))
    const wrong: [what: string, policy: string][] = [
      ['no JSON', 'Allow everything'],
      ['no statement', '{"Version":"2012-10-17"}'],
      ['nobody named', policyOf({ ...allow(Bucket, '*'), Principal: undefined })],
      ['another bucket', policyOf(allow('another', '*'))],
      ['no action', policyOf(allow(Bucket, '*', 's3:Fly'))],
      [
        'an unknown operator',
        policyOf(allow(Bucket, '*', 's3:GetObject', { Condition: { Sounds: { 'aws:a': 'b' } } })),
      ],
      ['more than 20 KB', policyOf(allow(Bucket, '*', 's3:GetObject', { Sid: 'x'.repeat(21_000) }))],
    ]
    for (const [what, Policy] of wrong) {
      await rejects(
        s3.send(new PutBucketPolicyCommand({ Bucket, Policy })),
        (error: Error) => error.name === 'MalformedPolicy' && error.message.length > 10,
        what,
      )
    }
    equal((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy, good)
  })

  it('may not be public where that is blocked, as it is in a new bucket', async () => {
    const fresh = await freshServer()
    const { s3, bucket: Bucket } = fresh
    const other = await newAccount(fresh, 'other')
    const toEverybody = new PutBucketPolicyCommand({ Bucket, Policy: policyOf(allow(Bucket, '*')) })
    const toOne = new PutBucketPolicyCommand({ Bucket, Policy: policyOf(allow(Bucket, { AWS: other.number })) })

    await rejects(s3.send(toEverybody), { name: 'AccessDenied', message: /blocked by the BlockPublicPolicy setting/ })
    await s3.send(toOne)
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
    await s3.send(toEverybody)
    const others = { BlockPublicAcls: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: others }))
    await s3.send(toEverybody)
  })

  it('that keeps its putter from changing it has to be confirmed, by anybody but the root of the account', async () => {
    const fresh = await openServer()
    const account = await newAccount(fresh, 'own')
    const Bucket = 'own-bucket'
    await account.s3.send(new CreateBucketCommand({ Bucket }))
    const ann = await newUser(fresh, account, 'ann', { Effect: 'Allow', Action: 's3:*', Resource: '*' })
    const denying = (more: object) => policyOf({ ...allow(Bucket, '*', 's3:PutBucketPolicy'), Effect: 'Deny', ...more })
    const Policy = denying({})

    await rejects(ann.send(new PutBucketPolicyCommand({ Bucket, Policy })), {
      name: 'AccessDenied',
      message: /x-amz-confirm-remove-self-bucket-access/,
    })
    const byAddress = denying({ Condition: { NotIpAddress: { 'aws:SourceIp': ['127.0.0.1', '::1'] } } })
    await ann.send(new PutBucketPolicyCommand({ Bucket, Policy: byAddress }))
    const notAnn = denying({ Principal: { AWS: `arn:aws:iam::${account.number}:root` }, Action: 's3:DeleteBucket' })
    await ann.send(new PutBucketPolicyCommand({ Bucket, Policy: notAnn }))
    await ann.send(new PutBucketPolicyCommand({ Bucket, Policy, ConfirmRemoveSelfBucketAccess: true }))

    await rejects(ann.send(new PutBucketPolicyCommand({ Bucket, Policy: notAnn })), { name: 'AccessDenied' })
    await account.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    await account.s3.send(new DeleteBucketPolicyCommand({ Bucket }))
    await ann.send(new PutBucketPolicyCommand({ Bucket, Policy: notAnn }))
  })

  it('is nothing for other accounts to see or change, whatever it allows them', async () => {
    const fresh = await openServer()
    const { s3, bucket: Bucket } = fresh
    const other = await newAccount(fresh, 'other')
    const Policy = policyOf(allow(Bucket, { AWS: other.number }, 's3:*BucketPolicy'))
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    const notYours = { name: 'MethodNotAllowed' }

    await rejects(other.s3.send(new GetBucketPolicyCommand({ Bucket })), notYours)
    await rejects(other.s3.send(new PutBucketPolicyCommand({ Bucket, Policy })), notYours)
    await rejects(other.s3.send(new DeleteBucketPolicyCommand({ Bucket })), notYours)
    equal((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy, Policy)
  })

  it('lets in whom it names as soon as it is put, and no longer than it stands', async () => {
    const fresh = await openServer()
    const { s3, bucket: Bucket } = fresh
    const nobody = unsigned(fresh)
    const get = () =>
      nobody.send(new GetObjectCommand({ Bucket, Key: 'a' })).then(({ Body }) => Body?.transformToString())
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))

    await rejects(get(), { name: 'AccessDenied' })
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policyOf(allow(Bucket, '*')) }))
    equal(await get(), 'x')
    const block = { RestrictPublicBuckets: true }
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: block }))
    await rejects(get(), { name: 'AccessDenied' })
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
    equal(await get(), 'x')
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }))
    await rejects(get(), { name: 'AccessDenied' })
  })
})

describe('GetBucketPolicyStatus', () => {
  it('says whether a bucket is public, by its policy or by a list that counts', async () => {
    const { s3, bucket: Bucket } = await openServer()
    const isPublic = async () => (await s3.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic
    const put = (...statements: object[]) =>
      s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policyOf(...statements) }))
    const said: unknown[] = [await isPublic()]

    await put(allow(Bucket, '*'))
    said.push(await isPublic())
    await put(allow(Bucket, '*', 's3:GetObject', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }))
    said.push(await isPublic())
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'authenticated-read' }))
    said.push(await isPublic())
    const block = { IgnorePublicAcls: true }
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: block }))
    said.push(await isPublic())
    deepEqual(said, [false, true, false, true, false])
    await rejects(s3.send(new GetBucketPolicyStatusCommand({ Bucket: 'nowhere' })), { name: 'NoSuchBucket' })
  })
})

/** A server on which new buckets have lists and nothing is blocked. */
const openServer = () =>
  freshServer({ settings: { newBucketOwnership: 'ObjectWriter', newBucketPublicAccess: 'open' } })
