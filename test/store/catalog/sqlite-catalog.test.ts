import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { S3Error } from '../../../src/contract/errors.js'
import { bucketNamed } from '../../../src/store/catalog/find-bucket.js'
import { migrate } from '../../../src/store/catalog/migrate.js'
import { transactions } from '../../../src/store/catalog/transactions.js'
import { waitingCountMax } from '../../../src/store/catalog/writer.js'
import { isOlderVersion } from '../../../src/store/catalog/connection.js'
import { closeCatalogs, freshCatalog, freshDirectory, testModule } from './fresh-catalog.js'
import * as trial from './trial-transactions.js'

const withTrials = { transactions: testModule('trial-transactions') }

describe('SQLite catalog', () => {
  afterEach(closeCatalogs)

  it('makes its tables when there are none, and finds them again', async () => {
    const path = join(await freshDirectory(), 'catalog.db')
    const first = await freshCatalog({ path, ...withTrials })
    await first.commit(trial.prepare, undefined)
    await first.commit(trial.put, { name: 'a', value: '1' })
    await first.close()

    const second = await freshCatalog({ path, ...withTrials })

    equal(await second.read(trial.valueOf, 'a'), '1')
    equal(second.number(), 1)
  })

  it('refuses a format newer than this program', async () => {
    const path = join(await freshDirectory(), 'catalog.db')
    await (await freshCatalog({ path })).close()
    const database = new Database(path)
    database.pragma('user_version = 99')
    database.close()

    await rejects(freshCatalog({ path }), /format 99.*up to 2.*newer program/)
  })

  it('refuses a database that is not a catalog, and a file that is no database', async () => {
    const directory = await freshDirectory()
    const database = new Database(join(directory, 'other.db'))
    database.exec('CREATE TABLE song (title TEXT)')
    database.close()
    await writeFile(join(directory, 'text.db'), 'not a database at all '.repeat(100))

    await rejects(freshCatalog({ path: join(directory, 'other.db') }), /not a catalog of Cairn/)
    await rejects(freshCatalog({ path: join(directory, 'text.db') }), { code: 'SQLITE_NOTADB' })
  })

  it('brings an older format up to date, all of it or nothing', () => {
    const database = new Database(':memory:')
    const first = { version: 1, schema: 'CREATE TABLE store (one, id, created)', steps: [] }
    const broken = { version: 3, schema: '', steps: ['ALTER TABLE store ADD two', 'ALTER TABLE nothing ADD three'] }
    const third = { version: 3, schema: '', steps: ['ALTER TABLE store ADD two', 'ALTER TABLE store ADD three'] }
    migrate(database, 5, first)

    throws(() => migrate(database, 6, broken), /nothing/)
    equal(database.pragma('user_version', { simple: true }), 1)
    migrate(database, 6, third)

    equal(database.pragma('user_version', { simple: true }), 3)
    deepEqual(database.prepare('SELECT created, two, three FROM store').get(), { created: 5, two: null, three: null })
    database.close()
  })

  it('knows which SQLite is too old', () => {
    ok(isOlderVersion('3.9.0', '3.51.3'))
    ok(isOlderVersion('3.51.2', '3.51.3'))
    ok(!isOlderVersion('3.51.3', '3.51.3'))
    ok(!isOlderVersion('3.53', '3.51.3'))
    ok(!isOlderVersion('4.0.0', '3.51.3'))
  })

  it('lists each transaction under its own name', () => {
    for (const [name, transaction] of transactions) equal(transaction.name, name)
  })

  it('commits many at once, in the order they came', async () => {
    const catalog = await freshCatalog(withTrials)
    await catalog.commit(trial.prepare, undefined)

    const numbers = await Promise.all(
      Array.from({ length: 2000 }, (_, i) => catalog.commit(trial.put, { name: `n${i}`, value: '' })),
    )

    deepEqual(
      numbers,
      Array.from({ length: 2000 }, (_, i) => i + 1),
    )
    equal(catalog.number(), 2000)
  })

  it('undoes one that refuses after writing, and no other', async () => {
    const catalog = await freshCatalog(withTrials)
    await catalog.commit(trial.prepare, undefined)

    const settled = await Promise.allSettled([
      catalog.commit(trial.put, { name: 'a', value: '1' }),
      catalog.commit(trial.putThenRefuse, { name: 'b' }),
      catalog.commit(trial.put, { name: 'c', value: '1' }),
      catalog.commit(trial.putThenThrow, { name: 'd' }),
      catalog.commit(trial.put, { name: 'c', value: '2' }), // breaks a constraint
      catalog.commit(trial.put, { name: 'e', value: '1' }),
    ])

    deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
    deepEqual(await catalog.read(trial.allNames, undefined), ['a', 'c', 'e'])
    equal(catalog.number(), 3)
  })

  it('refuses with an S3Error as it was thrown, with its members and headers', async () => {
    const catalog = await freshCatalog(withTrials)
    await catalog.commit(trial.prepare, undefined)

    await rejects(catalog.commit(trial.putThenRefuse, { name: 'x' }), (error) => {
      ok(error instanceof S3Error)
      deepEqual(
        [error.code, error.status, error.message, error.members, error.headers],
        ['PreconditionFailed', 412, 'No.', { Condition: 'If-Match' }, { etag: '"x"' }],
      )
      return true
    })
  })

  it('hands on a bug with its name and stack, and an error of SQLite with its code', async () => {
    const catalog = await freshCatalog(withTrials)
    await catalog.commit(trial.prepare, undefined)
    await catalog.commit(trial.put, { name: 'a', value: '' })

    await rejects(catalog.commit(trial.putThenThrow, { name: 'x' }), (error) => {
      ok(error instanceof Error)
      equal(error.name, 'RangeError')
      ok(error.stack?.includes('trial-transactions'))
      return true
    })
    await rejects(catalog.commit(trial.put, { name: 'a', value: '' }), { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' })
  })

  it('decides a refusal by what an earlier one of the same group wrote', async () => {
    const catalog = await freshCatalog(withTrials)
    await catalog.commit(trial.prepare, undefined)

    const [, refused] = await Promise.allSettled([
      catalog.commit(trial.put, { name: 'lock', value: '' }),
      catalog.commit(trial.refuseIfThere, { name: 'lock' }),
    ])

    equal(refused.status, 'rejected')
  })

  it('refuses an unknown transaction and arguments that cannot be sent, and goes on', async () => {
    const catalog = await freshCatalog(withTrials)
    await catalog.commit(trial.prepare, undefined)

    const settled = await Promise.allSettled([
      catalog.commit({ ...trial.put, name: 'nobody' }, { name: 'a', value: '' }),
      catalog.commit({ ...trial.put, steps: trial.put.steps }, { name: 'b', value: (() => '') as never }),
      catalog.commit(trial.put, { name: 'c', value: '' }),
    ])

    deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'rejected', 'fulfilled'],
    )
    deepEqual(await catalog.read(trial.allNames, undefined), ['c'])
  })

  it('answers several steps from one snapshot, the first time too', async () => {
    const catalog = await freshCatalog(withTrials)
    await catalog.commit(trial.prepare, undefined)
    await catalog.commit(trial.put, { name: 'a', value: '' })
    const path = catalog.path
    const other = new Database(path)
    let count = 0
    const between = () => {
      count += 1
      other.prepare('INSERT INTO bucket_setting (bucket_id, name, value) VALUES (1, ?, ?)').run(`other${count}`, '')
    }

    for (let i = 0; i < 3; i += 1) {
      const [first, second] = await catalog.read(trial.namesTwice, between)
      equal(first, second)
    }
    other.close()
  })

  it('reads what was committed as soon as the commit is answered, while others commit', async () => {
    const catalog = await freshCatalog(withTrials)
    await catalog.commit(trial.prepare, undefined)
    const one = async (who: number) => {
      for (let i = 0; i < 50; i += 1) {
        await catalog.commit(trial.put, { name: `${who}-${i}`, value: `${i}` })
        equal(await catalog.read(trial.valueOf, `${who}-${i}`), `${i}`)
      }
    }

    await Promise.all(Array.from({ length: 16 }, (_, who) => one(who)))
  })

  it('refuses with SlowDown when too many wait, and serves those who were taken', async () => {
    const catalog = await freshCatalog(withTrials)
    await catalog.commit(trial.prepare, undefined)

    const settled = await Promise.allSettled(
      Array.from({ length: waitingCountMax + 5 }, (_, i) => catalog.commit(trial.refuseIfThere, { name: `${i}` })),
    )

    const refused = settled.filter(({ status }) => status === 'rejected')
    equal(refused.length, 5)
    await rejects(Promise.reject(refused[0]?.status === 'rejected' ? refused[0].reason : undefined), {
      code: 'SlowDown',
    })
    await catalog.commit(trial.put, { name: 'after', value: '' })
  })

  it('commits piece by piece when a group takes long, each answer in its place', async () => {
    const catalog = await freshCatalog(withTrials)
    await catalog.commit(trial.prepare, undefined)
    const settled = await Promise.allSettled(
      Array.from({ length: 60 }, (_, i) =>
        i % 10 === 7
          ? catalog.commit(trial.putThenRefuse, { name: `refused${i}` })
          : catalog.commit(trial.putMany, { name: `${i}`, count: 500 }),
      ),
    )

    const answers = settled.map((each) => (each.status === 'fulfilled' ? each.value : 'refused'))
    deepEqual(
      answers,
      Array.from({ length: 60 }, (_, i) => (i % 10 === 7 ? 'refused' : `${i}`)),
    )
    equal((await catalog.read(trial.allNames, undefined)).length, 54 * 500)
  })

  it('keeps the WAL bounded under a steady stream of writes, and empties it on close', async function () {
    this.timeout(60_000)
    const path = join(await freshDirectory(), 'catalog.db')
    const catalog = await freshCatalog({ path, ...withTrials })
    await catalog.commit(trial.prepare, undefined)
    let walBytesMost = 0
    const one = async () => {
      for (let i = 0; i < 400; i += 1) {
        const bytes = Uint8Array.from(randomBytes(16 * 1024))
        await catalog.commit(trial.putBytes, {
          bytes,
          digest: Uint8Array.from(createHash('sha256').update(bytes).digest()),
        })
        walBytesMost = Math.max(walBytesMost, statSync(`${path}-wal`).size)
      }
    }
    await Promise.all(Array.from({ length: 32 }, one)) // 200 MiB of content
    await catalog.close()

    ok(walBytesMost < 160 * 1024 * 1024, `the WAL grew to ${walBytesMost} bytes`)
    equal(statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0, 0)
  })

  it('says that the disk is full, undoes that group, and works again when there is space', async () => {
    const directory = await freshDirectory()
    const path = join(directory, 'catalog.db')
    const limited = { path, transactions: testModule('full-disk-transactions') }
    const { fillDisk, freeDisk } = await import('./full-disk-transactions.js')
    const catalog = await freshCatalog(limited)
    await catalog.commit(trial.prepare, undefined)
    await catalog.commit(fillDisk, undefined)

    const bytes = new Uint8Array(64 * 1024)
    await rejects(catalog.commit(trial.putBytes, { bytes, digest: new Uint8Array(32) }), {
      code: 'ServiceUnavailable',
      message: /disk of this server is full/,
    })
    await rejects(catalog.read(bucketNamed, 'nothing'), { code: 'NoSuchBucket' })
    await catalog.commit(freeDisk, undefined)
    await catalog.commit(trial.putBytes, { bytes, digest: new Uint8Array(32) })

    equal(catalog.failure(), undefined)
  })

  it('stops writing when the writer dies, says so, and goes on reading', async () => {
    const failures: Error[] = []
    const catalog = await freshCatalog({
      transactions: testModule('full-disk-transactions'),
      onFailure: (error) => failures.push(error),
    })
    const { endThread } = await import('./full-disk-transactions.js')
    await catalog.commit(trial.prepare, undefined)
    await catalog.commit(trial.put, { name: 'a', value: '1' })

    await rejects(catalog.commit(endThread, undefined), { code: 'ServiceUnavailable', message: /must be reopened/ })
    await rejects(catalog.commit(trial.put, { name: 'b', value: '1' }), { code: 'ServiceUnavailable' })

    equal(await catalog.read(trial.valueOf, 'a'), '1')
    equal(failures.length, 1)
  })

  it('stops writing when a commit fails on the disk, goes on reading, and has what was acknowledged when it is reopened', async function () {
    this.timeout(30_000)
    const path = join(await freshDirectory(), 'catalog.db')
    // Node ignores SIGXFSZ, so that a write beyond the limit is an error of the disk.
    const script = 'ulimit -f 3000; exec "$@"'
    const command = [process.execPath, ...process.execArgv, testModule('limited-writer').pathname, path]
    const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', ...command])
    const told = JSON.parse(stdout) as Record<'acknowledged' | 'errors' | 'read', string[]> & {
      late: string
      failures: number
    } // as limited-writer.ts writes it

    deepEqual(told.errors, [
      'ServiceUnavailable: This server has stopped writing after an error of its disk, and its store must be reopened: restart it, and see its log. Reads go on.',
    ])
    deepEqual([told.late, told.failures], ['refused', 1])
    ok(told.acknowledged.length > 50)
    deepEqual(told.read, told.acknowledged.toSorted())
    const catalog = await freshCatalog({ path, ...withTrials })
    const names = new Set(await catalog.read(trial.allNames, undefined))
    for (const name of told.acknowledged) ok(names.has(name))
    await catalog.commit(trial.put, { name: 'again', value: '' })
  })

  it('refuses, and goes on later, while another program holds the lock', async function () {
    this.timeout(20_000)
    const catalog = await freshCatalog(withTrials)
    await catalog.commit(trial.prepare, undefined)
    const other = new Database(catalog.path)
    other.exec('BEGIN IMMEDIATE')

    await rejects(catalog.commit(trial.put, { name: 'a', value: '' }), {
      code: 'ServiceUnavailable',
      message: /locked/,
    })
    other.close()

    await catalog.commit(trial.put, { name: 'b', value: '' })
    equal(catalog.failure(), undefined)
  })

  it('finishes what waits before it closes, and takes nothing afterwards', async () => {
    const path = join(await freshDirectory(), 'catalog.db')
    const catalog = await freshCatalog({ path, ...withTrials })
    await catalog.commit(trial.prepare, undefined)
    const waiting = Array.from({ length: 100 }, (_, i) => catalog.commit(trial.put, { name: `${i}`, value: '' }))

    await Promise.all([catalog.close(), ...waiting])

    await rejects(catalog.commit(trial.put, { name: 'late', value: '' }), /closed/)
    equal((await (await freshCatalog({ path, ...withTrials })).read(trial.allNames, undefined)).length, 100)
  })

  it('has every acknowledged transaction after kill -9 in the middle of commits', async function () {
    this.timeout(60_000)
    const path = join(await freshDirectory(), 'catalog.db')
    const acknowledged = new Set<string>()
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(
        process.execPath,
        [...process.execArgv, testModule('killed-writer').pathname, path, `${round}`],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const ended = new Promise((resolve) => child.once('exit', resolve))
      let count = 0
      for await (const name of createInterface({ input: child.stdout })) {
        acknowledged.add(name)
        count += 1
        if (count === 200 + round * 137) child.kill('SIGKILL')
      }
      await ended

      const catalog = await freshCatalog({ path, ...withTrials })
      const names = new Set(await catalog.read(trial.allNames, undefined))
      for (const name of acknowledged) ok(names.has(name), `${name} was acknowledged`)
      equal(catalog.number(), names.size)
      await catalog.close()
    }
  })
})
