// A writer and its workers, all in this process, with the sockets between them: what holds between processes that cannot be seen from outside.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { S3Error } from '../../../src/contract/errors.js'
import { frameOf } from '../../../src/store/link/frames.js'
import type { OpenBody, ServedStore } from '../../../src/store/store.js'
import { openWorkerStore } from '../../../src/store/worker-store.js'
import { openWriterStore, type WriterStore, type WriterStoreSettings } from '../../../src/store/writer-store.js'
import { allOf, bytesOf, chunks, claims } from '../blobs/bodies.js'
import { deleteTrial, putTrial } from '../naming-transactions.js'
import { afterEachTest, filesBelow, temporaryDirectory } from '../temporary-directory.js'
import { MasterKey } from '../../../src/store/sealer.js'
import { ownerId, transactions } from '../trial-store.js'

const MiB = 1024 * 1024
const log = { info: () => undefined, error: () => undefined }

describe('A worker’s store', () => {
  const later = afterEachTest()

  const startWriter = async (directory: string, options: Partial<WriterStoreSettings> = {}): Promise<WriterStore> => {
    const owner = { ownerId, ownerName: 'root' }
    const writer = await openWriterStore({ directory, ...owner, run: 'run', living: [], transactions, ...options })
    later(() => writer.close())
    return writer
  }

  const startWorker = async (directory: string, instance: string): Promise<ServedStore> => {
    const worker = await openWorkerStore({
      masterKey: MasterKey.random(),
      directory,
      run: 'run',
      instance,
      processes: 2,
      log,
      onFailure: () => undefined,
      onRefusal: () => undefined,
    })
    later(() => worker.close())
    return worker
  }

  const put = async (store: ServedStore, key: string, bytes: Uint8Array): Promise<OpenBody> => {
    const draft = await store.writeBody(chunks(bytes), claims())
    const bodyId = await store.catalog.commit(putTrial, { key, draft })
    return { bodyId, size: bytes.length, number: store.catalog.number() }
  }

  it('reads what another has named', async () => {
    const directory = await temporaryDirectory(later)
    await startWriter(directory)
    const [one, other] = [await startWorker(directory, 'one'), await startWorker(directory, 'other')]
    const bytes = bytesOf(20 * MiB)
    const body = await put(one, 'k', bytes)
    ok(bytes.equals(await allOf(other.readBody(body))))
    deepEqual(new Set((await filesBelow(join(directory, 'blobs'))).map((file) => file.split('/')[0])), new Set(['one']))
  })

  it('keeps the collector from what it reads, though another has deleted it', async () => {
    const directory = await temporaryDirectory(later)
    const { collector } = await startWriter(directory)
    const [one, other] = [await startWorker(directory, 'one'), await startWorker(directory, 'other')]
    const bytes = bytesOf(40 * MiB)
    const body = await put(one, 'k', bytes)
    const read = other.readBody(body)
    const reader = read[Symbol.asyncIterator]()
    const copies = [Buffer.from((await reader.next()).value ?? [])]
    await one.catalog.commit(deleteTrial, { key: 'k' })
    for (let i = 0; i < 3; i += 1) await collector.collectNow()
    equal((await filesBelow(join(directory, 'blobs'))).length, 3)
    for (let next = await reader.next(); next.done !== true; next = await reader.next())
      copies.push(Buffer.from(next.value))
    ok(bytes.equals(Buffer.concat(copies)))
    await collector.collectNow()
    deepEqual(await filesBelow(join(directory, 'blobs')), [])
  })

  it('keeps the collector waiting while it may live and does not answer, and no longer', async () => {
    const directory = await temporaryDirectory(later)
    const writer = await startWriter(directory, { living: ['silent'] })
    const one = await startWorker(directory, 'one')
    await put(one, 'k', bytesOf(100_000))
    await one.catalog.commit(deleteTrial, { key: 'k' })
    let isDone = false
    const pass = writer.collector.collectNow().then(() => (isDone = true))
    await wait(300)
    equal(isDone, false)
    equal((await filesBelow(join(directory, 'blobs'))).length, 1)
    writer.bury('silent')
    await pass
    deepEqual(await filesBelow(join(directory, 'blobs')), [])
  })

  it('goes on with the next writer, which leaves its files alone, and sweeps those of the dead', async () => {
    const directory = await temporaryDirectory(later)
    const first = await startWriter(directory)
    const [one, dead] = [await startWorker(directory, 'one'), await startWorker(directory, 'dead')]
    const bytes = bytesOf(100_000)
    const draft = await one.writeBody(chunks(bytes), claims())
    await dead.writeBody(chunks(bytesOf(100_001)), claims())
    await first.close()
    match(String(one.failure()), /is not running/)
    await dead.close()
    const waiting = one.catalog.commit(putTrial, { key: 'k', draft })
    const second = await startWriter(directory, { living: ['one'] })
    const bodyId = await waiting
    await second.collector.swept()
    equal((await filesBelow(join(directory, 'blobs'))).length, 1)
    equal(one.failure(), undefined)
    const body = { bodyId, size: bytes.length, number: one.catalog.number() }
    ok(bytes.equals(await allOf(one.readBody(body))))
    // Not named, and buried: removed while the writer goes on.
    await one.writeBody(chunks(bytesOf(100_002)), claims())
    await one.close()
    second.bury('one')
    await second.collector.swept()
    equal((await filesBelow(join(directory, 'blobs'))).length, 1)
  })

  it('is told that the outcome is not known when the writer goes before it answers, and keeps what was named', async () => {
    const directory = await temporaryDirectory(later)
    const first = await startWriter(directory)
    const one = await startWorker(directory, 'one')
    const bytes = bytesOf(100_000)
    const drafts = await Promise.all(
      Array.from({ length: 20 }, (_, i) => one.writeBody(chunks(bytesOf(100_000 + i)), claims())),
    )
    const ends = Promise.allSettled(drafts.map((draft, i) => one.catalog.commit(putTrial, { key: `${i}`, draft })))
    await new Promise((resolve) => setImmediate(resolve))
    const closing = first.close()
    const results = await ends
    await closing
    for (const end of results) {
      if (end.status === 'fulfilled') continue
      const { reason } = end
      ok(reason instanceof S3Error && reason.code === 'ServiceUnavailable', String(reason))
      equal(reason.headers['Retry-After'], '1')
    }
    await startWriter(directory, { living: ['one'] })
    // Asked of the new writer: what the old one has committed after all is not discarded.
    await Promise.all(drafts.map((draft) => one.discard(draft)))
    const left = await filesBelow(join(directory, 'blobs'))
    const again = await put(one, 'last', bytes)
    ok(bytes.equals(await allOf(one.readBody(again))))
    const named = results.filter(({ status }) => status === 'fulfilled').length
    ok(left.length >= named, `${left.length} files are left of ${named} that were acknowledged`)
  })

  it('is turned away by the writer of another run, and by one that knows it for dead', async () => {
    const directory = await temporaryDirectory(later)
    const writer = await startWriter(directory, { run: 'new' })
    writer.bury('buried')
    for (const hello of [
      { run: 'old', instance: 'a' },
      { run: 'new', instance: 'buried' },
    ]) {
      const socket = connect(join(directory, 'writer.sock'))
      socket.write(frameOf({ kind: 'hello', ...hello }))
      const said: Buffer[] = []
      for await (const chunk of socket) said.push(chunk as Buffer)
      match(Buffer.concat(said).toString('latin1'), /The server this process works for is over/)
    }
  })

  it('lets nothing count that a dead worker had sent and nobody had read', async () => {
    const directory = await temporaryDirectory(later)
    const writer = await startWriter(directory)
    const [one, other] = [await startWorker(directory, 'one'), await startWorker(directory, 'other')]
    const draft = await one.writeBody(chunks(bytesOf(100_000)), claims())
    const commit = one.catalog.commit(putTrial, { key: 'k', draft })
    const refused = rejects(commit, { code: 'ServiceUnavailable' })
    // It is sent in this turn of the event loop, and would be read in the next.
    await new Promise((resolve) => setImmediate(resolve))
    writer.bury('one')
    await refused
    await writer.collector.swept()
    deepEqual(await filesBelow(join(directory, 'blobs')), [])
    await put(other, 'k', bytesOf(100))
  })

  it('refuses writes in every worker once writing has stopped, one that starts later too, and reads on', async () => {
    const directory = await temporaryDirectory(later)
    const failures: Error[] = []
    const writer = await startWriter(directory, { onFailure: (error) => failures.push(error) })
    const [one, other] = [await startWorker(directory, 'one'), await startWorker(directory, 'other')]
    const bytes = bytesOf(100_000)
    const body = await put(one, 'k', bytes)
    writer.stopWriting(new Error('EIO'))
    equal(failures.length, 1)
    for (const store of [one, other]) {
      await rejects(store.catalog.commit(deleteTrial, { key: 'k' }), { code: 'ServiceUnavailable' })
      ok(bytes.equals(await allOf(store.readBody(body))))
    }
    const late = await startWorker(directory, 'late')
    for (const store of [one, other, late]) {
      match(String(store.failure()), /EIO/)
      await rejects(store.writeBody(chunks(bytes), claims()), { code: 'ServiceUnavailable' })
      ok(bytes.equals(await allOf(store.readBody(body))))
    }
    equal((await filesBelow(join(directory, 'blobs'))).length, 1)
  })
})
