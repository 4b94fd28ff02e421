// `cairn usage`: what buckets hold, told beside a running server.

import { CopyObjectCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { equal, match } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freshServer } from './fresh-server.js'
import { projectRoot } from './project-root.js'

const cairn = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [join(projectRoot, 'bin/cairn.cjs'), ...args])).stdout

describe('cairn usage', () => {
  it('tells objects, versions and bytes exactly, and what is stored once as far as it has been counted', async () => {
    const { s3, server, bucket, directory } = await freshServer()
    const content = 'x'.repeat(100_000)
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: content }))
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'b', Body: content }))
    await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'c', CopySource: `${bucket}/a` }))
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'gone', Body: 'soon' }))
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'gone' }))
    await server.store.collector.collectNow()

    const told: unknown = JSON.parse(await cairn('usage', '--data', directory, '--json', bucket))

    const { objects, versions, bytes, bytesOnce } = told as Record<string, number> // it is printed from this shape
    equal(objects, 3)
    equal(versions, 3)
    equal(bytes, 300_000)
    equal(bytesOnce, 100_000)
  })

  it('prints a table of all buckets', async () => {
    const { bucket, directory } = await freshServer()

    const table = await cairn('usage', '--data', directory)

    match(table, new RegExp(`^BUCKET +OBJECTS +VERSIONS +BYTES +BYTES STORED ONCE\\n${bucket} +0 +0 +0 +0\\n$`))
  })
})
