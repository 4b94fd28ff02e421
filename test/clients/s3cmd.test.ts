// s3cmd: the oldest of the clients, with its own signing, its own listing and XML of its own taste.

import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { credentials } from '../server-process.js'
import { type ClientSuite, clientMsMax, digestOf, digestsBelow, openClientSuite, writeTree } from './client-suite.js'
import { programs, requireFile, run, tryRun } from './programs.js'

describe('s3cmd', function () {
  this.timeout(clientMsMax)
  let suite: ClientSuite
  let configuration: string

  before(async function () {
    requireFile(this, programs.s3cmd)
    suite = await openClientSuite()
    const { host } = new URL(suite.endpoint)
    configuration = join(suite.directory, 's3cfg')
    await writeFile(
      configuration,
      [
        '[default]',
        `access_key = ${credentials.accessKeyId}`,
        `secret_key = ${credentials.secretAccessKey}`,
        `host_base = ${host}`,
        `host_bucket = ${host}`,
        'use_https = False',
        'multipart_chunk_size_mb = 5',
        '',
      ].join('\n'),
    )
  })
  after(() => suite?.close())

  const s3cmd = (...args: string[]): Promise<string> =>
    run(programs.s3cmd, ['-c', configuration, '--no-progress', ...args], { env: { HOME: suite.directory } })
  const newBucket = async (): Promise<string> => {
    const bucket = suite.bucketName()
    await s3cmd('mb', `s3://${bucket}`)
    return bucket
  }

  it('makes, lists and removes a bucket', async () => {
    const bucket = await newBucket()
    match(await s3cmd('ls'), new RegExp(`s3://${bucket}\n`))
    await s3cmd('rb', `s3://${bucket}`)
    equal((await s3cmd('ls')).includes(bucket), false)
  })

  it('puts and gets a tree, in parts where files are large', async () => {
    const bucket = await newBucket()
    const from = join(suite.directory, bucket)
    const digests = await writeTree(from)
    await s3cmd('put', '--recursive', `${from}/`, `s3://${bucket}/tree/`)
    match(await s3cmd('ls', '--recursive', `s3://${bucket}/`), /large\/20 MiB\.bin/)
    await mkdir(`${from}-back`)
    await s3cmd('get', '--recursive', `s3://${bucket}/tree/`, `${from}-back/`)
    deepEqual(await digestsBelow(`${from}-back`), digests)
  })

  it('syncs both ways, and removes what is gone', async () => {
    const bucket = await newBucket()
    const from = join(suite.directory, bucket)
    await writeTree(from)
    await s3cmd('sync', `${from}/`, `s3://${bucket}/`)
    await run('/bin/rm', [join(from, 'one byte')])
    await s3cmd('sync', '--delete-removed', `${from}/`, `s3://${bucket}/`)
    await s3cmd('sync', `s3://${bucket}/`, `${from}-back/`)
    deepEqual(await digestsBelow(`${from}-back`), await digestsBelow(from))
  })

  it('copies, moves, shows and removes objects', async () => {
    const bucket = await newBucket()
    const file = join(suite.directory, `${bucket}.txt`)
    await writeFile(file, 'stones')
    await s3cmd('put', '--add-header', 'x-amz-meta-color: grey', file, `s3://${bucket}/a b.txt`)
    await s3cmd('cp', `s3://${bucket}/a b.txt`, `s3://${bucket}/copy.txt`)
    await s3cmd('mv', `s3://${bucket}/copy.txt`, `s3://${bucket}/moved.txt`)
    match(await s3cmd('info', `s3://${bucket}/moved.txt`), /x-amz-meta-color:\s+grey/)
    await s3cmd('get', `s3://${bucket}/moved.txt`, `${file}.back`)
    equal(await digestOf(`${file}.back`), await digestOf(file))
    match(await s3cmd('du', `s3://${bucket}`), /^\s*12\s+2 objects/)
    await s3cmd('del', '--recursive', '--force', `s3://${bucket}/`)
    equal(await s3cmd('ls', `s3://${bucket}/`), '')
  })

  it('says that a bucket is not empty', async () => {
    const bucket = await newBucket()
    const file = join(suite.directory, `${bucket}.txt`)
    await writeFile(file, 'here')
    await s3cmd('put', file, `s3://${bucket}/here`)
    const args = ['-c', configuration, 'rb', `s3://${bucket}`]
    const refused = await tryRun(programs.s3cmd, args, { env: { HOME: suite.directory } })
    match(refused.stderr, /BucketNotEmpty/)
  })
})
