import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import {
  CreateBucketCommand,
  ListBucketsCommand,
  type ListBucketsCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

const namesOf = async (s3: S3Client, input: ListBucketsCommandInput = {}) =>
  (await s3.send(new ListBucketsCommand(input))).Buckets?.map(({ Name }) => Name) ?? []

describe('ListBuckets', () => {
  it('lists names in the order of their bytes, with owner and date', async () => {
    const { s3 } = await freshServer({ hasBucket: false })
    for (const name of ['b-b', 'b0b', 'b.b', 'aaa']) await s3.send(new CreateBucketCommand({ Bucket: name }))

    const { Buckets = [], Owner, ContinuationToken, Prefix } = await s3.send(new ListBucketsCommand({}))

    deepEqual(
      Buckets.map(({ Name }) => Name),
      ['aaa', 'b-b', 'b.b', 'b0b'],
    )
    ok(Buckets.every(({ CreationDate }) => CreationDate instanceof Date))
    equal(Buckets[0]?.BucketRegion, undefined)
    equal(Owner?.ID?.length, 64)
    deepEqual([ContinuationToken, Prefix], [undefined, undefined])
  })

  it('answers pages of the size asked for, whatever happens to the bucket a page ended with', async () => {
    const { s3 } = await freshServer({ hasBucket: false })
    for (const name of ['aaa', 'bbb', 'ccc', 'ddd', 'eee']) await s3.send(new CreateBucketCommand({ Bucket: name }))
    const seen: (string | undefined)[] = []
    let token: string | undefined
    do {
      const page = await s3.send(new ListBucketsCommand({ MaxBuckets: 2, ...(token && { ContinuationToken: token }) }))
      ok((page.Buckets?.length ?? 0) <= 2)
      for (const { Name, BucketRegion } of page.Buckets ?? []) {
        seen.push(Name)
        equal(BucketRegion, 'us-east-1')
      }
      token = page.ContinuationToken
    } while (token !== undefined)

    deepEqual(seen, ['aaa', 'bbb', 'ccc', 'ddd', 'eee'])
  })

  it('lists names with a prefix, and of a region', async () => {
    const { s3 } = await freshServer({ hasBucket: false })
    for (const name of ['log', 'log-1', 'log.2', 'lof', 'loh']) await s3.send(new CreateBucketCommand({ Bucket: name }))

    deepEqual(await namesOf(s3, { Prefix: 'log' }), ['log', 'log-1', 'log.2'])
    deepEqual(await namesOf(s3, { Prefix: 'log%_' }), [])
    deepEqual((await namesOf(s3, { BucketRegion: 'us-east-1' })).length, 5)
    deepEqual(await namesOf(s3, { BucketRegion: 'eu-west-1' }), [])
  })

  it('refuses a page size that S3 refuses, and a token that is none', async () => {
    const { s3 } = await freshServer()

    for (const MaxBuckets of [0, -1, 10_001]) {
      await rejects(s3.send(new ListBucketsCommand({ MaxBuckets })), { name: 'InvalidArgument' })
    }
    await rejects(s3.send(new ListBucketsCommand({ ContinuationToken: '*' })), { name: 'InvalidArgument' })
  })
})
