// Drafts become versions: what is written, what is shared, what is left to the collector. On a real catalog, without a server.

import Database from 'better-sqlite3'
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { unconditional, type WriteConditions } from '../../../src/contract/preconditions.js'
import { smallBodySizeBytesMax } from '../../../src/store/blobs/draft.js'
import { setBucketVersioning } from '../../../src/store/catalog/bucket-versioning.js'
import { createBucketRow } from '../../../src/store/catalog/create-bucket.js'
import { copyVersion } from '../../../src/store/catalog/copy-version.js'
import { deleteVersion } from '../../../src/store/catalog/delete-version.js'
import { objectVersion } from '../../../src/store/catalog/open-version.js'
import { putVersion } from '../../../src/store/catalog/put-version.js'
import { all, query, statement } from '../../../src/store/catalog/steps.js'
import { tagVersion } from '../../../src/store/catalog/tag-version.js'
import { versionIdOf } from '../../../src/store/catalog/version-id.js'
import { openStore } from '../../../src/store/open-store.js'
import { allOf } from '../blobs/bodies.js'
import { afterEachTest, filesBelow, temporaryDirectory } from '../temporary-directory.js'

const ownerId = 'a'.repeat(64)
const now = 1_700_000_000_000
const claims = { checksums: {}, trailers: () => ({}) }

const counts = query('counts', function* (sql: string) {
  return (yield* all(statement<Record<string, never>, { n: number }>(sql), {}))[0]?.n
})

interface ChangeRow {
  readonly kind: string
  readonly objects: number
  readonly versions: number
  readonly bytes: number
}

const rows = statement<Record<string, never>, Record<string, unknown>>(`
  SELECT position, is_null AS "isNull", is_latest AS "isLatest", is_marker AS "isMarker", born, gone FROM version ORDER BY id`)
const changes = statement<Record<string, never>, ChangeRow>(`
  SELECT kind, objects, versions, bytes FROM change WHERE key IS NOT NULL ORDER BY number`)
const versionRows = query('versionRows', () => all(rows, {}))
const changeRows = query('changeRows', () => all(changes, {}))

