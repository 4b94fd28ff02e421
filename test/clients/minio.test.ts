// The minio client for JavaScript: its own signing, its own multipart, its own XML.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { Client, CopyConditions } from 'minio'
import { credentials, region } from '../server-process.js'
import { type ClientSuite, clientMsMax, openClientSuite } from './client-suite.js'

describe('minio-js', function () {
  this.timeout(clientMsMax)
  let suite: ClientSuite
  let minio: Client

  before(async () => {
    suite = await openClientSuite()
    const { hostname, port } = new URL(suite.endpoint)
    minio = new Client({
      endPoint: hostname,
      port: Number(port),
      useSSL: false,
      region,
      accessKey: credentials.accessKeyId,
      secretKey: credentials.secretAccessKey,
      partSize: 5 * 1024 * 1024,
    })
  })
  after(() => suite?.close())

  const newBucket = async (): Promise<string> => {
    const bucket = suite.bucketName()
    await minio.makeBucket(bucket, region)
    return bucket
  }

  it('makes, finds and removes a bucket', async () => {
    const bucket = await newBucket()
    equal(await minio.bucketExists(bucket), true)
    ok((await minio.listBuckets()).some(({ name }) => name === bucket))
    await minio.removeBucket(bucket)
    equal(await minio.bucketExists(bucket), false)
  })

  it('puts a buffer with metadata and gets it back, whole and in part', async () => {
    const bucket = await newBucket()
    const content = randomBytes(100_000)
    await minio.putObject(bucket, 'a b/ü+1', content, content.length, {
      'Content-Type': 'image/png',
      'X-Amz-Meta-Color': 'red',
    })
    deepEqual(await buffer(await minio.getObject(bucket, 'a b/ü+1')), content)
    deepEqual(await buffer(await minio.getPartialObject(bucket, 'a b/ü+1', 500, 70_000)), content.subarray(500, 70_500))
    const { metaData, size } = await minio.statObject(bucket, 'a b/ü+1')
    equal(size, content.length)
    deepEqual([metaData['content-type'], metaData['color']], ['image/png', 'red'])
  })

  it('puts a stream of unknown length and a file in parts', async () => {
    const bucket = await newBucket()
    const content = randomBytes(11 * 1024 * 1024)
    await minio.putObject(
      bucket,
      'streamed',
      Readable.from([content.subarray(0, 7_000_000), content.subarray(7_000_000)]),
    )
    deepEqual(await buffer(await minio.getObject(bucket, 'streamed')), content)
    const file = join(suite.directory, `${bucket}.bin`)
    await writeFile(file, content)
    await minio.fPutObject(bucket, 'from a file', file)
    await minio.fGetObject(bucket, 'from a file', `${file}.back`)
    ok((await readFile(`${file}.back`)).equals(content))
  })

  it('lists with prefixes and removes many', async () => {
    const bucket = await newBucket()
    const names = ['a/1', 'a/2', 'b', 'c/d/e']
    for (const name of names) await minio.putObject(bucket, name, name)
    deepEqual(await listed(bucket, '', true), names)
    deepEqual(await listed(bucket, '', false), ['a/', 'b', 'c/'])
    deepEqual(await listed(bucket, 'a/', false), ['a/1', 'a/2'])
    await minio.removeObjects(bucket, names)
    deepEqual(await listed(bucket, '', true), [])
  })

  it('copies on the server', async () => {
    const bucket = await newBucket()
    await minio.putObject(bucket, 'from', 'copied')
    await minio.copyObject(bucket, 'to', `/${bucket}/from`, new CopyConditions())
    equal(await text(await minio.getObject(bucket, 'to')), 'copied')
  })

  it('turns versioning on and reads an older version', async () => {
    const bucket = await newBucket()
    await minio.setBucketVersioning(bucket, { Status: 'Enabled' })
    const { versionId } = await minio.putObject(bucket, 'key', 'first')
    await minio.putObject(bucket, 'key', 'second')
    equal(await text(await minio.getObject(bucket, 'key', { versionId: versionId ?? '' })), 'first')
    equal(await text(await minio.getObject(bucket, 'key')), 'second')
  })

  it('tags a bucket and an object', async () => {
    const bucket = await newBucket()
    await minio.putObject(bucket, 'key', 'tagged')
    await minio.setObjectTagging(bucket, 'key', { color: 'grey' })
    deepEqual(await minio.getObjectTagging(bucket, 'key'), [{ Key: 'color', Value: 'grey' }])
    await minio.setBucketTagging(bucket, { team: 'stones' })
    deepEqual(await minio.getBucketTagging(bucket), [{ Key: 'team', Value: 'stones' }])
  })

  it('gives away links and forms', async () => {
    const bucket = await newBucket()
    const put = await fetch(await minio.presignedPutObject(bucket, 'linked', 60), { method: 'PUT', body: 'by link' })
    equal(put.status, 200, await put.text())
    equal(await (await fetch(await minio.presignedGetObject(bucket, 'linked', 60))).text(), 'by link')

    const policy = minio.newPostPolicy()
    policy.setBucket(bucket)
    policy.setKey('posted')
    policy.setExpires(new Date(Date.now() + 60_000))
    policy.setContentLengthRange(1, 1000)
    const { postURL, formData } = await minio.presignedPostPolicy(policy)
    const form = new FormData()
    for (const [name, value] of Object.entries(formData)) form.append(name, String(value))
    form.append('file', new Blob(['by form']))
    const posted = await fetch(postURL, { method: 'POST', body: form })
    equal(posted.status, 204, await posted.text())
    equal(await text(await minio.getObject(bucket, 'posted')), 'by form')
  })

  it('forgets an upload that was never completed', async () => {
    const bucket = await newBucket()
    await minio.initiateNewMultipartUpload(bucket, 'unfinished', {})
    await minio.removeIncompleteUpload(bucket, 'unfinished')
    equal(await minio.findUploadId(bucket, 'unfinished'), undefined)
  })

  it('is told what is missing', async () => {
    const bucket = await newBucket()
    await rejects(minio.getObject(bucket, 'none'), { code: 'NoSuchKey' })
    await rejects(minio.getObject(`${bucket}-none`, 'none'), { code: 'NoSuchBucket' })
  })

  async function listed(bucket: string, prefix: string, isRecursive: boolean): Promise<string[]> {
    const names: string[] = []
    for await (const item of minio.listObjectsV2(bucket, prefix, isRecursive)) {
      // The stream's items are BucketItem: an object has a name, a common prefix a prefix.
      const { name, prefix: common } = item as { name?: string; prefix?: string }
      names.push(name ?? common ?? '')
    }
    // The client gives the objects of a page first, then its common prefixes.
    return names.toSorted()
  }
})
