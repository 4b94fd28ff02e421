// Usage and the collector's transactions, against a model that counts everything anew: random changes, folds and prunings in any order.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { join } from 'node:path'
import { appendChange, type ChangeKind } from '../../../src/store/catalog/append-change.js'
import { registerAccount } from '../../../src/store/catalog/account.js'
import { Connection } from '../../../src/store/catalog/connection.js'
import { createBucketRow } from '../../../src/store/catalog/create-bucket.js'
import { deleteBucketRow } from '../../../src/store/catalog/delete-bucket.js'
import { dropUnnamedBodies } from '../../../src/store/catalog/drop-unnamed-bodies.js'
import { foldUsage } from '../../../src/store/catalog/fold-usage.js'
import { migrate } from '../../../src/store/catalog/migrate.js'
import { lastNumber, nextNumber } from '../../../src/store/catalog/next-number.js'
import { pruneChanges, pruneCompletedUploads } from '../../../src/store/catalog/prune-changes.js'
import { pruneVersions } from '../../../src/store/catalog/prune-versions.js'
import { forgetRemovals, listRemovals } from '../../../src/store/catalog/removals.js'
import type { Steps } from '../../../src/store/catalog/steps.js'
import { usageOf } from '../../../src/store/catalog/usage.js'
import { closeCatalogs, freshCatalog, freshDirectory } from './fresh-catalog.js'

/** Numbers below `n`, the same ones for the same seed (mulberry32). */
function chance(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
}

/** A catalog run in this thread, each call in a transaction of its own. */
class Trial {
  readonly connection: Connection

  constructor(path: string) {
    this.connection = new Connection(path, 'write')
    this.connection.database.pragma('synchronous = OFF')
    migrate(this.connection.database, 0)
    this.run(registerAccount.steps({ id: 'a', name: 'a', number: '123456789012', now: 0 }))
  }

  run<Result>(steps: Steps<Result>): Result {
    return this.connection.database.transaction(() => this.connection.run(steps)).immediate()
  }

  sql(text: string, ...values: unknown[]): Record<string, number>[] {
    const prepared = this.connection.database.prepare(text)
    if (prepared.reader) return prepared.all(...values) as Record<string, number>[] // tables of numbers, but for keys nobody looks at
    prepared.run(...values)
    return []
  }

  value(text: string, ...values: unknown[]): number {
    return Object.values(this.sql(text, ...values)[0] ?? {})[0] ?? 0
  }

  bucket(name: string): number {
    const args = { name, ownerId: 'a', region: 'r', now: 0, mayRepeat: true, settings: {} }
    this.run(createBucketRow.steps(args))
    return this.value('SELECT id FROM bucket WHERE name = ?', name)
  }

  small(content: number): number {
    const digest = Buffer.alloc(32, content + 1)
    const bytes = Buffer.alloc(content * 10, content)
    this.sql(
      'INSERT INTO body (size, digest, content, crc) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING',
      bytes.length,
      digest,
      bytes,
    )
    return this.value('SELECT id FROM body WHERE digest = ?', digest)
  }

  blob(content: number): number {
    const digest = Buffer.alloc(32, content + 100)
    const [found] = this.sql('SELECT id FROM blob WHERE digest = ?', digest)
    if (found?.['id'] !== undefined) return found['id']
    this.sql("INSERT INTO blob (digest, size, block_crcs) VALUES (?, ?, x'')", digest, 1000 + content)
    const id = this.value('SELECT id FROM blob WHERE digest = ?', digest)
    this.files += 1
    this.sql("INSERT INTO place (blob_id, tier, location) VALUES (?, 'local', ?)", id, `file-${this.files}`)
    return id
  }

  files = 0

  plain(contents: readonly number[]): number {
    const blobs = contents.map((content) => ({ id: this.blob(content), size: 1000 + content }))
    this.sql(
      'INSERT INTO body (size) VALUES (?)',
      blobs.reduce((sum, { size }) => sum + size, 0),
    )
    const id = this.value('SELECT MAX(id) FROM body')
    let start = 0
    for (const { id: blobId, size } of blobs) {
      this.sql('INSERT INTO extent VALUES (?, ?, ?, ?, 0)', id, start, size, blobId)
      start += size
    }
    return id
  }

  composite(parts: readonly number[]): number {
    this.sql("INSERT INTO body (size, part_ends) VALUES (0, x'')")
    const id = this.value('SELECT MAX(id) FROM body')
    for (const [i, part] of parts.entries()) {
      this.sql(
        "INSERT INTO part SELECT ?, ?, id, size, zeroblob(16), 0, 'CRC32', x'' FROM body WHERE id = ?",
        id,
        i + 1,
        part,
      )
    }
    this.sql('UPDATE body SET size = (SELECT SUM(size) FROM part WHERE body_id = body.id) WHERE id = ?', id)
    return id
  }

