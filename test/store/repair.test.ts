// A store is broken in every way; the plan says what is lost and changes nothing, the repair does what the plan said, a check finds nothing
// afterwards, and a server gives everybody what is theirs, or nothing.

import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import Database from 'better-sqlite3'
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { checkStore } from '../../src/store/check.js'
import { usageOf } from '../../src/store/catalog/usage.js'
import type { RepairStep } from '../../src/store/repair/repair-step.js'
import { type Repaired, repairStore } from '../../src/store/repair/repair.js'
import { randomFrom } from '../crash/random.js'
import { blobFiles, changeCatalog, fileDamages, flipBit } from '../damage.js'
import { type FreshServer, freshServer } from '../fresh-server.js'
import { bytesOf } from './blobs/bodies.js'
import { faultsOf } from './faults-of.js'
import { filesBelow } from './temporary-directory.js'

const MiB = 1024 * 1024

/** What the store of these tests holds, by key; `versions` has three. */
const contents: Readonly<Record<string, Buffer>> = {
  small: bytesOf(1_000, 1),
  'small two': bytesOf(1_000, 2),
  one: bytesOf(100_000, 3),
  two: bytesOf(100_000, 4),
  'copy of one': bytesOf(100_000, 3),
  several: bytesOf(17 * MiB, 5),
  parts: Buffer.concat([bytesOf(5 * MiB, 6), bytesOf(2_000, 7)]),
  versions: bytesOf(50_000, 10),
}
const older = bytesOf(50_000, 9)

interface Plan {
  readonly repaired: Repaired
  readonly steps: readonly RepairStep[]
  /** "key" or "key@version" of each loss. */
  readonly lost: readonly string[]
}

async function repair(directory: string, isConfirmed: boolean): Promise<Plan> {
  const steps: RepairStep[] = []
  const repaired = await repairStore(directory, {
    isConfirmed,
    now: Date.now(),
    step: (step) => steps.push(step),
  })
  const lost = steps.flatMap(({ object }) => (object === undefined ? [] : [object.key])).toSorted()
  return { repaired, steps, lost }
}

