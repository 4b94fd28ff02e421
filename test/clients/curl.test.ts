// curl: signing by itself (--aws-sigv4), presigned links, and what only a plain HTTP client does.

import { deepEqual, equal, match } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { credentials, region } from '../server-process.js'
import { type ClientSuite, clientMsMax, openClientSuite } from './client-suite.js'
import { postFields, presign } from './presign.js'
import { programs, requireFile, run } from './programs.js'

describe('curl', function () {
  this.timeout(clientMsMax)
  let suite: ClientSuite

  before(async function () {
    requireFile(this, programs.curl)
    suite = await openClientSuite()
  })
  after(() => suite?.close())

  const curl = (...args: string[]): Promise<string> => run(programs.curl, ['--silent', '--show-error', ...args])
  // Debian's curl 7.88 does not send the digest of the payload, which S3 requires: the caller states that it is not signed.
  const unsigned = ['-H', 'x-amz-content-sha256: UNSIGNED-PAYLOAD']
  const key = ['--user', `${credentials.accessKeyId}:${credentials.secretAccessKey}`]
  const signed = (...args: string[]): Promise<string> =>
    curl('--fail-with-body', '--aws-sigv4', `aws:amz:${region}:s3`, ...key, ...unsigned, ...args)
  const newBucket = async (): Promise<string> => {
    const bucket = suite.bucketName()
    await signed('-X', 'PUT', `${suite.endpoint}/${bucket}`)
    return bucket
  }
  const newFile = async (size: number): Promise<string> => {
    const file = join(suite.directory, `${randomBytes(4).toString('hex')}.bin`)
    await writeFile(file, randomBytes(size))
    return file
  }

  it('signs by itself: makes a bucket, puts, gets, lists, deletes', async () => {
    const bucket = await newBucket()
    await signed('--data-binary', 'by curl', '-X', 'PUT', `${suite.endpoint}/${bucket}/key`)
    equal(await signed(`${suite.endpoint}/${bucket}/key`), 'by curl')
    match(await signed(`${suite.endpoint}/${bucket}?list-type=2`), /<Key>key<\/Key>/)
    await signed('-X', 'DELETE', `${suite.endpoint}/${bucket}/key`)
    match(await signed(`${suite.endpoint}/${bucket}?list-type=2`), /<KeyCount>0<\/KeyCount>/)
  })

  it('puts and gets through presigned links, waiting for 100 Continue with a large file', async () => {
    const bucket = await newBucket()
    const file = await newFile(6 * 1024 * 1024)
    const path = `/${bucket}/with%20space%2Band%20%C3%BC.bin`
    const put = ['--fail', '-H', 'Expect: 100-continue', '-T', file]
    await curl(...put, presign(suite.endpoint, 'PUT', path))
    await curl('--fail', '-o', `${file}.back`, presign(suite.endpoint, 'GET', path))
    deepEqual(await readFile(`${file}.back`), await readFile(file))
  })

  it('resumes a download where it stopped', async () => {
    const bucket = await newBucket()
    const file = await newFile(300_000)
    await curl('--fail', '-T', file, presign(suite.endpoint, 'PUT', `/${bucket}/long`))
    const whole = await readFile(file)
    await writeFile(`${file}.part`, whole.subarray(0, 123_456))
    await curl('--fail', '-C', '-', '-o', `${file}.part`, presign(suite.endpoint, 'GET', `/${bucket}/long`))
    deepEqual(await readFile(`${file}.part`), whole)
  })

  it('uploads a form', async () => {
    const bucket = await newBucket()
    const file = await newFile(2_000)
    const fields = postFields(bucket, { key: 'form/${filename}', success_action_status: '201' }, [
      ['starts-with', '$key', 'form/'],
      { success_action_status: '201' },
      ['content-length-range', 1, 10_000],
    ])
    const form = Object.entries(fields).flatMap(([name, value]) => ['-F', `${name}=${value}`])
    const answer = await curl(
      '--fail-with-body',
      ...form,
      '-F',
      `file=@${file};filename=stone.bin`,
      `${suite.endpoint}/${bucket}`,
    )
    match(answer, /<Key>form\/stone\.bin<\/Key>/)
    await curl('--fail', '-o', `${file}.back`, presign(suite.endpoint, 'GET', `/${bucket}/form/stone.bin`))
    deepEqual(await readFile(`${file}.back`), await readFile(file))
  })

  it('is refused without a signature, and told why', async () => {
    const bucket = await newBucket()
    const answer = await curl('-i', `${suite.endpoint}/${bucket}/key`)
    match(answer, /^HTTP\/1\.1 403/)
    match(answer, /<Code>AccessDenied<\/Code>/)
    match(answer, /x-amz-request-id: /i)
  })

  it('finds the server alive and ready without a signature', async () => {
    equal(await curl('-o', '/dev/null', '-w', '%{http_code}', `${suite.endpoint}/-/health/live`), '200')
    equal(await curl('-o', '/dev/null', '-w', '%{http_code}', `${suite.endpoint}/-/health/ready`), '200')
  })

  it('reaches a bucket by its own host name', async () => {
    const bucket = await newBucket()
    const { port } = new URL(suite.endpoint)
    await signed('--data-binary', 'by name', '-X', 'PUT', `${suite.endpoint}/${bucket}/key`)
    const resolve = ['--resolve', `${bucket}.localhost:${port}:127.0.0.1`]
    equal(await signed(...resolve, `http://${bucket}.localhost:${port}/key`), 'by name')
  })
})