  /** A body becomes the latest version of a key; null makes a delete marker. The version before it ends, or stays. */
  put(bucketId: number, key: string, body: number | null, keeps: boolean): void {
    const name = Buffer.from(key)
    const number = this.run(nextNumber())
    const [before] = this.sql('SELECT * FROM version WHERE bucket_id = ? AND key = ? AND is_latest = 1', bucketId, name)
    const ends = before !== undefined && !keeps
    if (before !== undefined) {
      this.sql('UPDATE version SET is_latest = 0, gone = ? WHERE id = ?', ends ? number : null, before['id'])
    }
    const size = body === null ? 0 : this.value('SELECT size FROM body WHERE id = ?', body)
    this.sql(
      `INSERT INTO version (bucket_id, key, position, is_null, is_marker, is_latest, born, body_id, size, etag, modified, storage_class, owner_id)
       VALUES (?, ?, ?, 0, ?, 1, ?, ?, ?, '', 0, 'STANDARD', 'a')`,
      bucketId,
      name,
      number,
      body === null ? 1 : 0,
      number,
      body,
      size,
    )
    const wasObject = before !== undefined && before['is_marker'] === 0
    this.change(number, bucketId, body === null ? 'marker' : 'put', {
      bornBody: body,
      goneBody: ends ? (before?.['body_id'] ?? null) : null,
      objects: (body === null ? 0 : 1) - (wasObject ? 1 : 0),
      versions: ends ? 0 : 1,
      bytes: size - (ends ? (before?.['size'] ?? 0) : 0),
    })
  }

  /** A version is deleted by its id; the one before it becomes the latest. */
  remove(id: number): void {
    const [version] = this.sql('SELECT * FROM version WHERE id = ?', id)
    if (version === undefined) return
    const number = this.run(nextNumber())
    this.sql('UPDATE version SET is_latest = 0, gone = ? WHERE id = ?', number, id)
    let objects = 0
    if (version['is_latest'] === 1) {
      const [next] = this.sql(
        'SELECT * FROM version WHERE bucket_id = ? AND key = ? AND gone IS NULL ORDER BY position DESC LIMIT 1',
        version['bucket_id'],
        version['key'],
      )
      if (next !== undefined) this.sql('UPDATE version SET is_latest = 1 WHERE id = ?', next['id'])
      objects = (next?.['is_marker'] === 0 ? 1 : 0) - (version['is_marker'] === 0 ? 1 : 0)
    }
    this.change(number, version['bucket_id'] ?? 0, 'delete', {
      goneBody: version['body_id'] ?? null,
      objects,
      versions: -1,
      bytes: -(version['size'] ?? 0),
    })
  }

  change(number: number, bucketId: number, kind: ChangeKind, rest: Partial<Parameters<typeof appendChange>[0]>): void {
    this.run(appendChange({ number, time: 0, kind, bucketId, ...rest }))
  }

  /** Everything that changed is folded. */
  fold(limit = 1000): void {
    while (this.run(foldUsage.steps({ limit })).count === limit);
  }

  /** The collector, until there is nothing to do. */
  collect(limit = 1000): void {
    this.fold(limit)
    const upTo = this.run(lastNumber())
    while (this.run(pruneVersions.steps({ upTo, limit })) > 0);
    while (this.run(dropUnnamedBodies.steps({ limit })) > 0);
  }

  /** What a bucket holds, counted anew. */
  counted(bucketId: number): { objects: number; versions: number; bytes: number; bytesOnce: number } {
    const living = 'FROM version WHERE gone IS NULL AND bucket_id = ?'
    const bodies = `SELECT body_id AS id ${living} UNION SELECT part_body_id FROM part WHERE body_id IN (SELECT body_id ${living})`
    return {
      objects: this.value(`SELECT COUNT(*) ${living} AND is_latest = 1 AND is_marker = 0`, bucketId),
      versions: this.value(`SELECT COUNT(*) ${living}`, bucketId),
      bytes: this.value(`SELECT COALESCE(SUM(size), 0) ${living}`, bucketId),
      bytesOnce:
        this.value(
          `SELECT COALESCE(SUM(size), 0) FROM body WHERE content IS NOT NULL AND id IN (${bodies})`,
          bucketId,
          bucketId,
        ) +
        this.value(
          `SELECT COALESCE(SUM(size), 0) FROM blob WHERE id IN (SELECT blob_id FROM extent WHERE body_id IN (${bodies}))`,
          bucketId,
          bucketId,
        ),
    }
  }
}

