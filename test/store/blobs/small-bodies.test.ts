import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { putTrial } from '../naming-transactions.js'
import { afterEachTest } from '../temporary-directory.js'
import { trialStore } from '../trial-store.js'
import { bytesOf, chunks, claims } from './bodies.js'

describe('smallBody', () => {
  const later = afterEachTest()

  async function opened(size: number) {
    const { store, directory } = await trialStore(later)
    const bytes = bytesOf(size)
    const draft = await store.writeBody(chunks(bytes), claims())
    const bodyId = await store.catalog.commit(putTrial, { key: 'k', draft })
    const run = (sql: string): void => {
      const database = new Database(join(directory, 'catalog.db'))
      database.exec(sql)
      database.close()
    }
    return { store, bytes, name: { position: 7, bodyId, size }, run }
  }

  for (const size of [0, 1, 16_384]) {
    it(`answers all ${size} bytes, the same the second time`, async () => {
      const { store, bytes, name } = await opened(size)
      deepEqual(Buffer.from((await store.smallBody(name)) ?? 'none'), bytes)
      deepEqual(Buffer.from((await store.smallBody(name)) ?? 'none'), bytes)
    })
  }

  it('answers nothing for a body of blob files, whatever its size', async () => {
    const { store, name } = await opened(16_385)
    equal(await store.smallBody(name), undefined)
    equal(await store.smallBody({ ...name, size: 100 }), undefined)
  })

  it('never answers damaged bytes', async () => {
    const { store, name, run } = await opened(1000)
    run('UPDATE body SET content = zeroblob(1000)')
    await rejects(store.smallBody(name), /damaged/)
    await rejects(store.smallBody(name), /damaged/)
  })

  it('answers the bytes of another version whose body has the id of one that is gone', async () => {
    const { store, bytes, name, run } = await opened(1000)
    ok(bytes.equals((await store.smallBody(name)) ?? Buffer.alloc(0)))
    run('DELETE FROM version; DELETE FROM body')
    const other = bytesOf(1000, 2)
    const draft = await store.writeBody(chunks(other), claims())
    const bodyId = await store.catalog.commit(putTrial, { key: 'l', draft })
    equal(bodyId, name.bodyId)
    ok(other.equals((await store.smallBody({ ...name, position: 8 })) ?? Buffer.alloc(0)))
  })
})
