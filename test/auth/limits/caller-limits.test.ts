// Limits of access keys and accounts: what is counted, refused, warned of and kept.

import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3ServiceException } from '@aws-sdk/client-s3'
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { CallerLimits } from '../../../src/auth/limits/caller-limits.js'
import { RequestWindows } from '../../../src/auth/limits/request-windows.js'
import type { Catalog } from '../../../src/store/catalog/catalog.js'
import { rateLimitOf, setRateLimit, type RateLimits, type Subject } from '../../../src/store/catalog/rate-limit.js'
import { monthOf, nextMonthMs, trafficOf } from '../../../src/store/catalog/traffic.js'
import { credentials, freshServer } from '../../fresh-server.js'
import { HandClock, objectServer, refused } from '../../objects/objects.js'

const key = { kind: 'key', subject: 'AKID' } as const
const account = { kind: 'account', subject: 'a'.repeat(64) } as const
const caller = { accessKeyId: key.subject, accountId: account.subject }

/** Limits on a catalog of their own; `another` counts beside them, as another process does. */
async function limitsAt(ms: number) {
  const { server } = await freshServer({ hasBucket: false })
  const { catalog: store } = server.store
  let isFailing = false
  const catalog: Catalog = {
    ...store,
    commit: async (transaction, args) => {
      const isLost = isFailing
      await turn()
      if (isLost) throw new Error('lost')
      return store.commit(transaction, args)
    },
  }
  const clock = new HandClock()
  clock.ms = ms
  const warnings: object[] = []
  const log = {
    debug: () => undefined,
    info: () => undefined,
    error: () => undefined,
    warn: (fields: object) => void warnings.push(fields),
  }
  const another = (): CallerLimits => {
    const limits = new CallerLimits({ catalog, clock, log, windows: new RequestWindows(clock) })
    opened.push(limits)
    return limits
  }
  const set = (subject: Subject, limits: Partial<RateLimits>) =>
    catalog.commit(setRateLimit, { requests: null, bytes: null, ...subject, ...limits })
  const fail = (is: boolean): void => void (isFailing = is)
  return { catalog, clock, warnings, limits: another(), another, set, fail }
}

const opened: CallerLimits[] = []
// Hooks run in the order of their files: the server of the test may be gone, and then there is nothing to write to.
afterEach(() => Promise.all(opened.splice(0).map((limits) => limits.close())))

/** The loop's next turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Makes a request of so many bytes; its warning. */
async function visit(limits: CallerLimits, bytesIn = 0, bytesOut = 0): Promise<string | undefined> {
  const counted = await limits.enter(caller)
  counted.leave(bytesIn, bytesOut)
  return counted.warning
}

const november = Date.UTC(2026, 10, 15)
const slowDown = (seconds: number) => (error: unknown) => {
  deepEqual(
    [(error as { code: string }).code, (error as { headers: object }).headers],
    ['SlowDown', { 'Retry-After': String(seconds) }],
  )
  return true
}

describe('Traffic', () => {
  it('is counted by key and by account, and by month', async () => {
    const { catalog, clock, limits } = await limitsAt(november)
    await visit(limits, 100, 1000)
    await visit(limits, 10, 0)
    await limits.write()
    const sums = { requests: 2, bytesIn: 110, bytesOut: 1000 }
    deepEqual(await catalog.read(trafficOf, key), [{ month: 202_611, ...sums }])
    deepEqual(await catalog.read(trafficOf, account), [{ month: 202_611, ...sums }])
    clock.ms = Date.UTC(2026, 11, 1)
    await visit(limits, 1, 2)
    await limits.write()
    deepEqual(await catalog.read(trafficOf, key), [
      { month: 202_612, requests: 1, bytesIn: 1, bytesOut: 2 },
      { month: 202_611, ...sums },
    ])
  })

  it('of several processes adds up, and is forgotten after a year', async () => {
    const { catalog, clock, limits, another } = await limitsAt(november)
    const other = another()
    await visit(limits, 1)
    await visit(other, 2)
    await Promise.all([limits.write(), other.write()])
    await visit(other, 4)
    await other.close()
    equal((await catalog.read(trafficOf, key))[0]?.bytesIn, 7)
    clock.ms = Date.UTC(2027, 11, 1)
    await visit(limits)
    await limits.write()
    deepEqual(
      (await catalog.read(trafficOf, key)).map(({ month }) => month),
      [202_712, 202_611],
    )
    clock.ms = Date.UTC(2028, 0, 1)
    await visit(limits)
    await limits.write()
    deepEqual(
      (await catalog.read(trafficOf, key)).map(({ month }) => month),
      [202_801, 202_712],
    )
  })

  it('knows months in UTC', () => {
    equal(monthOf(Date.UTC(2026, 11, 31, 23, 59, 59, 999)), 202_612)
    equal(nextMonthMs(Date.UTC(2026, 11, 31, 23)), Date.UTC(2027, 0, 1))
    equal(nextMonthMs(Date.UTC(2026, 1, 1)), Date.UTC(2026, 2, 1))
  })
})