describe('usage and collector', () => {
  const open: Trial[] = []
  const fresh = async () => {
    const trial = new Trial(join(await freshDirectory(), 'catalog.db'))
    open.push(trial)
    return trial
  }
  afterEach(async () => {
    for (const trial of open.splice(0)) trial.connection.close()
    await closeCatalogs()
  })

  for (const seed of [1, 2, 3, 4]) {
    it(`agrees with a count of everything at any moment, whatever happens in between (seed ${seed})`, async function () {
      this.timeout(60_000)
      const trial = await fresh()
      const random = chance(seed)
      const some = (n: number, max: number) => Array.from({ length: 1 + random(max) }, () => random(n))
      const buckets = ['x', 'y']
      for (const bucket of buckets) trial.bucket(bucket)
      const body = (): number => {
        switch (random(4)) {
          case 0:
            return trial.small(random(4))
          case 1:
            return trial.plain(some(4, 4))
          case 2: // one that is there already: a copy
            return (
              trial.value(
                'SELECT body_id FROM version WHERE body_id IS NOT NULL ORDER BY id LIMIT 1 OFFSET ?',
                random(9),
              ) || trial.small(1)
            )
          default:
            return trial.composite(some(4, 5).map((i) => (i % 2 === 0 ? trial.small(i) : trial.plain([i]))))
        }
      }
      for (let i = 0; i < 1500; i += 1) {
        const name = buckets[random(2)] ?? ''
        const bucketId = trial.value('SELECT id FROM bucket WHERE name = ?', name)
        const action = random(20)
        if (action < 10) trial.put(bucketId, `key${random(5)}`, random(6) === 0 ? null : body(), random(2) === 0)
        else if (action < 15) {
          trial.remove(
            trial.value('SELECT id FROM version WHERE gone IS NULL ORDER BY id LIMIT 1 OFFSET ?', random(12)),
          )
        } else if (action < 17) trial.run(foldUsage.steps({ limit: 1 + random(10) }))
        else if (action === 17) trial.run(pruneVersions.steps({ upTo: trial.run(lastNumber()), limit: 1 + random(5) }))
        else if (action === 18) trial.run(dropUnnamedBodies.steps({ limit: 1 + random(5) }))
        else if (random(4) === 0) trial.run(pruneChanges.steps({ keep: random(10), limit: 5 }))
        else if (random(10) === 0) {
          for (const { id = 0 } of trial.sql('SELECT id FROM version WHERE gone IS NULL AND bucket_id = ?', bucketId))
            trial.remove(id)
          trial.run(deleteBucketRow.steps({ bucket: name, now: 0 }))
          trial.bucket(name)
        }
        if (i % 7 !== 0) continue
        if (i % 3 === 0) trial.fold(5)
        for (const bucket of buckets) {
          const { number, bytesOnceNumber, ...usage } = trial.run(usageOf.steps(bucket))
          const counted = trial.counted(trial.value('SELECT id FROM bucket WHERE name = ?', bucket))
          if (bytesOnceNumber < number) counted.bytesOnce = usage.bytesOnce
          deepEqual(usage, counted)
        }
      }
    })
  }

  it('leaves no row behind when everything was deleted and collected, and names every file for removal', async () => {
    const trial = await fresh()
    const bucketId = trial.bucket('x')
    const shared = trial.plain([1, 2])
    trial.put(bucketId, 'a', trial.small(1), true)
    trial.put(bucketId, 'a', shared, true)
    trial.put(bucketId, 'b', trial.composite([shared, trial.small(2), trial.plain([3])]), true)
    for (const { id = 0 } of trial.sql('SELECT id FROM version')) trial.remove(id)
    trial.run(deleteBucketRow.steps({ bucket: 'x', now: 0 }))

    trial.collect()

    for (const table of [
      'version',
      'body',
      'blob',
      'place',
      'extent',
      'part',
      'unnamed',
      'usage',
      'usage_body',
      'usage_blob',
    ]) {
      equal(trial.value(`SELECT COUNT(*) FROM ${table}`), 0, table)
    }
    const number = trial.run(lastNumber())
    deepEqual(trial.run(listRemovals.steps({ upTo: number - 1, limit: 10 })), [])
    const removals = trial.run(listRemovals.steps({ upTo: number, limit: 10 }))
    deepEqual(removals.map(({ location }) => location).toSorted(), ['file-1', 'file-2', 'file-3'])
    trial.run(forgetRemovals.steps({ removals: removals.slice(1) }))
    deepEqual(trial.run(listRemovals.steps({ upTo: number, limit: 10 })), removals.slice(0, 1))
  })

  it('keeps what a change that is not folded yet refers to', async () => {
    const trial = await fresh()
    const bucketId = trial.bucket('x')
    trial.put(bucketId, 'a', trial.plain([1]), false)
    trial.put(bucketId, 'a', null, false)
    const upTo = trial.run(lastNumber())

    equal(trial.run(pruneVersions.steps({ upTo, limit: 10 })), 0)
    equal(trial.run(pruneChanges.steps({ keep: 1 })), 0)
    trial.fold()

    equal(trial.run(pruneVersions.steps({ upTo, limit: 10 })), 1)
    equal(trial.run(pruneChanges.steps({ keep: 0 })), upTo - 1)
    equal(trial.run(nextNumber()), upTo + 1)
  })

  it('keeps a version that a reader of an older snapshot may see', async () => {
    const trial = await fresh()
    const bucketId = trial.bucket('x')
    trial.put(bucketId, 'a', trial.plain([1]), false)
    const snapshot = trial.run(lastNumber())
    trial.put(bucketId, 'a', trial.small(1), false)
    trial.fold()

    equal(trial.run(pruneVersions.steps({ upTo: snapshot, limit: 10 })), 0)
    equal(trial.run(pruneVersions.steps({ upTo: snapshot + 1, limit: 10 })), 1)
  })

  it('does not drop a body that an upload or another version names', async () => {
    const trial = await fresh()
    const bucketId = trial.bucket('x')
    const part = trial.small(1)
    const body = trial.composite([part])
    trial.sql(
      "INSERT INTO upload VALUES ('u', ?, x'61', ?, 0, 'a', 'STANDARD', 'CRC32', 'FULL_OBJECT', 0, NULL, NULL, NULL, NULL)",
      bucketId,
      body,
    )
    trial.sql('INSERT INTO unnamed VALUES (?), (?)', part, body)

    while (trial.run(dropUnnamedBodies.steps({ limit: 10 })) > 0);
    equal(trial.value('SELECT COUNT(*) FROM body'), 2)

    trial.run(deleteBucketRow.steps({ bucket: 'x', now: 0 }))
    while (trial.run(dropUnnamedBodies.steps({ limit: 10 })) > 0);
    equal(trial.value('SELECT COUNT(*) FROM body'), 0)
  })

  it('takes a body of 10,000 parts apart in bounded steps', async function () {
    this.timeout(20_000)
    const trial = await fresh()
    const bucketId = trial.bucket('x')
    trial.connection.database.exec('BEGIN')
    const parts = Array.from({ length: 10_000 }, () => trial.small(0))
    trial.connection.database.exec('COMMIT')
    const body = trial.connection.database.transaction(() => trial.composite(parts))()
    trial.put(bucketId, 'a', body, false)
    trial.put(bucketId, 'a', null, false)
    trial.fold()
    trial.run(pruneVersions.steps({ upTo: trial.run(lastNumber()), limit: 10 }))

    let count = 0
    for (let done = 1; done > 0; count += 1) {
      done = trial.run(dropUnnamedBodies.steps({ limit: 500 }))
      ok(done <= 501)
    }

    ok(count > 20)
    equal(trial.value('SELECT COUNT(*) FROM body'), 0)
  })

  it('forgets completed uploads up to a number', async () => {
    const trial = await fresh()
    for (let i = 1; i <= 5; i += 1) {
      trial.sql("INSERT INTO completed_upload VALUES (?, 1, x'61', 1, x'', '', ?)", `u${i}`, i)
    }

    equal(trial.run(pruneCompletedUploads.steps({ upTo: 3, limit: 2 })), 2)
    equal(trial.run(pruneCompletedUploads.steps({ upTo: 3, limit: 2 })), 1)
    equal(trial.value('SELECT COUNT(*) FROM completed_upload'), 2)
  })

  it('works through the catalog and its writer', async () => {
    const catalog = await freshCatalog()
    await catalog.commit(registerAccount, { id: 'a', name: 'a', number: '123456789012', now: 0 })
    await rejects(catalog.read(usageOf, 'x'), { code: 'NoSuchBucket' })
    await catalog.commit(createBucketRow, {
      name: 'x',
      ownerId: 'a',
      region: 'r',
      now: 0,
      mayRepeat: false,
      settings: {},
    })

    deepEqual(await catalog.read(usageOf, 'x'), {
      objects: 0,
      versions: 0,
      bytes: 0,
      bytesOnce: 0,
      bytesOnceNumber: 0,
      number: 1,
    })
    deepEqual(await catalog.commit(foldUsage, { limit: 10 }), { number: 1, count: 1 })
    equal((await catalog.read(usageOf, 'x')).bytesOnceNumber, 1)
  })
})
