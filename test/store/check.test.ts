import Database from 'better-sqlite3'
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Progress } from '../../src/store/check.js'
import type { LocalStore } from '../../src/store/open-store.js'
import { bytesOf, chunks, claims, md5Of } from './blobs/bodies.js'
import { faultsOf } from './faults-of.js'
import { deleteTrial, putParts, putSlices, putTrial } from './naming-transactions.js'
import { afterEachTest, temporaryDirectory } from './temporary-directory.js'
import { trialStore } from './trial-store.js'

interface Closed {
  readonly directory: string
  /** Of the blobs of key "large". */
  readonly locations: readonly string[]
}

/** A closed store with a bit of everything. */
async function storeToCopy(later: (end: () => unknown) => void): Promise<Closed> {
  const { store, directory } = await trialStore(later)
  const write = (size: number, seed = 1) => store.writeBody(chunks(bytesOf(size, seed)), claims())
  const put = async (key: string, size: number) => store.catalog.commit(putTrial, { key, draft: await write(size) })
  await put('small', 100)
  await put('again', 100)
  const large = await write(17 * 1024 * 1024)
  const bodyId = await store.catalog.commit(putTrial, { key: 'large', draft: large })
  await put('overwritten', 20_000)
  await put('overwritten', 30_000)
  await put('deleted', 40_000)
  await store.catalog.commit(deleteTrial, { key: 'deleted' })
  await store.catalog.commit(putParts, { key: 'parts', drafts: [await write(50_000), await write(5), await write(0)] })
  const large17 = bytesOf(17 * 1024 * 1024)
  await store.catalog.commit(putSlices, {
    key: 'slices',
    bodyId,
    slices: [
      [5, 70_000],
      [0, 1],
    ],
    md5: md5Of(Buffer.concat([large17.subarray(5, 70_005), large17.subarray(0, 1)])),
  })
  await closeCollected(store)
  return {
    directory,
    locations: large.content.kind === 'blobs' ? large.content.blobs.map((blob) => blob.location) : [],
  }
}

async function closeCollected(store: LocalStore): Promise<void> {
  await store.collector.collectNow()
  await store.close()
}

