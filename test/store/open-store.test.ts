import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findAccount } from '../../src/store/catalog/account.js'
import { registerInstance, unsweptInstances } from '../../src/store/catalog/register-instance.js'
import { allOf, bytesOf, chunks, claims } from './blobs/bodies.js'
import { deleteTrial, putParts, putTrial } from './naming-transactions.js'
import { afterEachTest, filesBelow, temporaryDirectory } from './temporary-directory.js'
import { openBody, ownerId, trialStore } from './trial-store.js'

const MiB = 1024 * 1024

describe('openStore', () => {
  const later = afterEachTest()

  it('makes the directory, with its parents, and the root account', async () => {
    const directory = join(await temporaryDirectory(later), 'a', 'b')
    const { store } = await trialStore(later, directory)
    const names = (await readdir(directory)).filter((name) => !/-(wal|shm|journal)$/.test(name))
    deepEqual(names.toSorted(), ['blobs', 'catalog.db', 'lock.db', 'lock.pid', 'master-key.json'])
    const { number, ...account } = (await store.catalog.read(findAccount, ownerId)) ?? { number: '' }
    deepEqual(account, { id: ownerId, name: 'root' })
    match(number, /^[1-9]\d{11}$/)
  })

  it('keeps what was named, and refuses a second one on the directory', async () => {
    const { store, directory } = await trialStore(later)
    const bytes = bytesOf(20 * MiB)
    const bodyId = await store.catalog.commit(putTrial, {
      key: 'k',
      draft: await store.writeBody(chunks(bytes), claims()),
    })
    await rejects(trialStore(later, directory), { name: 'DirectoryLocked' })
    await store.close()
    const { store: again } = await trialStore(later, directory)
    ok(bytes.equals(await allOf(again.readBody(openBody(again, bodyId, bytes.length)))))
  })

  it('lets a body that is being written end before it closes, and takes no other', async () => {
    const { store } = await trialStore(later)
    let goOn = (): void => undefined
    const gate = new Promise<void>((resolve) => (goOn = resolve))
    async function* source(): AsyncGenerator<Uint8Array> {
      yield bytesOf(100_000)
      await gate
      yield bytesOf(100_000)
    }
    const writing = store.writeBody(source(), claims())
    const closing = store.close()
    await rejects(store.writeBody(chunks(bytesOf(1)), claims()), /closed/)
    goOn()
    equal((await writing).size, 200_000)
    await closing
  })

  it('discards what was not named, and never what was', async () => {
    const { store, directory } = await trialStore(later)
    const draft = await store.writeBody(chunks(bytesOf(17 * MiB)), claims())
    equal((await filesBelow(join(directory, 'blobs'))).length, 2)
    await store.discard(draft)
    deepEqual(await filesBelow(join(directory, 'blobs')), [])
    const named = await store.writeBody(chunks(bytesOf(17 * MiB)), claims())
    await store.catalog.commit(putTrial, { key: 'k', draft: named })
    await store.discard(named)
    equal((await filesBelow(join(directory, 'blobs'))).length, 2)
    await store.discard(await store.writeBody(chunks(bytesOf(3)), claims()))
  })

  it('refuses blobs whose catalog is missing or empty, rather than begin anew', async () => {
    const { store, directory } = await trialStore(later)
    await store.catalog.commit(putTrial, { key: 'k', draft: await store.writeBody(chunks(bytesOf(20_000)), claims()) })
    await store.close()
    const path = join(directory, 'catalog.db')
    await rename(path, `${path}.kept`)
    await rejects(trialStore(later, directory), /catalog .* is missing or empty: restore it/)
    await writeFile(path, '')
    await rejects(trialStore(later, directory), /catalog .* is missing or empty: restore it/)
    await rename(`${path}.kept`, path)
    const { store: again } = await trialStore(later, directory)
    ok((await again.catalog.read(findAccount, ownerId)) !== undefined)
  })

  it('removes what dead processes left unnamed, and nothing else', async () => {
    const { store, directory } = await trialStore(later)
    await store.collector.swept()
    const bytes = bytesOf(100_000)
    const bodyId = await store.catalog.commit(putTrial, {
      key: 'k',
      draft: await store.writeBody(chunks(bytes), claims()),
    })
    await store.writeBody(chunks(bytesOf(100_001)), claims())
    await store.catalog.commit(registerInstance, { id: 'deaddeaddeaddead', startedMs: 1 })
    const dead = join(directory, 'blobs', 'deaddeaddeaddead', '0')
    await mkdir(dead, { recursive: true })
    for (let i = 0; i < 1203; i += 1) await writeFile(join(dead, `draft-${i}`), '')
    equal((await filesBelow(join(directory, 'blobs'))).length, 1205)
    await store.close()
    const { store: again } = await trialStore(later, directory)
    await again.collector.swept()
    const left = await filesBelow(join(directory, 'blobs'))
    equal(left.length, 1)
    equal((await again.catalog.read(unsweptInstances, undefined)).length, 1)
    ok(bytes.equals(await allOf(again.readBody(openBody(again, bodyId, bytes.length)))))
  })
})

