import { deepEqual, rejects } from 'node:assert/strict'
import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutBucketAclCommand,
  PutPublicAccessBlockCommand,
  type PublicAccessBlockConfiguration,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

const unset = { name: 'NoSuchPublicAccessBlockConfiguration' }

async function blocking() {
  const { s3, bucket: Bucket } = await freshServer()
  return {
    get: async () => (await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration,
    put: (PublicAccessBlockConfiguration: PublicAccessBlockConfiguration) =>
      s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration })),
    remove: () => s3.send(new DeletePublicAccessBlockCommand({ Bucket })),
    open: (ACL: 'private' | 'public-read') => s3.send(new PutBucketAclCommand({ Bucket, ACL })),
    nowhere: () => s3.send(new GetPublicAccessBlockCommand({ Bucket: 'nowhere' })),
  }
}

describe('public access block', () => {
  it('is kept as it was put, what is left out being false, until it is removed', async () => {
    const { get, put, remove, nowhere } = await blocking()
    const all = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true }
    const none = {
      BlockPublicAcls: false,
      IgnorePublicAcls: false,
      BlockPublicPolicy: false,
      RestrictPublicBuckets: false,
    }

    await rejects(get(), unset)
    await put(all)
    deepEqual(await get(), all)
    await put({ IgnorePublicAcls: true })
    deepEqual(await get(), { ...none, IgnorePublicAcls: true })
    await remove()
    await rejects(get(), unset)
    await remove()
    await rejects(nowhere(), { name: 'NoSuchBucket' })
  })

  it('denies public lists where they are blocked', async () => {
    const { put, open } = await blocking()
    await rejects(open('public-read'), { name: 'NotImplemented' })
    await put({ BlockPublicAcls: true })
    await rejects(open('public-read'), { name: 'AccessDenied' })
    await open('private')
    await put({ BlockPublicAcls: false })
    await rejects(open('public-read'), { name: 'NotImplemented' })
  })
})
