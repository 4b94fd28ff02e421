import { equal, rejects } from 'node:assert/strict'
import { GetBucketRequestPaymentCommand, type Payer, PutBucketRequestPaymentCommand } from '@aws-sdk/client-s3'
import { bucketAccess } from '../../src/store/catalog/bucket-access.js'
import { freshServer } from '../fresh-server.js'

describe('request payment', () => {
  it('is by the owner, until it is said to be by who asks, and again when that is taken back', async () => {
    const { s3, bucket: Bucket, server } = await freshServer()
    const get = async () => (await s3.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer
    const put = (Payer: Payer) =>
      s3.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer } }))
    const payer = async () => (await server.store.catalog.read(bucketAccess, Bucket))?.payer

    equal(await get(), 'BucketOwner')
    equal(await payer(), 'BucketOwner')
    await put('Requester')
    equal(await get(), 'Requester')
    equal(await payer(), 'Requester')
    await rejects(put('Nobody' as Payer), { name: 'MalformedXML' })
    equal(await get(), 'Requester')
    await put('BucketOwner')
    equal(await get(), 'BucketOwner')
    equal(await payer(), 'BucketOwner')
    await rejects(s3.send(new GetBucketRequestPaymentCommand({ Bucket: 'nowhere' })), { name: 'NoSuchBucket' })
  })
})