describe('the collector', () => {
  const later = afterEachTest()

  it('removes what was overwritten or deleted, and the surplus of identical bodies', async () => {
    const { store, directory } = await trialStore(later)
    const write = (size: number, seed = 1) => store.writeBody(chunks(bytesOf(size, seed)), claims())
    const blobs = join(directory, 'blobs')
    await store.catalog.commit(putTrial, { key: 'a', draft: await write(20_000) })
    await store.catalog.commit(putTrial, { key: 'b', draft: await write(20_000) })
    await store.catalog.commit(putTrial, { key: 'a', draft: await write(30_000) })
    equal((await filesBelow(blobs)).length, 3)
    await store.collector.collectNow()
    equal((await filesBelow(blobs)).length, 2)
    await store.catalog.commit(deleteTrial, { key: 'b' })
    const drafts = [await write(100), await write(20 * MiB), await write(30_000)]
    await store.catalog.commit(putParts, { key: 'c', drafts })
    await store.catalog.commit(deleteTrial, { key: 'c' })
    await store.collector.collectNow()
    await store.collector.collectNow()
    equal((await filesBelow(blobs)).length, 1)
    await store.catalog.commit(deleteTrial, { key: 'a' })
    await store.collector.collectNow()
    deepEqual(await filesBelow(blobs), [])
  })

  it('waits for a slow reader, whatever was deleted meanwhile', async () => {
    const { store, directory } = await trialStore(later)
    const bytes = bytesOf(40 * MiB)
    const bodyId = await store.catalog.commit(putTrial, {
      key: 'k',
      draft: await store.writeBody(chunks(bytes), claims()),
    })
    const read = store.readBody(openBody(store, bodyId, bytes.length))
    if (read instanceof Uint8Array) throw new Error('it is not small')
    const reader = read[Symbol.asyncIterator]()
    const copies = [Buffer.from((await reader.next()).value ?? [])]
    await store.catalog.commit(deleteTrial, { key: 'k' })
    for (let i = 0; i < 3; i += 1) await store.collector.collectNow()
    equal((await filesBelow(join(directory, 'blobs'))).length, 3)
    for (let next = await reader.next(); next.done !== true; next = await reader.next())
      copies.push(Buffer.from(next.value))
    ok(bytes.equals(Buffer.concat(copies)))
    await store.collector.collectNow()
    deepEqual(await filesBelow(join(directory, 'blobs')), [])
  })

  it('does not wait for a reader that left', async () => {
    const { store, directory } = await trialStore(later)
    const bodyId = await store.catalog.commit(putTrial, {
      key: 'k',
      draft: await store.writeBody(chunks(bytesOf(5 * MiB)), claims()),
    })
    for await (const _ of chunked(store.readBody(openBody(store, bodyId, 5 * MiB)))) break
    await store.catalog.commit(deleteTrial, { key: 'k' })
    await store.collector.collectNow()
    deepEqual(await filesBelow(join(directory, 'blobs')), [])
  })

  it('survives a file that somebody else has removed', async () => {
    const { store, directory } = await trialStore(later)
    const draft = await store.writeBody(chunks(bytesOf(20_000)), claims())
    await store.catalog.commit(putTrial, { key: 'k', draft })
    await store.catalog.commit(deleteTrial, { key: 'k' })
    for (const file of await filesBelow(join(directory, 'blobs'))) await rm(join(directory, 'blobs', file))
    equal((await store.collector.collectNow()).files, 1)
    equal((await store.collector.collectNow()).files, 0)
  })
})

async function* chunked(body: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body
  else yield* body
}
