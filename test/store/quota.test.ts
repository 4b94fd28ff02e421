// Quotas, through HTTP: what they count, what they refuse, and that exactly one of two who race for the last bytes wins.

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  PutObjectCommand,
  RenameObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { deepEqual, equal, rejects } from 'node:assert/strict'
import aws4 from 'aws4'
import { request } from 'node:http'
import { accountQuota, bucketQuota, setAccountQuota, setBucketQuota } from '../../src/store/catalog/quota.js'
import { credentials } from '../fresh-server.js'
import { objectServer, patterned, refused } from '../objects/objects.js'
import { runCheck } from '../server-process.js'

async function quotaServer() {
  const fresh = await objectServer()
  const { catalog } = fresh.server.store
  const { bucket, s3 } = fresh
  const accountId = fresh.server.rootKey.accountId
  return {
    ...fresh,
    accountId,
    limit: (bytesMax: number | null, objectsMax: number | null = null) =>
      catalog.commit(setBucketQuota, { bucket, bytesMax, objectsMax }),
    limitAccount: (bytesMax: number | null, objectsMax: number | null = null) =>
      catalog.commit(setAccountQuota, { accountId, bytesMax, objectsMax }),
    counted: async () => {
      const quota = await catalog.read(bucketQuota, bucket)
      return quota && [quota.bytes, quota.objects]
    },
    countedOfAccount: async () => {
      const quota = await catalog.read(accountQuota, accountId)
      return quota && [quota.bytes, quota.objects]
    },
    remove: (Key: string, VersionId?: string) => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId })),
    copy: (from: string, Key: string) =>
      s3.send(new CopyObjectCommand({ Bucket: bucket, Key, CopySource: `${bucket}/${from}` })),
    begin: async (Key: string) =>
      (await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }))).UploadId ?? '',
    part: (Key: string, UploadId: string, PartNumber: number, Body: Uint8Array) =>
      s3.send(new UploadPartCommand({ Bucket: bucket, Key, UploadId, PartNumber, Body })),
  }
}

