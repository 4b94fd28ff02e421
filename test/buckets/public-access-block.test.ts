import { deepEqual, rejects } from 'node:assert/strict'
import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
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

    deepEqual(await get(), all, 'of a new bucket')
    await remove()
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

  it('is not there in a new bucket where the server is told so', async () => {
    const { s3, bucket: Bucket } = await freshServer({ settings: { newBucketPublicAccess: 'open' } })
    await rejects(s3.send(new GetPublicAccessBlockCommand({ Bucket })), unset)
  })
})
