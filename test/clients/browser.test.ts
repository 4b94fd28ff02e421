// A browser, on a page of another origin, uploads to a bucket that allows it by CORS: by presigned PUT and by POST form.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, type Page, chromium } from 'playwright-core'
import { CreateBucketCommand, GetObjectCommand, PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3'
import { credentials, region } from '../server-process.js'
import { type ClientSuite, clientMsMax, openClientSuite } from './client-suite.js'
import { postFields, presign } from './presign.js'
import { programs, requireFile } from './programs.js'

/** Nothing but the page: no services of Google's, no sandbox, which a container does not allow. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

describe('A browser on another origin', function () {
  this.timeout(clientMsMax)
  let suite: ClientSuite
  let s3: S3Client
  let site: Server
  let origin: string
  let browser: Browser
  let page: Page

  before(async function () {
    requireFile(this, programs.chromium)
    suite = await openClientSuite()
    s3 = new S3Client({ endpoint: suite.endpoint, region, credentials, forcePathStyle: true })
    site = createServer((_request, answer) =>
      answer.setHeader('Content-Type', 'text/html').end('<!doctype html><title>site</title>'),
    )
    await once(site.listen(0, '127.0.0.1'), 'listening')
    // Listening on a TCP port, not on a pipe: the address is an AddressInfo.
    origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
    browser = await chromium.launch({ executablePath: programs.chromium, args: flags })
  })
  after(async () => {
    await browser?.close()
    site?.close()
    s3?.destroy()
    await suite?.close()
  })
  beforeEach(async () => {
    page = await browser.newPage()
    await page.goto(origin)
  })
  afterEach(() => page.close())

  const newBucket = async (allowedOrigin = origin): Promise<string> => {
    const Bucket = suite.bucketName()
    await s3.send(new CreateBucketCommand({ Bucket }))
    const rule = {
      AllowedOrigins: [allowedOrigin],
      AllowedMethods: ['GET', 'PUT', 'POST'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag'],
    }
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule] } }))
    return Bucket
  }
  const stored = async (Bucket: string, Key: string): Promise<{ text: string; type: string | undefined }> => {
    const answer = await s3.send(new GetObjectCommand({ Bucket, Key }))
    return { text: (await answer.Body?.transformToString()) ?? '', type: answer.ContentType }
  }

  it('uploads by presigned PUT after a preflight, and may read the ETag', async () => {
    const bucket = await newBucket()
    const url = presign(suite.endpoint, 'PUT', `/${bucket}/from%20a%20browser.txt`)
    const seen = await page.evaluate(async (target) => {
      const body = new Blob(['from a browser'], { type: 'text/plain' })
      const answer = await fetch(target, { method: 'PUT', body, headers: { 'x-unsigned': 'asks for a preflight' } })
      return { status: answer.status, etag: answer.headers.get('etag') }
    }, url)
    equal(seen.status, 200)
    match(seen.etag ?? '', /^"[0-9a-f]{32}"$/)
    deepEqual(await stored(bucket, 'from a browser.txt'), { text: 'from a browser', type: 'text/plain' })
  })

  it('uploads megabytes by presigned PUT', async () => {
    const bucket = await newBucket()
    const url = presign(suite.endpoint, 'PUT', `/${bucket}/large`)
    const status = await page.evaluate(async (target) => {
      const answer = await fetch(target, { method: 'PUT', body: new Blob(['x'.repeat(12 * 1024 * 1024)]) })
      return answer.status
    }, url)
    equal(status, 200)
    equal((await stored(bucket, 'large')).text.length, 12 * 1024 * 1024)
  })

  it('reads by presigned GET, in part', async () => {
    const bucket = await newBucket()
    const put = await fetch(presign(suite.endpoint, 'PUT', `/${bucket}/key`), { method: 'PUT', body: '0123456789' })
    equal(put.status, 200)
    const url = presign(suite.endpoint, 'GET', `/${bucket}/key`)
    const part = await page.evaluate(async (target) => {
      const answer = await fetch(target, { headers: { Range: 'bytes=2-5' } })
      return `${answer.status} ${await answer.text()}`
    }, url)
    equal(part, '206 2345')
  })

  it('uploads a form by fetch', async () => {
    const bucket = await newBucket()
    const fields = postFields(bucket, { key: 'posted/${filename}', success_action_status: '201' }, [
      ['starts-with', '$key', 'posted/'],
      { success_action_status: '201' },
      ['content-length-range', 1, 1000],
    ])
    const seen = await page.evaluate(
      async ({ action, values }) => {
        const form = new FormData()
        for (const [name, value] of Object.entries(values)) form.append(name, value)
        form.append('file', new File(['posted'], 'stone.txt'))
        const answer = await fetch(action, { method: 'POST', body: form })
        return { status: answer.status, text: await answer.text() }
      },
      { action: `${suite.endpoint}/${bucket}`, values: fields },
    )
    equal(seen.status, 201, seen.text)
    equal((await stored(bucket, 'posted/stone.txt')).text, 'posted')
  })

  it('submits a plain form and comes back by redirect', async () => {
    const bucket = await newBucket()
    const back = `${origin}/done`
    const fields = postFields(bucket, { key: 'submitted', success_action_redirect: back }, [
      { key: 'submitted' },
      { success_action_redirect: back },
    ])
    const inputs = Object.entries(fields).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
    )
    await page.setContent(
      `<form action="${suite.endpoint}/${bucket}" method="post" enctype="multipart/form-data">${inputs.join('')}
       <input type="file" name="file"><button>send</button></form>`,
    )
    await page.setInputFiles('input[type=file]', {
      name: 'a.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('submitted'),
    })
    await Promise.all([page.waitForURL(`${back}?**`), page.click('button')])
    const came = new URL(page.url()).searchParams
    deepEqual([came.get('bucket'), came.get('key')], [bucket, 'submitted'])
    ok(came.get('etag'))
    equal((await stored(bucket, 'submitted')).text, 'submitted')
  })

  it('is kept out where the bucket allows another origin only', async () => {
    const bucket = await newBucket('https://elsewhere.example')
    const url = presign(suite.endpoint, 'PUT', `/${bucket}/key`)
    const outcome = await page.evaluate(async (target) => {
      try {
        await fetch(target, { method: 'PUT', body: 'x', headers: { 'x-unsigned': 'asks for a preflight' } })
        return 'allowed'
      } catch {
        return 'kept out'
      }
    }, url)
    equal(outcome, 'kept out')
  })
})
