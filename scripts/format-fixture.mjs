// Makes a data directory as some version of Cairn leaves it when it is killed, for the tests that open it with today's:
// `node scripts/format-fixture.mjs CHECKOUT NAME` starts the built server in the directory CHECKOUT, fills it, kills it, and writes
// test/store/fixtures/NAME.tar.gz (the directory) and NAME.json (what the server answered). To be run once for each format, before the next one.

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketCorsCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { root } from './project.mjs'

const [checkout, name] = process.argv.slice(2)
if (!checkout || !name) throw new Error('node scripts/format-fixture.mjs CHECKOUT NAME')

/** Root's key of the fixtures: it comes from settings, so that no file holds it. */
const credentials = { accessKeyId: 'CAIRNFIXTUREKEY00000', secretAccessKey: 'cairn-fixture-secret-key-0123456789abcde' }

const scratch = mkdtempSync(join(tmpdir(), 'cairn-fixture-'))
const environment = {
  ...process.env,
  CAIRN_ROOT_ACCESS_KEY: credentials.accessKeyId,
  CAIRN_ROOT_SECRET_KEY: credentials.secretAccessKey,
}
const server = spawn(
  process.execPath,
  [join(resolve(checkout), 'bin/cairn.cjs'), 'serve', '--data', join(scratch, name), '--address', '127.0.0.1:0'],
  { env: environment, stdio: ['ignore', 'pipe', 'inherit'] },
)
try {
  let output = ''
  while (!/rclone lsd/.test(output)) output += (await once(server.stdout, 'data'))[0]
  const endpoint = /Endpoint +(\S+)\n/.exec(output)[1]
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true })
  await fill(s3)
  const told = JSON.stringify({ credentials, ...(await answers(s3)) }, undefined, 2)
  s3.destroy()
  const exited = once(server, 'exit')
  server.kill('SIGKILL')
  await exited
  const fixtures = join(root, 'test', 'store', 'fixtures')
  writeFileSync(join(fixtures, `${name}.json`), `${told}\n`)
  const tar = ['--sort=name', '--owner=0', '--group=0', '-C', scratch, '-czf', join(fixtures, `${name}.tar.gz`), name]
  if (spawnSync('tar', tar, { stdio: 'inherit' }).status !== 0) throw new Error('tar failed')
} finally {
  server.kill('SIGKILL')
  rmSync(scratch, { recursive: true, force: true })
}

/** Bytes that say what they are, and that compress well. */
function content(of, sizeBytes) {
  return Buffer.alloc(sizeBytes, `${of}\n`)
}

async function fill(s3) {
  const send = (command) => s3.send(command)
  const put = (Bucket, Key, sizeBytes, more = {}) =>
    send(new PutObjectCommand({ Bucket, Key, Body: content(`${Key} of ${sizeBytes}`, sizeBytes), ...more }))

  await send(new CreateBucketCommand({ Bucket: 'plain' }))
  await put('plain', 'small', 100, { Metadata: { colour: 'granite' }, ContentType: 'text/plain', Tagging: 'a=1&b=2' })
  await put('plain', 'empty', 0)
  await put('plain', 'large', 70_000, { ChecksumAlgorithm: 'SHA256' })
  await put('plain', 'overwritten', 40_000)
  await put('plain', 'overwritten', 30_000)
  await put('plain', 'deleted', 35_000)
  await send(new DeleteObjectCommand({ Bucket: 'plain', Key: 'deleted' }))
  await send(new CopyObjectCommand({ Bucket: 'plain', Key: 'copy //of/large', CopySource: 'plain/large' }))
  await send(new PutBucketTaggingCommand({ Bucket: 'plain', Tagging: { TagSet: [{ Key: 'team', Value: 'stone' }] } }))
  const rule = { AllowedOrigins: ['https://example.org'], AllowedMethods: ['GET'] }
  await send(new PutBucketCorsCommand({ Bucket: 'plain', CORSConfiguration: { CORSRules: [rule] } }))

  await send(new CreateBucketCommand({ Bucket: 'versioned' }))
  await put('versioned', 'before versioning', 20_000)
  const VersioningConfiguration = { Status: 'Enabled' }
  await send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration }))
  await put('versioned', 'before versioning', 200)
  await put('versioned', 'k', 25_000)
  await put('versioned', 'k', 50)
  await send(new DeleteObjectCommand({ Bucket: 'versioned', Key: 'k' }))
  await put('versioned', 'tagged', 21_000)
  const tags = { TagSet: [{ Key: 'late', Value: 'yes' }] }
  await send(new PutObjectTaggingCommand({ Bucket: 'versioned', Key: 'tagged', Tagging: tags }))

  const mebibyte = 1024 * 1024
  const parts = async (Key, sizes) => {
    const at = { Bucket: 'plain', Key }
    const { UploadId } = await send(new CreateMultipartUploadCommand({ ...at, Metadata: { made: 'of parts' } }))
    const Parts = []
    for (const [i, sizeBytes] of sizes.entries()) {
      const Body = content(`${Key} part ${i + 1}`, sizeBytes)
      const { ETag } = await send(new UploadPartCommand({ ...at, UploadId, PartNumber: i + 1, Body }))
      Parts.push({ ETag, PartNumber: i + 1 })
    }
    return { ...at, UploadId, MultipartUpload: { Parts } }
  }
  await send(new CompleteMultipartUploadCommand(await parts('of parts', [5 * mebibyte, 5 * mebibyte, 45_000])))
  await send(new AbortMultipartUploadCommand(await parts('aborted', [22_000])))
  await parts('under way', [5 * mebibyte, 23_000])
}

/** What there is, as a client sees it. */
async function answers(s3) {
  const versions = []
  const markers = []
  for (const Bucket of ['plain', 'versioned']) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket }))
    for (const { Key, VersionId } of page.DeleteMarkers ?? []) markers.push({ Bucket, Key, VersionId })
    for (const { Key, VersionId, IsLatest } of page.Versions ?? []) {
      const answer = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))
      const bytes = await answer.Body.transformToByteArray()
      const { ETag, ContentType, Metadata, TagCount } = answer
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      versions.push({
        Bucket,
        Key,
        VersionId,
        IsLatest,
        ETag,
        ContentType,
        Metadata,
        TagCount,
        size: bytes.length,
        sha256,
      })
    }
  }
  const uploads = []
  for (const { Key, UploadId } of (await s3.send(new ListMultipartUploadsCommand({ Bucket: 'plain' }))).Uploads ?? []) {
    const { Parts = [] } = await s3.send(new ListPartsCommand({ Bucket: 'plain', Key, UploadId }))
    uploads.push({ Key, UploadId, parts: Parts.map(({ PartNumber, ETag, Size }) => ({ PartNumber, ETag, Size })) })
  }
  return { versions, markers, uploads }
}
