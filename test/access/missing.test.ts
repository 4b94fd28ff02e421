// What is not there: 404 to who may list, 403 to who may not, whatever is asked and however it is gone.

import { equal } from 'node:assert/strict'
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'
import { rawRequest, signedRequest } from '../raw-request.js'
import { allow, clientOf, deny, grant, makeKey, makeUser, operatorsAccount, outcomeOf, policyOf } from './people.js'

const reads = allow(['s3:Get*', 's3:PutObject', 's3:PutObjectTagging', 's3:DeleteObject'])
const lists = allow('s3:ListBucket')

async function world() {
  const fresh = await freshServer()
  const { store, rootKey } = fresh.server
  const user = await makeUser(store, operatorsAccount(store, rootKey.accountId), 'ann')
  const theirs = clientOf(fresh.endpoint, await makeKey(store, user))
  await fresh.s3.send(new PutObjectCommand({ Bucket: fresh.bucket, Key: 'there', Body: 'x' }))
  return { ...fresh, store, user, theirs }
}

/** What asks for a key and tells whether it is there. */
const asking: Readonly<Record<string, (s3: S3Client, Bucket: string, Key: string) => Promise<unknown>>> = {
  GetObject: (s3, Bucket, Key) => s3.send(new GetObjectCommand({ Bucket, Key })),
  HeadObject: (s3, Bucket, Key) => s3.send(new HeadObjectCommand({ Bucket, Key })),
  'GetObject of a version': (s3, Bucket, Key) => s3.send(new GetObjectCommand({ Bucket, Key, VersionId: 'null' })),
  GetObjectTagging: (s3, Bucket, Key) => s3.send(new GetObjectTaggingCommand({ Bucket, Key })),
  GetObjectAttributes: (s3, Bucket, Key) =>
    s3.send(new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: ['ETag'] })),
  'CopyObject from it': (s3, Bucket, Key) =>
    s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/${Key}` })),
  PutObjectTagging: (s3, Bucket, Key) =>
    s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } })),
}

describe('a key that is not there', () => {
  for (const [name, ask] of Object.entries(asking)) {
    it(`is 404 to who may list and 403 to who may not: ${name}`, async () => {
      const { store, user, theirs, bucket } = await world()
      const status = async (key: string): Promise<string> => (await outcomeOf(ask(theirs, bucket, key))).slice(0, 3)

      await grant(store, user, reads, lists)
      equal(await status('there'), 'all')
      equal(await status('missing'), '404')
      await grant(store, user, reads)
      equal(await status('there'), 'all')
      equal(await status('missing'), '403')
      await grant(store, user, lists)
      equal(await status('there'), '403')
      if (name !== 'CopyObject from it') equal(await status('missing'), '404')
      await grant(store, user, lists, deny(['s3:Get*', 's3:PutObjectTagging']))
      equal(await status('missing'), '403', 'denied explicitly')
      await grant(store, user, allow('s3:ListAllMyBuckets'))
      equal(await status('there'), '403')
      equal(await status('missing'), '403')
    })
  }

  it('is no different when it has a delete marker, and 403 tells of none', async () => {
    const { store, user, theirs, bucket, s3 } = await world()
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'there' }))
    const get = () => theirs.send(new GetObjectCommand({ Bucket: bucket, Key: 'there' }))
    await grant(store, user, reads, lists)
    equal(await outcomeOf(get()), '404 NoSuchKey')
    await grant(store, user, reads)
    equal(await outcomeOf(get()), '403 AccessDenied')
  })

  it('lets lists be asked for a prefix: who may list another tells nothing of this', async () => {
    const { store, user, theirs, bucket, endpoint } = await world()
    const home = { ...lists, Condition: { StringLike: { 's3:prefix': 'home/*' } } }
    await grant(store, user, reads, home)
    equal(await outcomeOf(theirs.send(new GetObjectCommand({ Bucket: bucket, Key: 'missing' }))), '403 AccessDenied')
    // Nor does it help to say in the query of a GET what would be listed.
    const by = await makeKey(store, user)
    const target = `/${bucket}/missing?prefix=home%2Fann`
    equal((await rawRequest(endpoint, signedRequest(endpoint, { method: 'GET', target, by }))).status, 403)
    const inHome = new GetObjectCommand({ Bucket: bucket, Key: 'home/missing' })
    equal(await outcomeOf(theirs.send(inHome)), '404 NoSuchKey')
  })

  it('is 404 to everybody where everybody may list', async () => {
    const { s3, bucket, endpoint } = await world()
    const publish = (...Action: string[]) =>
      s3.send(
        new PutBucketPolicyCommand({
          Bucket: bucket,
          Policy: policyOf({
            ...allow(Action, [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`]),
            Principal: '*',
          }),
        }),
      )
    const status = async (key: string): Promise<number> =>
      (await rawRequest(endpoint, `GET /${bucket}/${key} HTTP/1.1\r\nHost: ${endpoint.host}\r\n\r\n`)).status
    await openToAll(s3, bucket)
    await publish('s3:GetObject')
    equal(await status('there'), 200)
    equal(await status('missing'), 403)
    await publish('s3:GetObject', 's3:ListBucket')
    equal(await status('missing'), 404)
  })
})

/** Lets the bucket have a policy for everybody. */
async function openToAll(s3: S3Client, Bucket: string): Promise<void> {
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
}

describe('a bucket that is not there', () => {
  it('is 404 to everybody, with and without rights, as on S3', async () => {
    const { store, user, theirs, endpoint } = await world()
    const asked = [
      () => theirs.send(new HeadBucketCommand({ Bucket: 'no-such-bucket' })),
      () => theirs.send(new ListObjectsV2Command({ Bucket: 'no-such-bucket' })),
      () => theirs.send(new GetObjectCommand({ Bucket: 'no-such-bucket', Key: 'a' })),
      () => theirs.send(new PutObjectCommand({ Bucket: 'no-such-bucket', Key: 'a', Body: 'x' })),
    ]
    for (const statement of [allow('s3:*'), allow('iam:*')]) {
      await grant(store, user, statement)
      for (const ask of asked) equal((await outcomeOf(ask())).slice(0, 3), '404')
    }
    const answer = await rawRequest(endpoint, `GET /no-such-bucket/a HTTP/1.1\r\nHost: ${endpoint.host}\r\n\r\n`)
    equal(answer.status, 404)
    equal(/<Code>(\w+)<\/Code>/.exec(answer.body.toString())?.[1], 'NoSuchBucket')
  })

  it('is no reason to make one without the right to', async () => {
    const { theirs } = await world()
    equal(await outcomeOf(theirs.send(new CreateBucketCommand({ Bucket: 'brand-new' }))), '403 AccessDenied')
  })
})