describe('A quota of a bucket', () => {
  it('counts what was there when it is set, changes that usage has not folded among them', async () => {
    const { put, limit, counted, version, remove, begin, part } = await quotaServer()
    await version('Enabled')
    await put('a', '12345')
    await put('a', '123')
    await put('b', '1')
    await remove('b')
    await part('c', await begin('c'), 1, patterned(1000))

    await limit(10_000)

    // Three versions and a marker; 9 bytes of versions and 1,000 of a part.
    deepEqual(await counted(), [1009, 4])
  })

  it('refuses a byte too much with 403 QuotaExceeded, and takes the last one that fits', async () => {
    const { put, limit, counted } = await quotaServer()
    await limit(10)
    await put('a', '12345')
    await refused(put('b', '123456'), 'QuotaExceeded', 403)
    await put('b', '12345')
    deepEqual(await counted(), [10, 2])
    await refused(put('c', '1'), 'QuotaExceeded')
    await put('empty', '')
  })

  it('refuses an object too much, delete markers counted but never refused', async () => {
    const { put, limit, counted, version, remove } = await quotaServer()
    await version('Enabled')
    await limit(null, 2)
    await put('a')
    await put('b')
    await refused(put('c'), 'QuotaExceeded')
    await refused(put('a'), 'QuotaExceeded')
    await remove('a')
    deepEqual(await counted(), [2, 3])
    await refused(put('c'), 'QuotaExceeded')
  })

  it('counts an overwritten object once where versions are not kept', async () => {
    const { put, limit, counted } = await quotaServer()
    await limit(10, 1)
    await put('a', '1234567890')
    await put('a', '123')
    await put('a', '1234567890')
    deepEqual(await counted(), [10, 1])
    await refused(put('a', '12345678901'), 'QuotaExceeded')
  })

  it('gives room back for what is deleted, key, version, many at once, and all of what overflows it may be deleted', async () => {
    const { s3, bucket, put, limit, counted, version, remove } = await quotaServer()
    await version('Enabled')
    for (const key of ['a', 'b', 'c', 'd']) await put(key, '12345')
    const { VersionId } = await put('a', '123')
    await limit(1, 1)
    await refused(put('e', ''), 'QuotaExceeded')
    await remove('a', VersionId)
    deepEqual(await counted(), [20, 4])
    const Objects = ['a', 'b', 'c', 'd'].map((Key) => ({ Key }))
    const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }))
    equal(Errors, undefined)
    deepEqual(await counted(), [20, 8])
  })

  it('holds for copies, and lets a rename go when it is full', async () => {
    const { s3, bucket, put, copy, limit, counted, text } = await quotaServer()
    await limit(10, 2)
    await put('a', '12345')
    await copy('a', 'b')
    await refused(copy('a', 'c'), 'QuotaExceeded')
    const rename = { Bucket: bucket, Key: 'c', RenameSource: `/${bucket}/a` }
    await s3.send(new RenameObjectCommand(rename))
    equal(await text('c'), '12345')
    deepEqual(await counted(), [10, 2])
  })

  it('refuses a rename that would keep both versions', async () => {
    const { s3, bucket, put, limit, version, text, counted } = await quotaServer()
    await version('Enabled')
    await limit(7)
    await put('a', '12345')
    await refused(
      s3.send(new RenameObjectCommand({ Bucket: bucket, Key: 'c', RenameSource: `/${bucket}/a` })),
      'QuotaExceeded',
    )
    equal(await text('a'), '12345')
    deepEqual(await counted(), [5, 1])
  })

  it('counts parts of uploads under way, replaced ones once, and completing what fits always goes', async () => {
    const { s3, bucket, limit, counted, begin, part } = await quotaServer()
    const size = 5 * 1024 * 1024
    await limit(2 * size + 10)
    const UploadId = await begin('a')
    await part('a', UploadId, 1, patterned(size))
    const { ETag: first } = await part('a', UploadId, 1, patterned(size))
    const { ETag: second } = await part('a', UploadId, 2, patterned(10))
    await part('a', UploadId, 3, patterned(size))
    deepEqual(await counted(), [2 * size + 10, 0])
    await refused(part('a', UploadId, 4, patterned(1)), 'QuotaExceeded', 403)
    // It may be lowered below what is there: completing adds nothing.
    await limit(1)
    await s3.send(
      new CompleteMultipartUploadCommand({
        Bucket: bucket,
        Key: 'a',
        UploadId,
        MultipartUpload: {
          Parts: [
            { PartNumber: 1, ETag: first },
            { PartNumber: 2, ETag: second },
          ],
        },
      }),
    )
    deepEqual(await counted(), [size + 10, 1])
  })

  it('refuses to complete an upload into one object too many; it goes on, and its parts stay counted', async () => {
    const { s3, bucket, put, limit, counted, begin, part } = await quotaServer()
    await limit(100, 1)
    const UploadId = await begin('a')
    const { ETag } = await part('a', UploadId, 1, patterned(10))
    await put('b', '1')
    const complete = new CompleteMultipartUploadCommand({
      Bucket: bucket,
      Key: 'a',
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
    })
    await refused(s3.send(complete), 'QuotaExceeded')
    deepEqual(await counted(), [11, 1])
    await limit(100, 2)
    await s3.send(complete)
    deepEqual(await counted(), [11, 2])
  })

  it('forgets the parts of an upload that is aborted, and refuses a part copied beyond it', async () => {
    const { s3, bucket, put, limit, counted, begin, part } = await quotaServer()
    await limit(1000)
    await put('source', patterned(400))
    const UploadId = await begin('a')
    const copy = (PartNumber: number) =>
      s3.send(
        new UploadPartCopyCommand({ Bucket: bucket, Key: 'a', UploadId, PartNumber, CopySource: `${bucket}/source` }),
      )
    await copy(1)
    await refused(copy(2), 'QuotaExceeded')
    await part('a', UploadId, 2, patterned(200))
    deepEqual(await counted(), [1000, 1])
    await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: 'a', UploadId }))
    deepEqual(await counted(), [400, 1])
  })

  it('is refused before a byte of the body is read', async () => {
    const { endpoint, bucket, limit, begin } = await quotaServer()
    await limit(1_000_000)
    const UploadId = await begin('part')
    for (const target of [`/${bucket}/large`, `/${bucket}/part?partNumber=1&uploadId=${UploadId}`]) {
      // The body is announced and never sent: an answer that waited for it would not come.
      const options = aws4.sign(
        {
          service: 's3',
          region: 'us-east-1',
          host: endpoint.host,
          method: 'PUT',
          path: target,
          headers: {
            'Content-Length': '1000001',
            Expect: '100-continue',
            'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD',
          },
        },
        credentials,
      )
      const answer = await new Promise<{ status: number | undefined; isContinued: boolean }>((resolve, reject) => {
        let isContinued = false
        const sent = request({ ...options, host: endpoint.hostname, port: endpoint.port }, (response) => {
          response.resume()
          resolve({ status: response.statusCode, isContinued })
          sent.destroy()
        })
        sent.on('continue', () => (isContinued = true)).on('error', reject)
        sent.flushHeaders()
      })
      deepEqual(answer, { status: 403, isContinued: false }, target)
    }
  })

  it('lets exactly one of two win who race for the last bytes', async () => {
    const { put, limit, counted } = await quotaServer()
    await limit(150_000)
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map((key) => put(key, patterned(100_000))))
    equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    deepEqual(await counted(), [100_000, 1])
    const small = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => put(`s${i}`, patterned(10_000))))
    equal(small.filter(({ status }) => status === 'fulfilled').length, 5)
    deepEqual(await counted(), [150_000, 6])
  })

  it('goes with its removal, and with its bucket', async () => {
    const { s3, bucket, put, limit, counted, server } = await quotaServer()
    await limit(1)
    await limit(null)
    equal(await counted(), undefined)
    await put('a', '12345')
    await limit(1)
    await rejects(put('a', '123456'))
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }))
    await s3.send(new DeleteBucketCommand({ Bucket: bucket }))
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
    equal(await server.store.catalog.read(bucketQuota, bucket), undefined)
    await put('a', '12345')
  })
})

