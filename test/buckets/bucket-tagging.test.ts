import { deepEqual, rejects } from 'node:assert/strict'
import {
  DeleteBucketTaggingCommand,
  GetBucketTaggingCommand,
  PutBucketTaggingCommand,
  type S3Client,
  type Tag,
} from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'

const put = (s3: S3Client, bucket: string, TagSet: Tag[]) =>
  s3.send(new PutBucketTaggingCommand({ Bucket: bucket, Tagging: { TagSet } }))

const numbered = (count: number): Tag[] => Array.from({ length: count }, (_, i) => ({ Key: `k${i}`, Value: '' }))

describe('bucket tagging', () => {
  it('answers the tags that were put', async () => {
    const { s3, bucket } = await freshServer()
    const tags = [
      { Key: 'Größe', Value: 'a b+c=d' },
      { Key: 'empty', Value: '' },
    ]

    await put(s3, bucket, tags)

    deepEqual((await s3.send(new GetBucketTaggingCommand({ Bucket: bucket }))).TagSet, tags)
  })

  it('answers NoSuchTagSet when there are none, also after they were deleted', async () => {
    const { s3, bucket } = await freshServer()
    const get = () => s3.send(new GetBucketTaggingCommand({ Bucket: bucket }))
    await rejects(get(), { name: 'NoSuchTagSet' })
    await put(s3, bucket, numbered(1))

    await s3.send(new DeleteBucketTaggingCommand({ Bucket: bucket }))

    await rejects(get(), { name: 'NoSuchTagSet' })
  })

  it('takes 50 tags and no more', async () => {
    const { s3, bucket } = await freshServer()

    await put(s3, bucket, numbered(50))
    await rejects(put(s3, bucket, numbered(51)), { name: 'BadRequest' })
  })

  it('refuses system tags, repeated keys and keys that are too long', async () => {
    const { s3, bucket } = await freshServer()
    const refused: Tag[][] = [
      [{ Key: 'aws:x', Value: '' }],
      [...numbered(1), ...numbered(1)],
      [{ Key: 'k'.repeat(129), Value: '' }],
      [{ Key: 'k', Value: 'v'.repeat(257) }],
      [{ Key: '', Value: 'v' }],
    ]

    for (const tags of refused) await rejects(put(s3, bucket, tags), { name: 'InvalidTag' })
  })
})
