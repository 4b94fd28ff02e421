// A data directory written by a program of an older format, killed while it served: opened with today's. See scripts/format-fixture.mjs.

import {
  CompleteMultipartUploadCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketOwnershipControlsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import Database from 'better-sqlite3'
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { keepCatalog } from '../src/store/catalog/keep-catalog.js'
import { formatVersion } from '../src/store/catalog/schema.js'
import { projectRoot } from './project-root.js'
import { launchServer, runCheck, startServerProcess } from './server-process.js'

/** What format-fixture.mjs wrote down. */
interface Fixture {
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly versions: readonly {
    readonly Bucket: string
    readonly Key: string
    readonly VersionId: string
    readonly IsLatest: boolean
    readonly ETag: string
    readonly ContentType?: string
    readonly Metadata?: Readonly<Record<string, string>>
    readonly TagCount?: number
    readonly size: number
    readonly sha256: string
  }[]
  readonly markers: readonly { readonly Bucket: string; readonly Key: string; readonly VersionId: string }[]
  readonly uploads: readonly {
    readonly Key: string
    readonly UploadId: string
    readonly parts: readonly { readonly PartNumber: number; readonly ETag: string; readonly Size: number }[]
  }[]
}

const fixtures = join(projectRoot, 'test', 'store', 'fixtures')
const execute = promisify(execFile)

describe('A data directory of format 1', function () {
  this.timeout(60_000)
  // The script that wrote it gave it this shape.
  const told = JSON.parse(readFileSync(join(fixtures, 'format-1.json'), 'utf8')) as Fixture
  const { accessKeyId, secretAccessKey } = told.credentials
  const env = { CAIRN_ROOT_ACCESS_KEY: accessKeyId, CAIRN_ROOT_SECRET_KEY: secretAccessKey }
  let scratch: string
  let data: string

  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'cairn-upgrade-'))
    await execute('tar', ['-xzf', join(fixtures, 'format-1.tar.gz'), '-C', scratch])
    data = join(scratch, 'format-1')
  })
  afterEach(() => rm(scratch, { recursive: true, force: true, maxRetries: 3 }))

  function onCatalog<Result>(name: string, work: (database: Database.Database) => Result): Result {
    const database = new Database(join(data, name), { fileMustExist: true })
    try {
      return work(database)
    } finally {
      database.close()
    }
  }
  const formatIn = (name: string): number =>
    onCatalog(name, (database) => Number(database.pragma('user_version', { simple: true })))

  async function verifyAll(endpoint: string): Promise<void> {
    const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials: told.credentials, forcePathStyle: true })
    const listed = { versions: 0, markers: 0 }
    for (const Bucket of ['plain', 'versioned']) {
      const page = await s3.send(new ListObjectVersionsCommand({ Bucket }))
      listed.versions += page.Versions?.length ?? 0
      listed.markers += page.DeleteMarkers?.length ?? 0
      for (const marker of told.markers.filter((one) => one.Bucket === Bucket)) {
        ok(page.DeleteMarkers?.some((one) => one.Key === marker.Key && one.VersionId === marker.VersionId))
      }
    }
    deepEqual(listed, { versions: told.versions.length, markers: told.markers.length })
    for (const { Bucket, Key, VersionId, size, sha256, IsLatest, ...head } of told.versions) {
      const answer = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array()
      const { ETag, ContentType, Metadata, TagCount } = answer
      equal(bytes.length, size, Key)
      equal(createHash('sha256').update(bytes).digest('hex'), sha256, `${Key}, latest: ${IsLatest}`)
      deepEqual(JSON.parse(JSON.stringify({ ETag, ContentType, Metadata, TagCount })), head, Key)
    }
    const { CORSRules } = await s3.send(new GetBucketCorsCommand({ Bucket: 'plain' }))
    deepEqual(CORSRules?.[0]?.AllowedOrigins, ['https://example.org'])
    // What format 1 had no word for is what held anyway: the objects are the bucket's owner's, and nobody else has anything.
    const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket: 'plain' }))
    deepEqual(OwnershipControls?.Rules, [{ ObjectOwnership: 'BucketOwnerEnforced' }])
    const { Owner, Grants } = await s3.send(new GetBucketAclCommand({ Bucket: 'plain' }))
    deepEqual(
      Grants?.map(({ Grantee, Permission }) => [Grantee?.ID, Permission]),
      [[Owner?.ID, 'FULL_CONTROL']],
    )
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket: 'versioned', Key: 'tagged' }))
    deepEqual(TagSet, [{ Key: 'late', Value: 'yes' }])
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: 'plain' }))
    deepEqual(
      Uploads.map(({ Key, UploadId }) => [Key, UploadId]),
      told.uploads.map(({ Key, UploadId }) => [Key, UploadId]),
    )
    s3.destroy()
  }

  it('opens, is migrated once, says so, and all of it reads back', async () => {
    const first = await startServerProcess(data, { env })
    await verifyAll(first.endpoint)
    equal(await first.stop(), 0)
    const second = await startServerProcess(data, { env })
    await verifyAll(second.endpoint)
    equal(await second.stop(), 0)

    const line = first
      .output()
      .split('\n')
      .find((text) => text.includes('migrated'))
    const { level, from, to, tookMs, kept, msg } = JSON.parse(line ?? '{}') as Record<string, unknown>
    deepEqual([level, from, to, kept], [30, 1, formatVersion, join(data, 'catalog-format-1.db')])
    ok(typeof tookMs === 'number' && tookMs >= 0)
    match(String(msg), /migrated from format 1 to \d+; a copy of the older catalog is kept/)
    ok(!second.output().includes('migrated'))
    equal(formatIn('catalog.db'), formatVersion)
    equal(formatIn('catalog-format-1.db'), 1)
    equal(statSync(join(data, 'catalog-format-1.db')).mode & 0o777, 0o600)
    const check = await runCheck(data)
    equal(check.code, 0, check.output)
  })

  it('lets an upload be completed that was under way', async () => {
    const server = await startServerProcess(data, { env })
    const s3 = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: told.credentials,
      forcePathStyle: true,
    })
    for (const { Key, UploadId, parts } of told.uploads) {
      const at = { Bucket: 'plain', Key, UploadId }
      const { Parts = [] } = await s3.send(new ListPartsCommand(at))
      deepEqual(
        Parts.map(({ PartNumber, ETag, Size }) => ({ PartNumber, ETag, Size })),
        parts,
      )
      await s3.send(new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts: [...parts] } }))
      const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: 'plain', Key }))
      equal(
        ContentLength,
        parts.reduce((sum, { Size }) => sum + Size, 0),
      )
    }
    ok(told.uploads.length > 0)
    s3.destroy()
    equal(await server.stop(), 0)
    const check = await runCheck(data)
    equal(check.code, 0, check.output)
  })

  it('is whole, and of the old format, when the program is killed in the middle of the migration', async () => {
    const module = pathToFileURL(join(projectRoot, 'dist/src/store/catalog/migrate.js')).href
    const script = `
      import Database from 'better-sqlite3'
      import { migrate } from ${JSON.stringify(module)}
      const database = new Database(${JSON.stringify(join(data, 'catalog.db'))})
      database.pragma('journal_mode = WAL')
      database.function('die', () => process.kill(process.pid, 'SIGKILL'))
      const step = 'CREATE TABLE half (a); DELETE FROM usage_body; INSERT INTO half SELECT randomblob(100000) FROM version; SELECT die();'
      migrate(database, 1, { version: 2, schema: '', steps: [step] })`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: projectRoot,
      stdio: 'inherit',
    })
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    equal(signal, 'SIGKILL')

    equal(formatIn('catalog.db'), 1)
    equal(
      onCatalog('catalog.db', (database) =>
        database.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").pluck().get(),
      ),
      0,
    )
    const server = await startServerProcess(data, { env })
    await verifyAll(server.endpoint)
    match(server.output(), /migrated from format 1/)
    equal(await server.stop(), 0)
    equal((await runCheck(data)).code, 0)
  })

  it('comes through kills at any instant of its first start', async () => {
    for (let ms = 100; ms <= 700; ms += 75) {
      const starting = launchServer(data, { env })
      await wait(ms)
      await starting.kill()
    }
    const server = await startServerProcess(data, { env })
    await verifyAll(server.endpoint)
    equal(await server.stop(), 0)
    equal(formatIn('catalog-format-1.db'), 1)
    equal((await runCheck(data)).code, 0)
  })

  it('is not migrated where the disk has no room for a copy of its catalog', async () => {
    await onCatalog('catalog.db', (database) =>
      rejects(
        keepCatalog(database, join(data, 'catalog.db'), 1, 10_000),
        /has no room for both: free 1 MiB and start again/,
      ),
    )
    ok(!existsSync(join(data, 'catalog-format-1.db')))
    equal(formatIn('catalog.db'), 1)
  })

  it('can be gone back to with the copy that was kept', async () => {
    const server = await startServerProcess(data, { env })
    equal(await server.stop(), 0)
    await cp(join(data, 'catalog-format-1.db'), join(data, 'catalog.db'))
    equal(formatIn('catalog.db'), 1)
    const again = await startServerProcess(data, { env })
    await verifyAll(again.endpoint)
    equal(await again.stop(), 0)
  })

  const commands: Record<string, (to: string) => string[]> = {
    serve: () => ['serve', '--address', '127.0.0.1:0'],
    check: () => ['check'],
    usage: () => ['usage'],
    backup: (to) => ['backup', '--to', to],
  }

  async function refusalOf(args: readonly string[]): Promise<{ code: number; stderr: string }> {
    try {
      await execute(process.execPath, [join(projectRoot, 'bin/cairn.cjs'), ...args, '--data', data], {
        timeout: 20_000,
      })
    } catch (error) {
      // What execFile rejects with.
      return error as { code: number; stderr: string }
    }
    throw new Error(`${args.join(' ')} did not fail`)
  }

  for (const [name, args] of Object.entries(commands)) {
    it(`is refused by ${name} when a newer program has migrated it`, async () => {
      onCatalog('catalog.db', (database) => database.pragma('user_version = 3'))

      const { code, stderr } = await refusalOf(args(join(scratch, 'backup')))

      equal(code, 2, stderr)
      match(stderr, /has format 3, this program knows formats up to 2: (start|use) the newer program that wrote it/)
      equal(formatIn('catalog.db'), 3)
      ok(!existsSync(join(scratch, 'backup')))
    })
    if (name === 'serve') continue
    it(`is refused by ${name} until the server has migrated it`, async () => {
      const { code, stderr } = await refusalOf(args(join(scratch, 'backup')))

      equal(code, 2, stderr)
      match(stderr, /has format 1; this program reads format 2: start the server once, it migrates the store/)
    })
  }
})
