// One bound for all payloads that are held whole.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { HeldMemory, type Holder, heldMemory } from '../../../src/s3/body/held-memory.js'
import { readWhole } from '../../../src/s3/body/read-whole.js'
import { bodyRules } from '../../../src/s3/body/body-rules.js'
import { bytesOfSize, cutAt, opened, signedChunksMode, signedPayload, whole } from './payloads.js'

const mib = 1024 * 1024
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('held memory', () => {
  it('waits for room, and gives it in the order it was asked for', async () => {
    const memory = new HeldMemory(2 * mib)
    const release = await memory.take(1.5 * mib)
    const order: string[] = []
    const large = memory.take(mib).then((done) => (order.push('large'), done))
    // There is room for this one, but it is not its turn.
    const small = memory.take(mib / 2).then((done) => (order.push('small'), done))
    await turn()
    deepEqual(order, [])
    equal(memory.waitingCount, 2)
    release()
    release()
    const held = await Promise.all([large, small])
    deepEqual(order, ['large', 'small'])
    for (const done of held) done()
    equal(memory.takenSizeBytes, 0)
  })

  it('leaves a quarter to pieces of the usual size, whoever holds or waits for large ones', async () => {
    const memory = new HeldMemory(8 * mib)
    const held = [await memory.take(3 * mib), await memory.take(3 * mib)]
    const large = memory.take(2 * mib)
    await turn()
    equal(memory.waitingCount, 1)

    const usual = [await memory.take(mib), await memory.take(mib)]
    for (const done of [...held, ...usual]) done()
    ;(await large)()

    equal(memory.takenSizeBytes, 0)
  })

  it('lets pieces of up to 64 KiB pass', async () => {
    const memory = new HeldMemory(mib)
    const release = await memory.take(mib)
    ;(await memory.take(64 * 1024))()
    release()
  })

  it('gives all of it to who asks for more than there is', async () => {
    const memory = new HeldMemory(mib)
    ;(await memory.take(9 * mib))()
    ;(await memory.take(mib))()
    equal(memory.takenSizeBytes, 0)
  })

  it('forgets who is aborted while it waits, and lets the next one in', async () => {
    const memory = new HeldMemory(4 * mib)
    const release = await memory.take(3 * mib)
    const abort = new AbortController()
    const left = new Error('the client left')
    const gone = rejects(memory.take(2 * mib, abort.signal), left)
    const next = memory.take(mib)
    abort.abort(left)
    await gone
    ;(await next)()
    equal(memory.waitingCount, 0)
    await rejects(memory.take(mib, abort.signal), left)
    release()
    ;(await memory.take(4 * mib))()
  })

  describe('held by a slow client', () => {
    const slow = (isWaiting = true): Holder & { failures: Error[] } => {
      const failures: Error[] = []
      return { isWaiting, failures, fail: (error) => failures.push(error) }
    }

    it('is taken from it while others wait, once its piece is late', async () => {
      let nowMs = 0
      const memory = new HeldMemory(4 * mib, () => nowMs)
      const holder = slow()
      await memory.take(mib, undefined, holder)
      // 10 s, and 4 s for 1 MiB at 256 KiB a second.
      nowMs = 14_000
      memory.turnOutLate()
      deepEqual(holder.failures, [])
      nowMs = 14_001
      memory.turnOutLate()
      deepEqual(
        holder.failures.map(({ name }) => name),
        ['RequestTimeout'],
      )
    })

    it('stays where the client is not what is waited for', async () => {
      let nowMs = 0
      const memory = new HeldMemory(4 * mib, () => nowMs)
      const holder = slow(false)
      await memory.take(mib, undefined, holder)
      nowMs = 1_000_000
      memory.turnOutLate()
      deepEqual(holder.failures, [])
    })

    it('is asked back by who does not wait and finds no room', async () => {
      let nowMs = 0
      const memory = new HeldMemory(mib, () => nowMs)
      const holder = slow()
      const release = memory.takeNow(mib, holder)
      equal(memory.takeNow(100_000, slow()), undefined)
      equal(holder.failures.length, 0)
      nowMs = 15_000
      equal(memory.takeNow(100_000, slow()), undefined)
      equal(holder.failures.length, 1)
      release?.()
      ok(memory.takeNow(100_000, slow()))
    })
  })

  it('refuses at once where too many wait', async () => {
    const memory = new HeldMemory(mib)
    const release = await memory.take(mib)
    const waiting = Array.from({ length: 256 }, () => memory.take(mib))
    await rejects(memory.take(mib), { code: 'SlowDown' })
    release()
    for (const held of waiting) (await held)()
    equal(memory.waitingCount, 0)
  })
})