describe('putVersion', () => {
  const later = afterEachTest()

  async function opened() {
    const directory = await temporaryDirectory(later)
    const store = await openStore({ directory, clock: { now: () => now }, ownerId, ownerName: 'root' })
    later(() => store.close())
    const { catalog } = store
    await catalog.commit(createBucketRow, {
      name: 'b',
      ownerId,
      region: 'us-east-1',
      now,
      mayRepeat: false,
      settings: {},
    })
    const put = async (key: string, bytes: Uint8Array, onlyIf: WriteConditions = unconditional) => {
      const draft = await store.writeBody(
        (async function* () {
          yield bytes
        })(),
        claims,
      )
      const version = { etag: 'ab', storageClass: 'STANDARD', ownerId, headers: null, tags: null, now }
      const checksum = { algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: draft.checksums.CRC64NVME ?? '' } as const
      try {
        return await catalog.commit(putVersion, { bucket: 'b', key, onlyIf, draft, checksum, ...version })
      } catch (error) {
        await store.discard(draft)
        throw error
      }
    }
    const count = (sql: string) => catalog.read(counts, `SELECT count(*) AS n FROM ${sql}`)
    const files = () => filesBelow(`${directory}/blobs`)
    return { store, catalog, directory, put, count, files }
  }

  it('stores the same small content once, under many keys', async () => {
    const { put, count, store, catalog } = await opened()
    for (const key of ['a', 'b', 'c']) await put(key, Buffer.from('same'))
    deepEqual([await count('body'), await count('version')], [1, 3])
    const found = await catalog.read(objectVersion, { bucket: 'b', key: 'c' })
    equal(Buffer.from((await store.smallBody(found)) ?? []).toString(), 'same')
  })

  it('stores the same large content once, and gives the surplus file to the collector', async () => {
    const { put, count, files, store } = await opened()
    const bytes = Buffer.alloc(smallBodySizeBytesMax + 1, 1)
    await put('a', bytes)
    await put('b', bytes)
    deepEqual([await count('blob'), await count('place'), await count('removal'), await count('body')], [1, 1, 1, 2])
    equal((await files()).length, 2)
    await store.collector.collectNow()
    deepEqual([(await files()).length, await count('removal'), await count('place')], [1, 0, 1])
  })

  it('heals a file that was damaged when the same content comes again', async () => {
    const { put, files, store, directory } = await opened()
    const bytes = Buffer.alloc(100_000, 7)
    await put('a', bytes)
    const [damaged] = await files()
    await truncate(join(directory, 'blobs', damaged ?? ''), 50_000)
    await put('b', bytes)
    await store.collector.collectNow()
    const found = await store.catalog.read(objectVersion, { bucket: 'b', key: 'a' })
    const body = store.readBody({ bodyId: found.bodyId, size: found.size, number: store.catalog.number() })
    ok(bytes.equals(await allOf(body)))
    equal((await files()).includes(damaged ?? ''), false)
  })

  it('heals a small body that was damaged when the same content comes again', async () => {
    const { put, store, catalog, directory } = await opened()
    await put('a', Buffer.from('same'))
    const other = new Database(join(directory, 'catalog.db'))
    other.prepare('UPDATE body SET content = ? WHERE content = ?').run(Buffer.from('lame'), Buffer.from('same'))
    other.close()
    await put('b', Buffer.from('same'))
    const found = await catalog.read(objectVersion, { bucket: 'b', key: 'a' })
    equal(Buffer.from((await store.smallBody(found)) ?? []).toString(), 'same')
  })

  it('names nothing when it refuses, and discarding leaves no file', async () => {
    const { put, count, files } = await opened()
    await put('k', Buffer.alloc(100_000, 1))
    await rejects(put('k', Buffer.alloc(100_000, 2), { ifNoneMatch: '*' }), { name: 'PreconditionFailed' })
    await rejects(put('k', Buffer.from('small'), { ifMatch: '"x"' }), { name: 'PreconditionFailed' })
    deepEqual([await count('body'), await count('blob'), await count('version'), (await files()).length], [1, 1, 1, 1])
  })

  it('keeps a line of versions, one of them the latest', async () => {
    const { put, catalog } = await opened()
    const version = (versioning: 'Enabled' | 'Suspended') =>
      catalog.commit(setBucketVersioning, { bucket: 'b', versioning, now })
    const remove = () => catalog.commit(deleteVersion, { bucket: 'b', key: 'k', onlyIf: {}, ownerId, now })
    await put('k', Buffer.from('1'))
    await put('k', Buffer.from('22'))
    await version('Enabled')
    await put('k', Buffer.from('333'))
    await remove()
    await version('Suspended')
    await put('k', Buffer.from('4444'))
    await remove()
    const told = (await catalog.read(versionRows, undefined)).map(
      (row) =>
        `${row['isNull'] === 1 ? 'null' : 'id'}${row['isMarker'] === 1 ? ' marker' : ''}${row['gone'] === null ? '' : ' gone'}${row['isLatest'] === 1 ? ' latest' : ''}`,
    )
    deepEqual(told, ['null gone', 'null gone', 'id', 'id marker', 'null gone', 'null marker latest'])
  })

  it('tells the feed what each change adds to the bucket', async () => {
    const { put, catalog } = await opened()
    await put('k', Buffer.from('1'))
    await put('k', Buffer.from('22'))
    await catalog.commit(setBucketVersioning, { bucket: 'b', versioning: 'Enabled', now })
    await put('k', Buffer.from('333'))
    const remove = (versionId?: string) =>
      catalog.commit(deleteVersion, { bucket: 'b', key: 'k', versionId, onlyIf: {}, ownerId, now })
    const marker = await remove()
    await remove()
    await remove('null')
    await remove(marker.versionId)
    await catalog.commit(tagVersion, { bucket: 'b', key: 'k', tags: '[["a","1"]]', now }).catch(() => undefined)
    const told = (await catalog.read(changeRows, undefined)).map(
      ({ kind, objects, versions, bytes }) => `${kind} ${objects} ${versions} ${bytes}`,
    )
    deepEqual(told, [
      'put 1 1 1',
      'put 0 0 1',
      'put 0 1 3',
      'marker -1 1 0',
      'marker 0 1 0',
      'delete 0 -1 -2',
      'delete 0 -1 0',
    ])
  })

  it('copies by a row on the same body, and refuses a source that is not what was looked at', async () => {
    const { put, catalog, count } = await opened()
    await put('k', Buffer.alloc(100_000, 1))
    const source = { bucket: 'b', key: 'k' }
    const { id, checksumAlgorithm } = await catalog.read(objectVersion, source)
    equal(checksumAlgorithm, 'CRC64NVME')
    const copy = (sourceId: number) =>
      catalog.commit(copyVersion, {
        bucket: 'b',
        key: 'copy',
        onlyIf: unconditional,
        source,
        sourceOnlyIf: {},
        sourceId,
        headers: null,
        tags: null,
        checksum: undefined,
        storageClass: 'STANDARD',
        ownerId,
        now,
      })
    await copy(id)
    deepEqual([await count('body'), await count('version')], [1, 2])
    await catalog.commit(tagVersion, { ...source, tags: '[["a","1"]]', now })
    await rejects(copy(id), { name: 'ConditionalRequestConflict' })
  })

  it('lets the null version be found by its name alone', async () => {
    const { put, catalog } = await opened()
    const { position } = await put('k', Buffer.from('1'))
    const named = (versionId: string) => catalog.read(objectVersion, { bucket: 'b', key: 'k', versionId })
    equal((await named('null')).size, 1)
    await rejects(named(versionIdOf(position)), { name: 'NoSuchVersion' })
  })
})
