// A check beside whoever writes, and where nobody can write: no false alarm, nothing missed.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Company } from '../../src/store/open-to-check.js'
import { bytesOf, chunks, claims } from './blobs/bodies.js'
import { faultsOf } from './faults-of.js'
import { deleteTrial, putParts, putTrial } from './naming-transactions.js'
import { afterEachTest, temporaryDirectory } from './temporary-directory.js'
import { trialStore } from './trial-store.js'

const run = promisify(execFile)
const isRoot = process.getuid?.() === 0

describe('checkStore in company', () => {
  const later = afterEachTest()

  it('raises no false alarm while others write, overwrite, delete and collect', async function () {
    this.timeout(60_000)
    const { store, directory } = await trialStore(later)
    const write = (size: number, seed: number) => store.writeBody(chunks(bytesOf(size, seed)), claims())
    const put = async (key: string, size: number, seed: number) =>
      store.catalog.commit(putTrial, { key, draft: await write(size, seed) })
    for (let i = 0; i < 40; i += 1) await put(`key ${i}`, 20_000 + 50_000 * i, i)
    const checking = new AbortController()
    let writes = 0
    const writer = async (): Promise<void> => {
      for (let i = 0; !checking.signal.aborted; i += 1) {
        const key = `key ${i % 40}`
        if (i % 5 === 4) await store.catalog.commit(deleteTrial, { key })
        else if (i % 7 === 6) {
          await store.catalog.commit(putParts, { key, drafts: [await write(30_000, i), await write(9, i % 3)] })
        } else await put(key, i % 3 === 0 ? 100 + i : 20_000 + 1_000 * i, i)
        await store.collector.collectNow()
        writes += 1
      }
    }
    const writing = writer()
    const companies: Company[] = []
    try {
      for (let round = 0; round < 8; round += 1) {
        deepEqual(await faultsOf(directory, { company: (company) => companies.push(company) }), [])
      }
    } finally {
      checking.abort()
      await writing
    }
    ok(writes > 20, `${writes} writes`)
    deepEqual(new Set(companies), new Set(['beside']))
  })

  it('finds a damaged file beside a server', async () => {
    const { store, directory } = await trialStore(later)
    const draft = await store.writeBody(chunks(bytesOf(100_000)), claims())
    await store.catalog.commit(putTrial, { key: 'k', draft })
    const location = draft.content.kind === 'blobs' ? (draft.content.blobs[0]?.location ?? '') : ''
    const file = join(directory, 'blobs', location)
    const bytes = await readFile(file)
    bytes[70_000] = (bytes[70_000] ?? 0) ^ 4
    await writeFile(file, bytes)
    const faults = await faultsOf(directory)
    deepEqual(
      faults.map(({ what, serves }) => [what, serves]),
      [['the file is damaged', [{ bucket: 'trial', key: 'k', versionId: 'null' }]]],
    )
  })

  async function closedStore(): Promise<string> {
    const { store, directory } = await trialStore(later)
    await store.catalog.commit(putTrial, { key: 'k', draft: await store.writeBody(chunks(bytesOf(100_000)), claims()) })
    await store.close()
    return directory
  }

  async function readOnly(directory: string): Promise<void> {
    await run('mount', ['--bind', directory, directory])
    later(() => run('umount', [directory]))
    await run('mount', ['-o', 'remount,ro,bind', directory])
  }

  it('reads a directory that cannot be written to', async function () {
    if (!isRoot) return this.skip()
    const directory = await closedStore()
    await readOnly(directory)
    const companies: Company[] = []
    deepEqual(await faultsOf(directory, { company: (company) => companies.push(company) }), [])
    deepEqual(companies, ['read-only'])
    ok(!(await readdir(directory)).includes('catalog.db-wal'))
  })

  it('finds what is damaged in a directory that cannot be written to', async function () {
    if (!isRoot) return this.skip()
    const directory = await closedStore()
    const names = await readdir(join(directory, 'blobs'), { recursive: true })
    await truncate(join(directory, 'blobs', names.find((name) => name.includes('-')) ?? ''), 5)
    await readOnly(directory)
    const faults = await faultsOf(directory)
    equal(faults.length, 1)
    match(faults[0]?.what ?? '', /5 bytes, not 100000/)
  })

  it('reads changes that are not in the database file yet there too, and leaves nothing behind', async function () {
    if (!isRoot) return this.skip()
    const { store, directory } = await trialStore(later)
    await store.catalog.commit(putTrial, { key: 'k', draft: await store.writeBody(chunks(bytesOf(20_000)), claims()) })
    const copy = await temporaryDirectory(later)
    for (const name of ['catalog.db', 'catalog.db-wal']) await cp(join(directory, name), join(copy, name))
    ok((await stat(join(copy, 'catalog.db-wal'))).size > 0)
    await readOnly(copy)
    const faults = await faultsOf(copy)
    deepEqual(
      faults.map(({ what, serves }) => [what, serves.map(({ key }) => key)]),
      [['the file is missing', ['k']]],
    )
    deepEqual(
      (await readdir(tmpdir())).filter((name) => name.startsWith('cairn-catalog-')),
      [],
    )
  })
})
