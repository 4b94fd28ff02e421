import { equal } from 'node:assert/strict'
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'
import { presignedTarget } from '../raw-request.js'

describe('a presigned URL', () => {
  it('carries headers in its query', async () => {
    const { s3, endpoint, bucket } = await freshServer()
    const query = 'x-amz-meta-colour=grey&x-amz-storage-class=STANDARD&X-Amz-Tagging=a%3Db'

    const put = await fetch(endpoint.origin + presignedTarget(endpoint, 'PUT', `/${bucket}/k?${query}`), {
      method: 'PUT',
      body: 'stone',
    })
    const { Metadata, TagCount } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' }))

    equal(put.status, 200)
    equal(Metadata?.['colour'], 'grey')
    equal(TagCount, 1)
  })

  it('says with a signed copy source what is copied', async () => {
    const { s3, endpoint, bucket } = await freshServer()
    const source = presignedTarget(endpoint, 'PUT', `/${bucket}/from`)
    await fetch(endpoint.origin + source, { method: 'PUT', body: 'stone' })
    const copy = presignedTarget(endpoint, 'PUT', `/${bucket}/to?x-amz-copy-source=%2F${bucket}%2Ffrom`)

    equal((await fetch(endpoint.origin + copy, { method: 'PUT' })).status, 200)
    equal((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'to' }))).ContentLength, 5)
  })

  it('is not changed by a header nobody signed', async () => {
    const { endpoint, bucket } = await freshServer()
    const target = presignedTarget(endpoint, 'PUT', `/${bucket}/k`)
    const headers = { 'x-amz-copy-source': `/${bucket}/secret` }

    equal((await fetch(endpoint.origin + target, { method: 'PUT', headers })).status, 403)
  })
})