describe('A bandwidth a month', () => {
  it('is warned of from 80 % on, refused when it is used up, and there again next month', async () => {
    const { clock, limits, set, warnings } = await limitsAt(november)
    await set(key, { bytes: 1000 })
    equal(await visit(limits, 400, 399), undefined)
    equal(await visit(limits, 0, 1), undefined)
    equal(await visit(limits, 0, 300), 'key; bytes=800; limit=1000')
    equal(warnings.length, 1)
    await rejects(async () => limits.enter(caller), slowDown(3600))
    clock.ms = Date.UTC(2026, 10, 30, 23, 59, 30)
    await rejects(async () => limits.enter(caller), slowDown(30))
    clock.ms += 30_000
    equal(await visit(limits), undefined)
  })

  it('survives a restart, and holds for what other processes count within seconds', async () => {
    const { clock, limits, another, set } = await limitsAt(november)
    await set(account, { bytes: 1000 })
    const other = another()
    await visit(other)
    await visit(limits, 1000)
    await limits.close()
    await rejects(async () => another().enter(caller), slowDown(3600))
    await visit(other)
    clock.ms += 5_000
    await visit(other)
    await untilRefused(other)
  })

  it('of a month that ends while it is written belongs to that month, whether it could be written or not', async () => {
    const { catalog, clock, limits, fail } = await limitsAt(november)
    for (const [i, isLost] of [false, true].entries()) {
      clock.ms = Date.UTC(2026, 10 + i, 15)
      await visit(limits, 100, 1000)
      fail(isLost)
      const writing = limits.write()
      // The write is under way, and has not ended.
      await Promise.resolve()
      clock.ms = Date.UTC(2026, 11 + i, 1)
      await visit(limits, 1, 2)
      await writing
      fail(false)
      await limits.write()
    }
    deepEqual(await catalog.read(trafficOf, key), [
      { month: 202_701, requests: 1, bytesIn: 1, bytesOut: 2 },
      { month: 202_612, requests: 2, bytesIn: 101, bytesOut: 1002 },
      { month: 202_611, requests: 1, bytesIn: 100, bytesOut: 1000 },
    ])
  })

  it('is not counted twice when what was counted is read while it is written', async () => {
    const { clock, limits, set } = await limitsAt(november)
    await set(key, { bytes: 1_000_000 })
    for (let i = 0; i < 50; i += 1) {
      clock.ms += 5_000
      const [, written] = [visit(limits, 1000), limits.write()]
      await visit(limits, 1000)
      await written
    }
    await limits.write()
    await set(key, { bytes: 100_001 })
    clock.ms += 5_000
    await visit(limits)
    await new Promise((resolve) => setTimeout(resolve, 50))
    equal(await visit(limits, 1), 'key; bytes=100000; limit=100001')
    await rejects(async () => limits.enter(caller))
  })
})

describe('Requests a minute of a key', () => {
  it('are warned of from 80 % on, and refused beyond their number', async () => {
    const { clock, limits, set, warnings } = await limitsAt(november)
    await set(key, { requests: 10 })
    const told: (string | undefined)[] = []
    for (let i = 0; i < 10; i += 1) told.push(await visit(limits))
    deepEqual(told.slice(0, 7), Array.from({ length: 7 }))
    deepEqual(told.slice(7), ['key; requests=8; limit=10', 'key; requests=9; limit=10', 'key; requests=10; limit=10'])
    equal(warnings.length, 1)
    await rejects(async () => limits.enter(caller), slowDown(66))
    clock.ms += 66_000
    await visit(limits)
  })

  it('are unlimited while nothing is set, and follow what is set within seconds', async () => {
    const { clock, limits, set, catalog } = await limitsAt(november)
    for (let i = 0; i < 2000; i += 1) await visit(limits)
    await set(key, { requests: 1 })
    deepEqual(await catalog.read(rateLimitOf, key), { requests: 1, bytes: null })
    clock.ms += 5_000
    await visit(limits)
    await untilRefused(limits)
    await set(key, {})
    equal(await catalog.read(rateLimitOf, key), undefined)
  })
})

