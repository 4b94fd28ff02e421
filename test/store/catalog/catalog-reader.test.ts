import { equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { CatalogReader } from '../../../src/store/catalog/catalog-reader.js'
import { closeCatalogs, freshCatalog, freshDirectory, testModule } from './fresh-catalog.js'
import * as trial from './trial-transactions.js'

const withTrials = { transactions: testModule('trial-transactions') }

/** Reads so often that the reads of the next turn share a snapshot. */
async function makeBusy(read: () => unknown): Promise<void> {
  for (let i = 0; i < 8; i += 1) read()
  await turn()
}

describe('Reads of one turn of the event loop', () => {
  let path: string
  /** Of another process, as it were: nobody tells the reader of its commits. */
  let other: Database.Database
  const set = (value: string): unknown =>
    other.prepare("UPDATE bucket_setting SET value = ? WHERE name = 'a'").run(value)

  beforeEach(async () => {
    path = join(await freshDirectory(), 'catalog.db')
    const catalog = await freshCatalog({ path, ...withTrials })
    await catalog.commit(trial.prepare, undefined)
    await catalog.commit(trial.put, { name: 'a', value: '1' })
    await catalog.close()
    other = new Database(path)
  })

  afterEach(async () => {
    other.close()
    await closeCatalogs()
  })

  it('share a snapshot where they may and are many; it ends with the turn, and when it is renewed', async () => {
    const reader = new CatalogReader(path, true)
    const value = (): unknown => reader.readNow(trial.valueOf, 'a')
    await makeBusy(value)

    equal(value(), '1')
    set('2')
    equal(value(), '1')
    reader.renew()
    equal(value(), '2')
    set('3')
    equal(value(), '2')
    await turn()
    equal(value(), '3')
    reader.close()
  })

  it('share none where they are few, or may not', async () => {
    for (const mayShare of [true, false]) {
      const reader = new CatalogReader(path, mayShare)
      const value = (): unknown => reader.readNow(trial.valueOf, 'a')
      if (!mayShare) await makeBusy(value)
      set(`before ${mayShare}`)
      equal(value(), `before ${mayShare}`)
      set(`after ${mayShare}`)
      equal(value(), `after ${mayShare}`)
      reader.close()
      await turn()
    }
  })

  it('see what this process has been told of, however many read', async () => {
    const catalog = await freshCatalog({ path, ...withTrials })
    const over = new AbortController()
    let shared = 0
    const readers = Array.from({ length: 16 }, async () => {
      while (!over.signal.aborted) {
        for (let i = 0; i < 8; i += 1) await catalog.read(trial.valueOf, 'a')
        shared += 1
        await turn()
      }
    })
    for (let i = 0; i < 300; i += 1) {
      await catalog.commit(trial.put, { name: `new ${i}`, value: `v${i}` })
      // No turn passes between the answer and this read.
      equal(await catalog.read(trial.valueOf, `new ${i}`), `v${i}`)
    }
    over.abort()
    await Promise.all(readers)
    ok(shared > 300, `${shared}`)
  })
})
