import Database from 'better-sqlite3'
import { deepEqual, equal, ok } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Disk } from '../../src/store/blobs/disk.js'
import type { Catalog } from '../../src/store/catalog/catalog.js'
import { Collector } from '../../src/store/collect.js'
import { holdDirectory, Holds } from '../../src/store/holds.js'
import type { LocalStore } from '../../src/store/open-store.js'
import { bytesOf, chunks, claims } from './blobs/bodies.js'
import { deleteTrial, putTrial } from './naming-transactions.js'
import { afterEachTest, filesBelow, temporaryDirectory } from './temporary-directory.js'
import { trialStore } from './trial-store.js'

const isSource = import.meta.url.endsWith('.ts')

/** Puts a body of one blob file. */
const put = async (store: LocalStore, key: string, seed: number): Promise<unknown> =>
  store.catalog.commit(putTrial, { key, draft: await store.writeBody(chunks(bytesOf(20_000, seed)), claims()) })

describe('holdDirectory', () => {
  const later = afterEachTest()

  it('holds everything at first, then from a number on, then nothing', async () => {
    const directory = await temporaryDirectory(later)
    const holds = new Holds(directory)
    equal(holds.oldest(7), 7)
    const one = holdDirectory(directory)
    later(() => one.release())
    const other = holdDirectory(directory)
    later(() => other.release())
    equal(holds.oldest(7), 0)
    one.keepFrom(5)
    equal(holds.oldest(7), 0)
    other.keepFrom(6)
    equal(holds.oldest(7), 5)
    equal(holds.oldest(4), 4)
    one.release()
    one.release()
    equal(holds.oldest(7), 6)
    other.release()
    equal(holds.oldest(7), 7)
    deepEqual(readdirSync(join(directory, 'holds')), [])
  })

  it('falls with its process, however that dies, and leaves nothing', async () => {
    const directory = await temporaryDirectory(later)
    const holder = await inProcess(
      directory,
      // Held by a name: what nobody can reach is closed when memory is collected.
      `globalThis.hold = holdDirectory(directory)
       hold.keepFrom(3)
       console.log('held')
       setInterval(() => undefined, 1000)`,
    )
    const holds = new Holds(directory)
    equal(holds.oldest(9), 3)
    equal(holds.oldest(9), 3)
    const ended = once(holder, 'exit')
    ok(holder.kill('SIGKILL'))
    await ended
    equal(holds.oldest(9), 9)
    deepEqual(readdirSync(join(directory, 'holds')), [])
  })

  it('is never lost to a collector that takes it for dead before it is locked', async () => {
    const directory = await temporaryDirectory(later)
    const looker = await inProcess(
      directory,
      `const holds = new Holds(directory)
       console.log('looking')
       for (;;) holds.oldest(5)`,
    )
    const holds = new Holds(directory)
    for (let i = 0; i < 500; i += 1) {
      const hold = holdDirectory(directory)
      equal(holds.oldest(5), 0, `hold ${i}`)
      hold.release()
    }
    equal(looker.exitCode, null)
  })

  /** Runs statements in a process of its own, which may use the module and `directory`; answers once it has printed something. */
  async function inProcess(directory: string, statements: string): Promise<ChildProcess> {
    const module = new URL(`../../src/store/holds.${isSource ? 'ts' : 'js'}`, import.meta.url).href
    const script = join(directory, 'hold.mjs')
    writeFileSync(
      script,
      `const { holdDirectory, Holds } = await import(${JSON.stringify(module)})
       const directory = ${JSON.stringify(directory)}
       ${statements}`,
    )
    const loader = isSource ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : []
    const child = spawn(process.execPath, [...loader, script], { stdio: ['ignore', 'pipe', 'inherit'] })
    later(() => child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    return child
  }
})

describe('the collector, beside a process that holds', () => {
  const later = afterEachTest()

  it('keeps the files the holder needs, and removes them after it', async () => {
    const { store, directory } = await trialStore(later)
    const blobs = join(directory, 'blobs')
    await put(store, 'before', 1)
    await store.catalog.commit(deleteTrial, { key: 'before' })
    await put(store, 'k', 2)
    await store.collector.collectNow()
    equal((await filesBelow(blobs)).length, 1)
    const hold = holdDirectory(directory)
    later(() => hold.release())
    hold.keepFrom(store.catalog.number())
    await put(store, 'k', 3)
    await store.catalog.commit(deleteTrial, { key: 'k' })
    for (let i = 0; i < 3; i += 1) await store.collector.collectNow()
    equal((await filesBelow(blobs)).length, 2)
    hold.release()
    await store.collector.collectNow()
    deepEqual(await filesBelow(blobs), [])
  })

  it('keeps them across a restart of the server too', async () => {
    const { store, directory } = await trialStore(later)
    await put(store, 'k', 1)
    await store.collector.collectNow()
    const hold = holdDirectory(directory)
    later(() => hold.release())
    hold.keepFrom(store.catalog.number())
    await store.catalog.commit(deleteTrial, { key: 'k' })
    await store.close()
    const { store: again } = await trialStore(later, directory)
    await again.collector.swept()
    await again.collector.collectNow()
    equal((await filesBelow(join(directory, 'blobs'))).length, 1)
    hold.release()
    await again.collector.collectNow()
    deepEqual(await filesBelow(join(directory, 'blobs')), [])
  })

  /** Places of blobs in a snapshot of another connection. */
  function placesIn(directory: string): { number: number; places: string[] } {
    const database = new Database(join(directory, 'catalog.db'), { readonly: true })
    try {
      database.exec('BEGIN')
      const number = database.prepare<[], number>('SELECT max(number) FROM change').pluck().get() ?? 0
      return { number, places: database.prepare<[], string>('SELECT location FROM place').pluck().all() }
    } finally {
      database.close()
    }
  }

  // A pass is a row of calls of the catalog, a look at the holds before some of them. The holder comes before or after each call in turn,
  // with its snapshot at once or one call later, and with its number at once or one call later.
  const lags = [0, 1, 2] as const
  for (const snapshotLag of lags) {
    for (const numberLag of lags) {
      it(`loses nothing a holder's snapshot names, whenever it comes (${snapshotLag}, ${numberLag})`, async () => {
        const { store, directory } = await trialStore(later)
        let last = 0
        let wasCutShort = false
        for (let first = 0; !wasCutShort; first += 1) {
          await store.collector.collectNow()
          await put(store, 'kept', 1)
          await put(store, 'overwritten', 2)
          await put(store, 'overwritten', 3)
          await put(store, 'deleted', 4)
          await store.catalog.commit(deleteTrial, { key: 'deleted' })
          const upTo = store.catalog.number()

          let moments = 0
          let hold: ReturnType<typeof holdDirectory> | undefined
          let snapshot: ReturnType<typeof placesIn> | undefined
          const moment = (): void => {
            if (moments === first) hold = holdDirectory(directory)
            if (moments === first + snapshotLag) snapshot = placesIn(directory)
            if (moments === first + snapshotLag + numberLag) hold?.keepFrom(snapshot?.number ?? 0)
            moments += 1
          }
          const catalog: Catalog = {
            number: () => store.catalog.number(),
            readNow: (query, args) => store.catalog.readNow(query, args),
            accessNumber: () => store.catalog.accessNumber(),
            close: () => Promise.resolve(),
            read: async (query, args) => {
              moment()
              const answer = await store.catalog.read(query, args)
              moment()
              return answer
            },
            commit: async (transaction, args) => {
              moment()
              const answer = await store.catalog.commit(transaction, args)
              moment()
              return answer
            },
          }
          const holds = new Holds(directory)
          const log = { info: () => undefined, error: () => undefined }
          const root = join(directory, 'blobs')
          const collector = new Collector({
            catalog,
            disk: new Disk(),
            readers: { oldest: (current) => holds.oldest(current) },
            forget: () => undefined,
            root,
            isLiving: () => true,
            log,
          })
          equal(store.catalog.number(), upTo)
          await collector.collectNow()
          wasCutShort = snapshot === undefined
          for (const place of snapshot?.places ?? [])
            ok(existsSync(join(root, place)), `${place}, held at moment ${first}`)
          hold?.release()
          last = first
        }
        ok(last > 10, 'the holder came at too few moments')
      })
    }
  }
})