describe('payloads that are held whole', () => {
  const content = bytesOfSize(mib)
  const headers = { 'x-amz-decoded-content-length': String(content.length) }
  const nothing = { checksums: {}, trailers: () => ({}) }

  const isAllFree = (): boolean => heldMemory.takenSizeBytes === 0

  /** Takes all of the shared memory: large pieces can have three quarters of it. */
  const takeAll = async (): Promise<() => void> => {
    const sizes = [48 * mib, ...Array.from({ length: 16 }, () => mib)]
    const releases = await Promise.all(sizes.map((size) => heldMemory.take(size)))
    return () => {
      for (const release of releases) release()
    }
  }

  it('wait for their memory without reading on', async () => {
    const release = await takeAll()
    let isRead = false
    async function* source(): AsyncGenerator<Uint8Array> {
      isRead = true
      yield content
    }
    const signed = whole(opened(cutAt(signedPayload([content])), headers, signedChunksMode(false)).body)
    const document = readWhole(source(), { ...nothing, size: content.length }, 8 * mib)
    await turn()
    equal(heldMemory.waitingCount, 2)
    equal(isRead, false)
    release()
    ok((await signed).equals(content))
    equal((await document).length, content.length)
    ok(isAllFree())
  })

  it('give it back when they are refused, break off or are let go of', async () => {
    const bytes = signedPayload([content])
    bytes[1000] = 1 + (bytes[1000] ?? 0)
    await rejects(whole(opened(cutAt(bytes), headers, signedChunksMode(false)).body), { code: 'SignatureDoesNotMatch' })
    const cut = signedPayload([content]).subarray(0, 500_000)
    await rejects(whole(opened(cutAt(cut), headers, signedChunksMode(false)).body), { code: 'IncompleteBody' })
    for await (const _ of opened(cutAt(signedPayload([content])), headers, signedChunksMode(false)).body) break
    await rejects(readWhole(cutAt(content), { ...nothing, md5: 'x' }, 8 * mib), { code: 'BadDigest' })
    ok(isAllFree())
  })

  it('stop waiting when their client is gone', async () => {
    const release = await takeAll()
    const abort = new AbortController()
    const source = Object.assign(cutAt(signedPayload([content])), { signal: abort.signal })
    const left = new Error('the client left')
    const signed = rejects(whole(opened(source, headers, signedChunksMode(false)).body), left)
    const document = rejects(readWhole(cutAt(content), nothing, 8 * mib, { signal: abort.signal }), left)
    await turn()
    equal(heldMemory.waitingCount, 2)
    abort.abort(left)
    await Promise.all([signed, document])
    equal(heldMemory.waitingCount, 0)
    release()
  })

  it('never take it twice: a document in signed chunks waits once', async () => {
    const release = await takeAll()
    const documents = Array.from({ length: 40 }, () => {
      const { body, claims } = opened(
        cutAt(signedPayload([content])),
        headers,
        signedChunksMode(false),
        bodyRules('DeleteObjects'),
      )
      return readWhole(body, claims, 8 * mib)
    })
    await turn()
    equal(heldMemory.waitingCount, 40)
    release()
    for (const document of await Promise.all(documents)) equal(document.length, content.length)
    ok(isAllFree())
  })
})