describe('repair', function () {
  this.timeout(120_000)
  let fresh: FreshServer
  let template: string | undefined
  let bucket = ''

  const get = async (key: string, VersionId?: string): Promise<Buffer> => {
    const { Body } = await fresh.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId }))
    return Buffer.from((await Body?.transformToByteArray()) ?? [])
  }

  async function fill(): Promise<void> {
    const { s3 } = fresh
    const put = (Key: string, Body: Buffer) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
    for (const [key, body] of Object.entries(contents)) {
      if (!['copy of one', 'parts', 'versions'].includes(key)) await put(key, body)
    }
    await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'copy of one', CopySource: `${bucket}/one` }))
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'parts' }))
    const Parts = []
    for (const [i, Body] of [bytesOf(5 * MiB, 6), bytesOf(2_000, 7)].entries()) {
      const part = { Bucket: bucket, Key: 'parts', UploadId, PartNumber: i + 1 }
      const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body }))
      Parts.push({ PartNumber: i + 1, ETag })
    }
    await s3.send(
      new CompleteMultipartUploadCommand({ Bucket: bucket, Key: 'parts', UploadId, MultipartUpload: { Parts } }),
    )
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    for (const seed of [8, 9, 10]) await put('versions', bytesOf(50_000, seed))
    await put('deleted', bytesOf(30_000, 11))
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'deleted' }))
    const open = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'under way' }))
    const part = { Bucket: bucket, Key: 'under way', UploadId: open.UploadId, PartNumber: 1 }
    await s3.send(new UploadPartCommand({ ...part, Body: bytesOf(40_000, 12) }))
    await fresh.server.store.collector.collectNow()
  }

  /** A closed store of its own for the test. */
  async function brokenStore(breakIt: (directory: string) => void): Promise<string> {
    fresh = await freshServer()
    if (template === undefined) {
      bucket = fresh.bucket
      await fill()
      await fresh.close()
      template = `${fresh.directory}-template`
      cpSync(fresh.directory, template, { recursive: true })
    } else {
      await fresh.close()
      rmSync(fresh.directory, { recursive: true })
      cpSync(template, fresh.directory, { recursive: true })
    }
    breakIt(fresh.directory)
    return fresh.directory
  }

  after(() => {
    if (template !== undefined) rmSync(template, { recursive: true, force: true })
  })

  /** Plan, repair, check, second plan; then a server on it. */
  async function planned(directory: string): Promise<Plan> {
    const before = readFileSync(join(directory, 'catalog.db'))
    const files = await filesBelow(join(directory, 'blobs'))
    const plan = await repair(directory, false)
    ok(before.equals(readFileSync(join(directory, 'catalog.db'))), 'the plan has changed the catalog')
    deepEqual(await filesBelow(join(directory, 'blobs')), files)
    const done = await repair(directory, true)
    deepEqual(
      done.steps.map(({ kind, object }) => [kind, object]),
      plan.steps.map(({ kind, object }) => [kind, object]),
    )
    if (done.repaired.kept !== undefined) {
      ok(before.equals(readFileSync(done.repaired.kept)), 'what was kept is not what was there')
      ok(readdirSync(dirname(done.repaired.kept)).includes('report.jsonl'))
    }
    deepEqual(await faultsOf(directory), [])
    const again = await repair(directory, true)
    deepEqual([again.repaired.losses, again.repaired.changes], [0, 0], JSON.stringify(again.steps))
    fresh = await fresh.restart()
    return plan
  }

  /** Every key but some can be read, and is what it was. */
  async function requireAllBut(...lost: string[]): Promise<void> {
    for (const [key, body] of Object.entries(contents)) {
      if (lost.includes(key)) await rejects(get(key), key)
      else ok(body.equals(await get(key)), key)
    }
    await fresh.server.store.collector.collectNow()
    const usage = await fresh.server.store.catalog.read(usageOf, bucket)
    const { Versions = [], DeleteMarkers = [] } = await fresh.s3.send(new ListObjectVersionsCommand({ Bucket: bucket }))
    equal(usage.versions, Versions.length + DeleteMarkers.length)
    await fresh.close()
    deepEqual(await faultsOf(fresh.directory), [])
  }

  const fileOf = (directory: string, key: string, offset = 0): string => {
    const database = new Database(join(directory, 'catalog.db'), { readonly: true })
    const id = database
      .prepare<[string], number>(
        `SELECT blob_id FROM extent WHERE body_id = (SELECT body_id FROM version WHERE key = CAST(? AS BLOB) AND gone IS NULL
          ORDER BY position DESC LIMIT 1) ORDER BY start`,
      )
      .pluck()
      .all(key)[offset]
    database.close()
    return blobFiles(directory).find((file) => file.id === id)?.path ?? ''
  }
  const body = (key: string): string =>
    `(SELECT body_id FROM version WHERE key = CAST('${key}' AS BLOB) AND gone IS NULL)`
  const swap = (table: string, column: string, a: string, b: string): string => `
    CREATE TEMP TABLE pair AS SELECT ${a} AS a, ${b} AS b;
    UPDATE ${table} SET ${column} = CASE ${column} WHEN (SELECT a FROM pair) THEN (SELECT b FROM pair) ELSE (SELECT a FROM pair) END
    WHERE ${column} IN (SELECT a FROM pair UNION SELECT b FROM pair)`

  it('has nothing to do where nothing is wrong', async () => {
    const directory = await brokenStore(() => undefined)
    const plan = await planned(directory)
    deepEqual(plan.repaired, { losses: 0, changes: 0, files: 0 })
    await requireAllBut()
  })

  it('has nothing to do where a part was sent twice, and nothing of it is left when the upload is aborted', async () => {
    fresh = await freshServer()
    const { s3, bucket: Bucket, directory, server } = fresh
    const upload = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }))
    const part = { Bucket, Key: 'k', UploadId: upload.UploadId, PartNumber: 1, Body: bytesOf(300_000) }
    await s3.send(new UploadPartCommand(part))
    await s3.send(new UploadPartCommand(part))
    await server.close()
    deepEqual((await repair(directory, false)).steps, [])
    fresh = await fresh.restart()
    await fresh.s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId: upload.UploadId }))
    // The upload goes in one pass, its parts in the next.
    for (let pass = 0; pass < 2; pass += 1) await fresh.server.store.collector.collectNow()
    deepEqual(await filesBelow(join(directory, 'blobs')), [])
    await fresh.close()
  })

  for (const [name, damage] of Object.entries(fileDamages)) {
    it(`keeps what is undamaged of a file: ${name}`, async () => {
      const directory = await brokenStore((at) => damage(fileOf(at, 'one'), 70_000))
      const plan = await planned(directory)
      deepEqual(plan.lost, ['copy of one', 'one'])
      match(plan.steps[0]?.what ?? '', /cannot be read as a whole any more: .*an upload of the same bytes heals it/)
      if (name === 'it has grown') return
      const known: string[] = []
      await checkStore(directory, { fault: (fault) => void (fault.isAccepted && known.push(fault.what)) })
      equal(known.length, 1)
      await fresh.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'again', Body: contents['one'] ?? '' }))
      await requireAllBut()
    })
  }

  it('heals a blob with any other file of the same bytes', async () => {
    const directory = await brokenStore((at) => {
      const path = fileOf(at, 'one')
      const other = path.replace(/-\w+$/, '-0123456789abcdef')
      cpSync(path, other)
      flipBit(path, 5)
    })
    const plan = await planned(directory)
    deepEqual(plan.lost, [])
    deepEqual(
      plan.steps.map(({ kind }) => kind),
      ['change', 'file'],
    )
    await requireAllBut()
  })

  it('links a file again whose place was forgotten', async () => {
    const directory = await brokenStore((at) => changeCatalog(at, 'DELETE FROM place'))
    const plan = await planned(directory)
    deepEqual(plan.lost, [])
    await requireAllBut()
  })

  it('says that a blob is lost that has neither place nor file', async () => {
    const directory = await brokenStore((at) => {
      rmSync(fileOf(at, 'two'))
      changeCatalog(at, `DELETE FROM place WHERE blob_id = (SELECT blob_id FROM extent WHERE body_id = ${body('two')})`)
    })
    const plan = await planned(directory)
    deepEqual(plan.lost, ['two'])
    await requireAllBut('two')
  })

  it('never serves damaged bytes, large or small', async () => {
    const directory = await brokenStore((at) => {
      flipBit(fileOf(at, 'two'), 5)
      changeCatalog(at, `UPDATE body SET content = zeroblob(1000), crc = 1 WHERE id = ${body('small')}`)
    })
    const plan = await planned(directory)
    deepEqual(plan.lost, ['small', 'two'])
    await requireAllBut('small', 'two')
  })

  it('never serves damaged bytes whose checksums fit', async () => {
    const directory = await brokenStore((at) => {
      const file = blobFiles(at).find(({ path }) => path === fileOf(at, 'two'))
      flipBit(file?.path ?? '', 5)
      const bytes = readFileSync(file?.path ?? '')
      const crcs = [0, 65_536].map((from) =>
        crc32(bytes.subarray(from, from + 65_536))
          .toString(16)
          .padStart(8, '0'),
      )
      changeCatalog(at, `UPDATE blob SET block_crcs = x'${crcs.join('')}' WHERE id = ${file?.id}`)
    })
    const plan = await planned(directory)
    deepEqual(plan.lost, ['two'])
    match(plan.steps[0]?.what ?? '', /damaged, though the checksums of its blocks fit/)
    await requireAllBut('two')
  })

  it('puts a delete marker where the latest of several versions is lost, and says so', async () => {
    const directory = await brokenStore((at) =>
      changeCatalog(
        at,
        `DELETE FROM extent WHERE body_id = (SELECT body_id FROM version WHERE key = CAST('versions' AS BLOB) AND is_latest = 1)`,
      ),
    )
    const plan = await planned(directory)
    deepEqual(plan.lost, ['versions'])
    match(
      plan.steps.find(({ kind }) => kind === 'loss')?.what ?? '',
      /a delete marker takes its place, so that no older version/,
    )
    await rejects(get('versions'), { name: 'NoSuchKey' })
    const { Versions = [], DeleteMarkers = [] } = await fresh.s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: 'versions' }),
    )
    deepEqual([Versions.length, DeleteMarkers.length, DeleteMarkers[0]?.IsLatest], [2, 1, true])
    ok(older.equals(await get('versions', Versions[0]?.VersionId)))
    await requireAllBut('versions')
  })

  const healed: Record<string, string> = {
    'block checksums are wrong': 'UPDATE blob SET block_crcs = zeroblob(length(block_crcs))',
    'block checksums are too few': `UPDATE blob SET block_crcs = x'00000000'`,
    'usage is wrong': 'UPDATE usage SET objects = objects + 7, bytes_once = 1',
    'the names of bodies are counted wrong': 'UPDATE usage_body SET names = names + 1',
    'usage is gone': 'DELETE FROM usage; DELETE FROM usage_blob; DELETE FROM usage_body',
    'two versions point at each other’s bodies': swap('version', 'body_id', body('one'), body('two')),
    'two small ones do': swap('version', 'body_id', body('small'), body('small two')),
    'two bodies have exchanged their blobs': swap(
      'extent',
      'blob_id',
      `(SELECT blob_id FROM extent WHERE body_id = ${body('one')})`,
      `(SELECT blob_id FROM extent WHERE body_id = ${body('two')})`,
    ),
    'an ETag is wrong': `UPDATE version SET etag = 'ffffffffffffffffffffffffffffffff' WHERE key = CAST('several' AS BLOB)`,
    'the ETag of a composite is wrong': `UPDATE version SET etag = 'ffffffffffffffffffffffffffffffff-2' WHERE key = CAST('parts' AS BLOB)`,
    'a checksum is wrong': `UPDATE version SET checksum = 'AAAAAA==' WHERE key = CAST('several' AS BLOB)`,
    'the MD5 of a part is wrong': 'UPDATE part SET md5 = zeroblob(16) WHERE number = 1 AND size > 1000000',
    'part ends are wrong': 'UPDATE body SET part_ends = zeroblob(24), size = 7 WHERE part_ends IS NOT NULL',
    'sizes are wrong': 'UPDATE version SET size = size + 1 WHERE is_marker = 0; UPDATE part SET size = size + 1',
    'the SHA-256 of a small body is wrong': `UPDATE body SET digest = zeroblob(32) WHERE id = ${body('small')}`,
    'the CRC of a small body is wrong': `UPDATE body SET crc = crc + 1 WHERE id = ${body('small')}`,
    'no version is the latest': `UPDATE version SET is_latest = 0`,
    'the feed has a gap': 'DELETE FROM change WHERE number = 3',
    'the feed is gone': 'DELETE FROM change',
    'files in use are to be removed': 'INSERT INTO removal SELECT tier, location, 1 FROM place',
    'the bucket has lost its owner': 'DELETE FROM account',
    'a setting has lost its bucket': `INSERT INTO bucket_setting VALUES (999, 'cors', '{}')`,
    'a quota has counted wrong':
      'INSERT INTO quota (bucket_id, bytes_max, bytes, objects) SELECT id, 5, 3, 1 FROM bucket',
    'a quota has lost its bucket': 'INSERT INTO quota (bucket_id, bytes_max, bytes, objects) VALUES (999, 5, 3, 1)',
    'a row of the uploads is gone': `DELETE FROM upload`,
    'a body has lost its name': `INSERT INTO body (size) VALUES (5)`,
    'a blob has lost its bodies': `INSERT INTO blob (digest, size, block_crcs) VALUES (zeroblob(32), 5, x'00000000')`,
  }
  for (const [name, sql] of Object.entries(healed)) {
    it(`loses no object when ${name}`, async () => {
      const directory = await brokenStore((at) => changeCatalog(at, sql))
      ok((await faultsOf(directory)).length > 0 || name.includes('counted wrong'), 'a check has found nothing')
      const plan = await planned(directory)
      deepEqual(plan.lost, [], JSON.stringify(plan.steps))
      ok(plan.repaired.changes > 0)
      await requireAllBut()
    })
  }

  const losing: Record<string, { sql: string; lost: string[] }> = {
    'the extents of a body have changed places': {
      sql: `UPDATE extent SET start = 1048576 WHERE length = 16777216 AND start = 0;
        UPDATE extent SET start = 0 WHERE length = 1048576 AND start = 16777216`,
      lost: ['several'],
    },
    'an extent is gone': { sql: `DELETE FROM extent WHERE start = 16777216`, lost: ['several'] },
    'a blob has lost its row': {
      sql: `DELETE FROM blob WHERE id = (SELECT blob_id FROM extent WHERE body_id = ${body('one')})`,
      lost: ['copy of one', 'one'],
    },
    'a body has lost its row': { sql: `DELETE FROM body WHERE id = ${body('two')}`, lost: ['two'] },
    'a part is gone': { sql: `DELETE FROM part WHERE number = 2`, lost: ['parts'] },
    'a part has lost its body': {
      sql: `DELETE FROM body WHERE id = (SELECT part_body_id FROM part WHERE number = 2)`,
      lost: ['parts'],
    },
    'a version points at other bytes and nothing has its own': {
      sql: `UPDATE version SET body_id = ${body('two')} WHERE key IN (CAST('one' AS BLOB), CAST('copy of one' AS BLOB))`,
      lost: ['copy of one', 'one'],
    },
  }
  for (const [name, { sql, lost }] of Object.entries(losing)) {
    it(`says what is lost when ${name}`, async () => {
      const directory = await brokenStore((at) => changeCatalog(at, sql))
      const plan = await planned(directory)
      deepEqual(plan.lost, lost, JSON.stringify(plan.steps))
      await requireAllBut(...lost)
    })
  }

  it('gives a bucket that has lost its row another name, and keeps all that is in it', async () => {
    const directory = await brokenStore((at) => changeCatalog(at, 'DELETE FROM bucket'))
    const plan = await planned(directory)
    deepEqual(plan.lost, [])
    const { Contents = [] } = await fresh.s3.send(new ListObjectsV2Command({ Bucket: 'recovered-1' }))
    deepEqual(
      Contents.map(({ Key = '' }) => Key),
      Object.keys(contents).toSorted(),
    )
  })

  it('moves files that nobody names away, and removes none', async () => {
    const directory = await brokenStore((at) => {
      const folder = dirname(blobFiles(at)[0]?.path ?? '')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'draft-77'), 'left behind')
    })
    const plan = await planned(directory)
    deepEqual(plan.repaired, { losses: 0, changes: 0, files: 1 })
    const moved = (await filesBelow(join(directory, 'repairs'))).filter((name) => name.endsWith('draft-77'))
    equal(moved.length, 1)
  })

  it('builds indexes anew that do not fit their rows', async () => {
    const directory = await brokenStore((at) => emptyIndexPage(join(at, 'catalog.db'), 'version_listed'))
    ok((await faultsOf(directory)).some(({ what }) => what.startsWith('integrity_check')))
    const plan = await planned(directory)
    deepEqual(plan.lost, [])
    match(plan.steps[0]?.what ?? '', /the database file is damaged \(.*\): its indexes are built anew/)
    await requireAllBut()
  })

  it('says to restore the backup where rows cannot be read, and changes nothing', async () => {
    const directory = await brokenStore((at) => {
      const path = join(at, 'catalog.db')
      const bytes = readFileSync(path)
      bytes.fill(0xff, 8 * 4096, bytes.length - 4096)
      writeFileSync(path, bytes)
    })
    const before = readFileSync(join(directory, 'catalog.db'))
    await rejects(repair(directory, true), /restore the backup/i)
    ok(before.equals(readFileSync(join(directory, 'catalog.db'))))
    ok(!existsSync(join(directory, 'repairs')))
  })

  it('says so too where there is no database at all', async () => {
    const directory = await brokenStore((at) => writeFileSync(join(at, 'catalog.db'), 'x'.repeat(8192)))
    await rejects(repair(directory, true), /restore the backup/i)
    rmSync(join(directory, 'catalog.db'))
    await rejects(repair(directory, true), /holds no store/)
  })

  it('takes a WAL that was left behind into account, and a damaged shared-memory file', async () => {
    const directory = await brokenStore(() => undefined)
    const copy = `${directory}-running`
    fresh = await fresh.restart()
    const live = fresh
    await live.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'late', Body: bytesOf(30_000, 20) }))
    cpSync(directory, copy, { recursive: true })
    await live.close()
    rmSync(directory, { recursive: true })
    renameSync(copy, directory)
    rmSync(join(directory, 'lock.pid'), { force: true })
    writeFileSync(join(directory, 'catalog.db-shm'), Buffer.alloc(32_768, 0xaa))
    changeCatalog(
      directory,
      'UPDATE usage_body SET names = names + 1 WHERE rowid = rowid'.replace(' WHERE rowid = rowid', ''),
    )

    await repair(directory, true)

    deepEqual(await faultsOf(directory), [])
    fresh = await fresh.restart()
    ok(bytesOf(30_000, 20).equals(await get('late')))
  })

  it('refuses a directory that is served', async () => {
    await brokenStore(() => undefined)
    fresh = await fresh.restart()
    await rejects(repair(fresh.directory, false), { name: 'DirectoryLocked' })
  })

  it('repairs what chance has broken, several things at a time', async () => {
    const seed = Number(process.env['DAMAGE_SEED'] ?? Date.now() % 1_000_000)
    const random = randomFrom(seed)
    const damages = Object.values(fileDamages)
    const rows = [...Object.values(healed), ...Object.values(losing).map(({ sql }) => sql)].filter(
      (sql) => !sql.startsWith('DELETE FROM account'),
    )
    for (let round = 0; round < 6; round += 1) {
      const chosen: string[] = []
      const directory = await brokenStore((at) => {
        for (let i = 0; i < 2; i += 1) {
          const file = random.of(blobFiles(at))
          if (i === 0) random.of(damages)(file.path, random.integer(file.size))
          const sql = random.of(rows)
          try {
            changeCatalog(at, sql)
            chosen.push(sql)
          } catch {
            // Two of them may not go together: the second one then breaks nothing.
          }
        }
      })
      const plan = await planned(directory)
      const lost = new Set(plan.lost)
      for (const [key, expected] of Object.entries(contents)) {
        if (lost.has(key)) continue
        ok(expected.equals(await get(key)), `seed ${seed}: ${key} after ${chosen.join('; ')}`)
      }
      await fresh.close()
    }
  })
})

/** Makes an index forget its rows: its root becomes an empty leaf. */
function emptyIndexPage(path: string, index: string): void {
  const database = new Database(path)
  const page = database
    .prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
    .pluck()
    .get(index)
  database.close()
  const bytes = readFileSync(path)
  const at = ((page ?? 1) - 1) * 4096
  bytes.fill(0, at, at + 4096)
  // SQLite's file format, 1.6: a leaf index page without cells, whose content area begins at its end.
  bytes.writeUInt8(0x0a, at)
  bytes.writeUInt16BE(4096, at + 5)
  writeFileSync(path, bytes)
}