/** What is read in the background comes within a moment. */
async function untilRefused(limits: CallerLimits): Promise<void> {
  for (let i = 0; i < 200; i += 1) {
    try {
      await visit(limits)
    } catch (error) {
      equal((error as { code: string }).code, 'SlowDown')
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('was not refused')
}

describe('Limits through HTTP', () => {
  it('answer 503 SlowDown with Retry-After, and tell who is near one in every answer', async () => {
    const fresh = await objectServer({ clock: new HandClock() })
    const limit = { kind: 'key', subject: credentials.accessKeyId, requests: 10, bytes: null } as const
    await fresh.server.store.catalog.commit(setRateLimit, limit)
    const { s3, bucket, problems } = await fresh.restart()
    const told: (string | undefined)[] = []
    s3.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        // Node's handler answers with an HTTP response.
        told.push((result.response as { headers: Record<string, string> }).headers['x-cairn-limit-warning'])
        return result
      },
      { step: 'deserialize', priority: 'low' },
    )
    const list = () => s3.send(new ListObjectsV2Command({ Bucket: bucket }))
    for (let i = 0; i < 10; i += 1) await list()
    deepEqual(told.slice(6), [undefined, ...[8, 9, 10].map((used) => `key; requests=${used}; limit=10`)])
    const error = await list().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    ok(error instanceof S3ServiceException)
    deepEqual([error.name, error.$metadata.httpStatusCode], ['SlowDown', 503])
    match(error.$response?.headers['retry-after'] ?? '', /^\d+$/)
    equal(problems.filter(({ message }) => message.startsWith('overloaded')).length, 0)
    equal(problems.filter(({ message }) => message === 'a caller is near its limit').length, 1)
  })

  it('count the bytes of bodies in and out, errors among them, and survive a restart', async () => {
    const fresh = await objectServer()
    const { s3, bucket, put, text } = fresh
    await put('a', Buffer.alloc(100_000))
    await put('b', 'short')
    await text('a')
    await text('b')
    await refused(s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'missing' })), 'NoSuchKey')
    const { server } = await fresh.restart()
    const [sums] = await server.store.catalog.read(trafficOf, { kind: 'key', subject: credentials.accessKeyId })
    equal(sums?.requests, 6) // one made the bucket
    ok(sums.bytesIn >= 100_005 && sums.bytesIn < 101_000, `${sums.bytesIn} in`)
    ok(sums.bytesOut > 100_005 && sums.bytesOut < 101_000, `${sums.bytesOut} out`)
  })

  it('refuse the 101st anonymous request of a minute, and leave those alone who sign', async () => {
    const settings = { anonymousRequestsPerMinute: 100 }
    const { s3, bucket, endpoint } = await objectServer({ clock: new HandClock(), settings })
    const statuses: number[] = []
    for (let i = 0; i < 101; i += 1) {
      const response = await fetch(`${endpoint.origin}/${bucket}/a`)
      statuses.push(response.status)
      await response.arrayBuffer()
    }
    equal(statuses.filter((status) => status === 403).length, 100)
    equal(statuses.at(-1), 503)
    await s3.send(new ListObjectsV2Command({ Bucket: bucket }))
  })

  it('hold for IAM and STS on the same endpoint, which say Throttling', async () => {
    const { endpoint } = await objectServer({ clock: new HandClock(), settings: { anonymousRequestsPerMinute: 3 } })
    const ask = async () => {
      const body = new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' })
      const response = await fetch(`${endpoint.origin}/`, { method: 'POST', body })
      return /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]
    }
    for (let i = 0; i < 3; i += 1) equal(await ask(), 'MissingAuthenticationToken')
    equal(await ask(), 'Throttling')
  })

  it('refuse who guesses before a signature is looked at, with Retry-After', async () => {
    const { s3, bucket, endpoint } = await objectServer({
      clock: new HandClock(),
      settings: { failedSignaturesPerMinute: 3 },
    })
    const guess = async () => {
      const response = await fetch(`${endpoint.origin}/${bucket}/a?${presignedBy('AKIDGUESSED')}`)
      await response.arrayBuffer()
      return [response.status, response.headers.get('retry-after')]
    }
    for (let i = 0; i < 3; i += 1) deepEqual(await guess(), [403, null])
    deepEqual(await guess(), [503, '10'])
    await refused(s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x' })), 'SlowDown', 503)
  })
})

/** A URL signed with a key that nobody has. */
function presignedBy(accessKeyId: string): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const credential = encodeURIComponent(`${accessKeyId}/${stamp.slice(0, 8)}/us-east-1/s3/aws4_request`)
  return [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${credential}`,
    `X-Amz-Date=${stamp}`,
    'X-Amz-Expires=300',
    'X-Amz-SignedHeaders=host',
    `X-Amz-Signature=${'0'.repeat(64)}`,
  ].join('&')
}