describe('checkStore', () => {
  const later = afterEachTest()
  const ends: (() => unknown)[] = []
  let original: Closed | undefined

  after(async () => {
    for (const end of ends.toReversed()) await end()
  })

  /** A copy of a closed store, to be broken. */
  async function closedStore(): Promise<Closed> {
    original ??= await storeToCopy((end) => ends.push(end))
    const directory = await temporaryDirectory(later)
    await cp(original.directory, directory, { recursive: true })
    return { directory, locations: original.locations }
  }

  it('finds nothing wrong where nothing is, and shows how far it is', async () => {
    const { directory } = await closedStore()
    const progress: Progress[] = []
    deepEqual(await faultsOf(directory, { progress: (step) => progress.push(step) }), [])
    for (const stage of ['catalog', 'small bodies', 'large bodies', 'composite bodies'] as const) {
      const last = progress.findLast((step) => step.stage === stage)
      ok(last !== undefined && 'total' in last && last.done === last.total, stage)
    }
    ok(!progress.some((step) => step.stage === 'orphan'))
  })

  it('finds nothing wrong before the collector has been there', async () => {
    const { store, directory } = await trialStore(later)
    await store.catalog.commit(putTrial, { key: 'k', draft: await store.writeBody(chunks(bytesOf(20_000)), claims()) })
    await store.catalog.commit(deleteTrial, { key: 'k' })
    await store.writeBody(chunks(bytesOf(20_001)), claims())
    await store.close()
    const orphans: string[] = []
    const progress = (step: Progress): void => void (step.stage === 'orphan' && orphans.push(step.location))
    deepEqual(await faultsOf(directory, { progress }), [])
    equal(orphans.length, 1)
  })

  it('names the file, its blob and what is served from it when a bit has flipped, a file is short or missing', async () => {
    const breaks: ((path: string) => Promise<void>)[] = [
      async (path) => {
        const bytes = await readFile(path)
        bytes[1000] = (bytes[1000] ?? 0) ^ 1
        await writeFile(path, bytes)
      },
      (path) => truncate(path, 1000),
      (path) => rm(path),
    ]
    for (const damage of breaks) {
      const { directory, locations } = await closedStore()
      const location = locations[0] ?? ''
      await damage(join(directory, 'blobs', location))
      const faults = await faultsOf(directory)
      equal(faults.length, 1)
      equal(faults[0]?.location, location)
      equal(faults[0]?.blob, location.split('/')[2]?.slice(0, 64))
      deepEqual(
        new Set(faults[0]?.serves),
        new Set(['large', 'slices'].map((key) => ({ bucket: 'trial', key, versionId: 'null' }))),
      )
    }
  })

  const wrongs: Record<string, [sql: string, fault: RegExp]> = {
    'a small body is damaged': [
      `UPDATE body SET content = zeroblob(length(content)) WHERE size = 100`,
      /small body \d+ is damaged/,
    ],
    'two versions are the latest': [
      `INSERT INTO version (bucket_id, key, position, is_null, is_marker, is_latest, born, size, etag, modified, storage_class, owner_id)
       SELECT bucket_id, key, position - 1, 0, 1, 1, born, 0, '', 1, '', '' FROM version WHERE key = CAST('large' AS BLOB)`,
      /exactly one latest/,
    ],
    'no version is the latest': [
      `UPDATE version SET is_latest = 0 WHERE key = CAST('large' AS BLOB)`,
      /exactly one latest/,
    ],
    'a version has another size than its body': [
      `UPDATE version SET size = 7 WHERE key = CAST('large' AS BLOB)`,
      /different sizes/,
    ],
    'a version comes from the future': [
      `UPDATE version SET born = 1000 WHERE key = CAST('large' AS BLOB)`,
      /newest change/,
    ],
    'an extent is missing': [`DELETE FROM extent WHERE start = 16777216`, /do not add up/],
    'extents have a gap': [`UPDATE extent SET start = start + 1 WHERE start = 16777216`, /gaps or overlap/],
    'an extent is beyond its blob': [`UPDATE extent SET blob_offset = 99 WHERE start = 0`, /beyond the end/],
    'a part has another size than its body': [`UPDATE part SET size = 9 WHERE size = 5`, /another size/],
    'part ends are wrong': [
      `UPDATE body SET part_ends = zeroblob(36) WHERE part_ends IS NOT NULL`,
      /part ends of body/,
    ],
    'a body lost its name': [`DELETE FROM version WHERE key = CAST('large' AS BLOB)`, /neither named nor waiting/],
    'a blob has no place': [`DELETE FROM place`, /no place/],
    'block checksums are wrong': [
      `UPDATE blob SET block_crcs = zeroblob(length(block_crcs))`,
      /checksums of its blocks/,
    ],
    'block checksums are too few': [`UPDATE blob SET block_crcs = x'00'`, /one checksum for each block/],
    'a file in use is to be removed': [
      `INSERT INTO removal SELECT tier, location, 1 FROM place`,
      /written down for removal/,
    ],
    'the feed has a gap': [`DELETE FROM change WHERE number = 3`, /gaps/],
    'usage is wrong': [`UPDATE usage SET objects = objects + 1`, /usage is not what is there/],
    'bytes stored once are wrong': [`UPDATE usage SET bytes_once = bytes_once + 1`, /bytes stored once/],
    'a row refers to nothing': [`DELETE FROM body WHERE size = 100`, /foreign_key_check/],
    'a blob is wrapped by a newer program': [`UPDATE place SET wrapping = 'zip'`, /does not know: zip/],
  }
  for (const [name, [sql, fault]] of Object.entries(wrongs)) {
    it(`finds that ${name}`, async () => {
      const { directory } = await closedStore()
      const database = new Database(join(directory, 'catalog.db'))
      database.pragma('foreign_keys = OFF')
      ok(database.prepare(sql).run().changes > 0)
      database.close()
      const faults = await faultsOf(directory)
      ok(
        faults.some(({ what }) => fault.test(what)),
        JSON.stringify(faults),
      )
    })
  }

  it('refuses a directory that is no store, or has another format', async () => {
    await rejects(faultsOf(await temporaryDirectory(later)), /holds no store/)
    const { directory: newer } = await closedStore()
    const database = new Database(join(newer, 'catalog.db'))
    database.pragma('user_version = 99')
    database.close()
    await rejects(faultsOf(newer), /format 99/)
  })
})