describe('A quota of an account', () => {
  it('counts all its buckets, those to come too, beside the quotas of buckets', async () => {
    const { s3, put, limit, limitAccount, countedOfAccount, counted, begin, part } = await quotaServer()
    await put('a', '12345')
    await limitAccount(20)
    await s3.send(new CreateBucketCommand({ Bucket: 'another' }))
    const putThere = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: 'another', Key, Body }))
    await putThere('b', '1234567890')
    deepEqual(await countedOfAccount(), [15, 2])
    await refused(put('c', '123456'), 'QuotaExceeded')
    await limit(6)
    await refused(put('c', '12'), 'QuotaExceeded')
    await refused(putThere('c', '123456'), 'QuotaExceeded')
    await part('d', await begin('d'), 1, patterned(1))
    deepEqual(await countedOfAccount(), [16, 2])
    deepEqual(await counted(), [6, 1])
    await s3.send(new DeleteObjectCommand({ Bucket: 'another', Key: 'b' }))
    await s3
      .send(new CreateMultipartUploadCommand({ Bucket: 'another', Key: 'e' }))
      .then(({ UploadId }) =>
        s3.send(new UploadPartCommand({ Bucket: 'another', Key: 'e', UploadId, PartNumber: 1, Body: '1234' })),
      )
    deepEqual(await countedOfAccount(), [10, 1])
    // Uploads under way go with their bucket.
    await s3.send(new DeleteBucketCommand({ Bucket: 'another' }))
    deepEqual(await countedOfAccount(), [6, 1])
  })

  it('cannot be set for an account that is not there', async () => {
    const { server } = await quotaServer()
    const quota = { accountId: 'f'.repeat(64), bytesMax: 1, objectsMax: null }
    await rejects(server.store.catalog.commit(setAccountQuota, quota), { code: 'InvalidArgument' })
  })
})

describe('What quotas count', () => {
  it('is what `cairn check` counts', async () => {
    const { put, limit, limitAccount, version, remove, begin, part, directory, server } = await quotaServer()
    await limit(1_000_000)
    await limitAccount(1_000_000)
    await put('a', patterned(20_000))
    await version('Enabled')
    await put('a', patterned(300))
    await remove('a')
    await part('b', await begin('b'), 3, patterned(70_000))
    await server.close()
    const { code, output } = await runCheck(directory)
    equal(code, 0, output)
  })
})
