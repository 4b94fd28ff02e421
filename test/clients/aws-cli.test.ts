// aws-cli as people use it: Debian's version 2 from before the checksum defaults of 2025, PyPI's current version 1 with them.

import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ClientSuite,
  awsEnvironment,
  clientMsMax,
  digestsBelow,
  openClientSuite,
  writeTree,
} from './client-suite.js'
import { programs, requireFile, run, tryRun } from './programs.js'

const releases = [
  ['aws-cli 2 of Debian', programs.aws2],
  ['aws-cli 1 of PyPI', programs.aws1],
] as const

for (const [name, program] of releases) {
  describe(name, function () {
    this.timeout(clientMsMax)
    let suite: ClientSuite

    before(async function () {
      requireFile(this, program)
      suite = await openClientSuite()
      // Version 1 presigns with Signature Version 2 unless told otherwise.
      await mkdir(join(suite.directory, '.aws'))
      await writeFile(join(suite.directory, '.aws', 'config'), '[default]\ns3 =\n  signature_version = s3v4\n')
    })
    after(() => suite?.close())

    const aws = (...args: string[]): Promise<string> =>
      run(program, ['--endpoint-url', suite.endpoint, ...args], { env: awsEnvironment(suite.directory) })
    const json = async (...args: string[]): Promise<Record<string, unknown>> => {
      const answer: unknown = JSON.parse((await aws(...args, '--output', 'json')) || '{}')
      return Object.fromEntries(Object.entries(answer ?? {}))
    }
    const newBucket = async (): Promise<string> => {
      const bucket = suite.bucketName()
      await aws('s3', 'mb', `s3://${bucket}`)
      return bucket
    }

    it('makes, lists and removes a bucket', async () => {
      const bucket = await newBucket()
      match(await aws('s3', 'ls'), new RegExp(bucket))
      await aws('s3', 'rb', `s3://${bucket}`)
      equal((await aws('s3', 'ls')).includes(bucket), false)
    })

    it('puts, lists and gets back a tree of files of every size and name', async () => {
      const bucket = await newBucket()
      const from = join(suite.directory, bucket, 'from')
      const to = join(suite.directory, bucket, 'to')
      const digests = await writeTree(from)
      await aws('s3', 'cp', '--recursive', from, `s3://${bucket}/tree`)
      const listing = await aws('s3', 'ls', '--recursive', `s3://${bucket}/tree/`)
      for (const path of digests.keys()) equal(listing.includes(`tree/${path}`), true, `${path}\n${listing}`)
      await aws('s3', 'cp', '--recursive', `s3://${bucket}/tree`, to)
      deepEqual(await digestsBelow(to), digests)
    })

    it('syncs changes and deletions, and nothing else', async () => {
      const bucket = await newBucket()
      const from = join(suite.directory, bucket, 'from')
      await writeTree(from)
      await aws('s3', 'sync', from, `s3://${bucket}`)
      equal(await aws('s3', 'sync', from, `s3://${bucket}`), '')
      await writeFile(join(from, 'one byte'), 'two')
      await run('/bin/rm', [join(from, 'empty.txt')])
      const changes = await aws('s3', 'sync', '--delete', '--no-progress', from, `s3://${bucket}`)
      const kinds = changes
        .trim()
        .split('\n')
        .map((line) => line.split(':')[0] ?? '')
      deepEqual(new Set(kinds), new Set(['delete', 'upload']))
      equal(kinds.length, 2)
      const to = join(suite.directory, bucket, 'to')
      await aws('s3', 'sync', `s3://${bucket}`, to)
      deepEqual(await digestsBelow(to), await digestsBelow(from))
    })

    it('copies, moves and removes on the server', async () => {
      const bucket = await newBucket()
      const file = join(suite.directory, `${bucket}.bin`)
      await writeFile(file, randomBytes(12 * 1024 * 1024))
      await aws('s3', 'cp', file, `s3://${bucket}/a b/ü+1.bin`)
      await aws('s3', 'cp', `s3://${bucket}/a b/ü+1.bin`, `s3://${bucket}/copy.bin`)
      await aws('s3', 'mv', `s3://${bucket}/copy.bin`, `s3://${bucket}/moved.bin`)
      await aws('s3', 'cp', `s3://${bucket}/moved.bin`, `${file}.back`)
      deepEqual(await readFile(`${file}.back`), await readFile(file))
      await aws('s3', 'rm', '--recursive', `s3://${bucket}`)
      equal(await aws('s3', 'ls', '--recursive', `s3://${bucket}`).catch(() => ''), '')
    })

    it('streams through a pipe', async () => {
      const bucket = await newBucket()
      const content = 'from a pipe\n'.repeat(10_000)
      await run(program, ['--endpoint-url', suite.endpoint, 's3', 'cp', '-', `s3://${bucket}/piped`], {
        env: awsEnvironment(suite.directory),
        input: content,
      })
      equal(await aws('s3', 'cp', `s3://${bucket}/piped`, '-'), content)
    })

    it('keeps headers, metadata and tags', async () => {
      const bucket = await newBucket()
      const file = join(suite.directory, `${bucket}.txt`)
      await writeFile(file, 'with everything')
      const at = ['--bucket', bucket, '--key', 'all.txt']
      const stored = ['--content-type', 'text/plain', '--cache-control', 'max-age=5', '--content-language', 'de']
      const given = ['--metadata', 'color=blue,shape=round', '--tagging', 'a=1&b=2']
      await aws('s3api', 'put-object', ...at, '--body', file, ...stored, ...given)
      const head = await json('s3api', 'head-object', ...at)
      deepEqual(
        [head['ContentType'], head['CacheControl'], head['Metadata'], head['ContentLanguage'], head['ContentLength']],
        ['text/plain', 'max-age=5', { color: 'blue', shape: 'round' }, 'de', 15],
      )
      const tags = await json('s3api', 'get-object-tagging', ...at)
      deepEqual(tags['TagSet'], [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ])
    })

    it('reads versions and delete markers', async () => {
      const bucket = await newBucket()
      const configuration = ['--versioning-configuration', 'Status=Enabled']
      await aws('s3api', 'put-bucket-versioning', '--bucket', bucket, ...configuration)
      const at = ['--bucket', bucket, '--key', 'v']
      const file = join(suite.directory, `${bucket}.txt`)
      const ids: unknown[] = []
      for (const content of ['first', 'second']) {
        await writeFile(file, content)
        ids.push((await json('s3api', 'put-object', ...at, '--body', file))['VersionId'])
      }
      notEqual(ids[0], ids[1])
      equal((await json('s3api', 'delete-object', ...at))['DeleteMarker'], true)
      await aws('s3api', 'get-object', ...at, '--version-id', String(ids[0]), file)
      equal(await readFile(file, 'utf8'), 'first')
      const listing = await json('s3api', 'list-object-versions', '--bucket', bucket)
      equal(Array.isArray(listing['Versions']) && listing['Versions'].length, 2)
      equal(Array.isArray(listing['DeleteMarkers']) && listing['DeleteMarkers'].length, 1)
    })

    it('pages through a listing', async () => {
      const bucket = await newBucket()
      const from = join(suite.directory, bucket)
      await mkdir(from)
      for (let i = 0; i < 23; i += 1) await writeFile(join(from, `key ${String(i).padStart(2, '0')}`), 'x')
      await aws('s3', 'cp', '--recursive', from, `s3://${bucket}`)
      const page = await json('s3api', 'list-objects-v2', '--bucket', bucket, '--page-size', '5')
      equal(Array.isArray(page['Contents']) && page['Contents'].length, 23)
    })

    it('gives away a link that works until it is changed', async () => {
      const bucket = await newBucket()
      const file = join(suite.directory, `${bucket}.txt`)
      await writeFile(file, 'for a friend')
      await aws('s3', 'cp', file, `s3://${bucket}/a friend's.txt`)
      const url = (await aws('s3', 'presign', '--expires-in', '60', `s3://${bucket}/a friend's.txt`)).trim()
      equal(await (await fetch(url)).text(), 'for a friend')
      equal((await fetch(url.replace('friend', 'fiend'))).status, 403)
    })

    it('says what is missing in words of S3', async () => {
      const env = awsEnvironment(suite.directory)
      const args = [
        '--endpoint-url',
        suite.endpoint,
        's3api',
        'get-object',
        '--bucket',
        'no-such-bucket-here',
        '--key',
        'k',
      ]
      const missing = await tryRun(program, [...args, join(suite.directory, 'none')], { env })
      notEqual(missing.code, 0)
      match(missing.stderr, /NoSuchBucket/)
      const wrongKey = await tryRun(program, ['--endpoint-url', suite.endpoint, 's3', 'ls'], {
        env: { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' },
      })
      match(wrongKey.stderr, /SignatureDoesNotMatch/)
    })
  })
}
