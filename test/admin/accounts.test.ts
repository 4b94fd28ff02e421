// Accounts and their keys over HTTP, and that two accounts see nothing of each other.

import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { createBucketRow } from '../../src/store/catalog/create-bucket.js'
import { freshServer, type FreshServer, region } from '../fresh-server.js'
import { type AdminAnswer, ask, codeOf, type TestKey } from './administration.js'

interface Account {
  readonly id: string
  readonly number: string
  readonly name: string
  readonly key: TestKey
}

/** Makes an account with a key of its own. */
async function makeAccount({ endpoint }: FreshServer, name: string): Promise<Account> {
  const answer = await ask(endpoint, 'POST', '/accounts', { body: { name } })
  equal(answer.status, 200, JSON.stringify(answer.body))
  const { account, key } = answer.body as { account: Omit<Account, 'key'>; key: TestKey }
  return { ...account, key }
}

const told = (answer: AdminAnswer): [number, unknown] => [answer.status, codeOf(answer)]

async function canSign(endpoint: URL, key: TestKey): Promise<boolean> {
  const s3 = new S3Client({
    endpoint: endpoint.href,
    region,
    credentials: { ...key },
    forcePathStyle: true,
    maxAttempts: 1,
  })
  try {
    await s3.send(new ListBucketsCommand({}))
    return true
  } catch (error) {
    if ((error as Error).name === 'InvalidAccessKeyId') return false
    throw error
  } finally {
    s3.destroy()
  }
}

describe('accounts and keys over HTTP', () => {
  let fresh: FreshServer
  beforeEach(async () => (fresh = await freshServer()))

  it('makes an account with a key that works at once, lists, renames and deletes it', async () => {
    const { endpoint } = fresh
    const account = await makeAccount(fresh, 'team')
    match(account.id, /^[0-9a-f]{64}$/)
    match(account.number, /^\d{12}$/)
    equal(await canSign(endpoint, account.key), true)

    const all = (await ask(endpoint, 'GET', '/accounts')).body as { accounts: { name: string }[] }
    deepEqual(
      all.accounts.map(({ name }) => name),
      ['root', 'team'],
    )
    for (const reference of ['team', account.number, account.id]) {
      equal((await ask(endpoint, 'GET', `/accounts/${reference}`)).status, 200, reference)
    }
    equal((await ask(endpoint, 'PATCH', '/accounts/team', { body: { name: 'crew' } })).status, 200)
    deepEqual(told(await ask(endpoint, 'GET', '/accounts/team')), [404, 'NoSuchEntity'])
    equal((await ask(endpoint, 'DELETE', '/accounts/crew')).status, 204)
    equal(await canSign(endpoint, account.key), false)
  })

  it('refuses a name that is taken, is none, or is that of the operator', async () => {
    const { endpoint } = fresh
    await makeAccount(fresh, 'team')
    deepEqual(told(await ask(endpoint, 'POST', '/accounts', { body: { name: 'Team' } })), [409, 'EntityAlreadyExists'])
    deepEqual(told(await ask(endpoint, 'POST', '/accounts', { body: { name: '<b>' } })), [400, 'InvalidInput'])
    deepEqual(told(await ask(endpoint, 'PATCH', '/accounts/root', { body: { name: 'me' } })), [400, 'InvalidInput'])
    deepEqual(told(await ask(endpoint, 'DELETE', '/accounts/root')), [400, 'InvalidInput'])
  })

  it('keeps an account that has buckets', async () => {
    const account = await makeAccount(fresh, 'team')
    await fresh.server.store.catalog.commit(createBucketRow, {
      name: 'of-the-team',
      ownerId: account.id,
      region,
      now: 1,
      mayRepeat: false,
      settings: {},
    })
    deepEqual(told(await ask(fresh.endpoint, 'DELETE', '/accounts/team')), [409, 'DeleteConflict'])
  })

  it('shows an account itself and nothing of another, and lets it make none', async () => {
    const { endpoint } = fresh
    const [one, other] = [await makeAccount(fresh, 'one'), await makeAccount(fresh, 'other')]
    const { key } = one
    const all = (await ask(endpoint, 'GET', '/accounts', { key })).body as { accounts: { name: string }[] }
    deepEqual(
      all.accounts.map(({ name }) => name),
      ['one'],
    )
    const refused: [method: string, path: string, body?: unknown][] = [
      ['GET', '/accounts/other'],
      ['GET', '/accounts/nobody'],
      ['GET', '/accounts/root'],
      ['POST', '/accounts', { name: 'mine' }],
      ['PATCH', '/accounts/one', { name: 'two' }],
      ['DELETE', '/accounts/one'],
      ['DELETE', '/accounts/other'],
      ['GET', '/keys?account=other'],
      ['POST', '/keys', { account: 'other' }],
      ['GET', `/keys/${other.key.accessKeyId}`],
      ['PATCH', `/keys/${other.key.accessKeyId}`, { status: 'Inactive' }],
      ['POST', `/keys/${other.key.accessKeyId}/rotation`, { graceMs: 0 }],
      ['DELETE', `/keys/${other.key.accessKeyId}`],
      ['DELETE', '/keys/NOBODYSKEY'],
      ['GET', `/quotas/accounts/other`],
      ['PUT', `/quotas/accounts/one`, { bytesMax: 1 }],
      ['GET', `/quotas/buckets/${fresh.bucket}`],
      ['GET', `/quotas/buckets/no-such-bucket`],
      ['PUT', `/limits/keys/${other.key.accessKeyId}`, { requests: 1 }],
      ['PUT', `/limits/accounts/one`, { requests: 1 }],
      ['GET', '/usage?account=other'],
      ['PUT', '/presigned/x/revocation?account=other'],
      ['POST', '/explanations', { account: 'other', user: 'x', action: 's3:GetObject', resource: 'a-bucket/k' }],
      ['POST', '/explanations', { isAnonymous: true, action: 's3:GetObject', resource: `${fresh.bucket}/k` }],
      ['POST', '/explanations', { key: other.key.accessKeyId, action: 's3:GetObject', resource: 'a-bucket/k' }],
      ['POST', '/explanations', { key: 'NOBODYSKEY', action: 's3:GetObject', resource: 'a-bucket/k' }],
    ]
    for (const [method, path, body] of refused) {
      const answer = await ask(endpoint, method, path, { key, ...(body !== undefined && { body }) })
      deepEqual(told(answer), [403, 'AccessDenied'], `${method} ${path}`)
    }
    equal(await canSign(endpoint, other.key), true)
  })

  it('disables, enables, ends and deletes keys, each with the next request', async () => {
    const { endpoint } = fresh
    const { key, number } = await makeAccount(fresh, 'team')
    const path = `/keys/${key.accessKeyId}`
    await ask(endpoint, 'PATCH', path, { body: { status: 'Inactive' } })
    equal(await canSign(endpoint, key), false)
    await ask(endpoint, 'PATCH', path, { body: { status: 'Active' } })
    equal(await canSign(endpoint, key), true)
    await ask(endpoint, 'PATCH', path, { body: { expires: Date.now() - 1 } })
    equal(await canSign(endpoint, key), false)
    const never = await ask(endpoint, 'PATCH', path, { body: { expires: null } })
    const { created, ...shown } = (never.body as { key: Record<string, unknown> }).key
    equal(typeof created, 'number')
    deepEqual(
      { ...shown, lastUsed: undefined },
      {
        accessKeyId: key.accessKeyId,
        account: number,
        status: 'Active',
        lastUsed: undefined,
      },
    )
    equal(await canSign(endpoint, key), true)
    equal((await ask(endpoint, 'DELETE', path)).status, 204)
    equal(await canSign(endpoint, key), false)
    deepEqual(told(await ask(endpoint, 'GET', path)), [404, 'NoSuchEntity'])
  })

  it('takes keys that are brought along, once, and never the root key’s id', async () => {
    const { endpoint } = fresh
    const given = { accessKeyId: 'old-key_of.ours', secretAccessKey: 'an old secret' }
    const made = await ask(endpoint, 'POST', '/keys', { body: given })
    deepEqual([made.status, made.body], [200, { key: given }])
    equal(await canSign(endpoint, given), true)
    const again = await ask(endpoint, 'POST', '/keys', { body: given })
    deepEqual(told(again), [409, 'EntityAlreadyExists'], JSON.stringify(again.body))
    const root = { ...given, accessKeyId: fresh.credentials.accessKeyId }
    deepEqual(told(await ask(endpoint, 'POST', '/keys', { body: root })), [409, 'EntityAlreadyExists'])
    const half = { accessKeyId: 'half-a-key' }
    deepEqual(told(await ask(endpoint, 'POST', '/keys', { body: half })), [400, 'InvalidInput'])
    const slash = { ...given, accessKeyId: 'a/b' }
    deepEqual(told(await ask(endpoint, 'POST', '/keys', { body: slash })), [400, 'InvalidInput'])
  })

  it('rotates a key: the old one works until its grace ends, the new one at once, with the same rights', async () => {
    const { endpoint } = fresh
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }
    const { key } = (await ask(endpoint, 'POST', '/keys', { body: { policy } })).body as { key: TestKey }
    const rotated = await ask(endpoint, 'POST', `/keys/${key.accessKeyId}/rotation`, { body: { graceMs: 60_000 } })
    const { key: successor, old } = rotated.body as { key: TestKey; old: { expires: number } }
    notEqual(successor.accessKeyId, key.accessKeyId)
    deepEqual([await canSign(endpoint, key), await canSign(endpoint, successor)], [true, true])
    equal(Math.abs(old.expires - Date.now() - 60_000) < 10_000, true)

    const keys = (await ask(endpoint, 'GET', '/keys')).body as { keys: Record<string, unknown>[] }
    const [first, second] = keys.keys
    equal(first?.['replacedBy'], successor.accessKeyId)
    deepEqual(second?.['policy'], policy)

    await ask(endpoint, 'POST', `/keys/${successor.accessKeyId}/rotation`, { body: { graceMs: 0 } })
    equal(await canSign(endpoint, successor), false)
  })

  it('gives a successor the limits of its key, and lets a key’s limits go with it, and with its account', async () => {
    const { endpoint } = fresh
    const limitsOf = async (id: string): Promise<unknown> =>
      ((await ask(endpoint, 'GET', `/limits/keys/${id}`)).body as { limits?: unknown }).limits
    const { key } = await makeAccount(fresh, 'team')
    await ask(endpoint, 'PUT', `/limits/keys/${key.accessKeyId}`, { body: { requests: 9 } })
    const rotated = await ask(endpoint, 'POST', `/keys/${key.accessKeyId}/rotation`, { body: { graceMs: 60_000 } })
    const successor = (rotated.body as { key: TestKey }).key
    deepEqual(await limitsOf(successor.accessKeyId), { requests: 9, bytes: null })

    const given = { accessKeyId: 'an-old-key', secretAccessKey: 'an old secret', account: 'team' }
    const again = async (): Promise<unknown> => {
      equal((await ask(endpoint, 'POST', '/keys', { body: given })).status, 200)
      const limits = await limitsOf(given.accessKeyId)
      await ask(endpoint, 'PUT', '/limits/keys/an-old-key', { body: { bytes: 5 } })
      return limits
    }
    deepEqual(await again(), { requests: null, bytes: null })
    await ask(endpoint, 'DELETE', '/keys/an-old-key')
    deepEqual(await again(), { requests: null, bytes: null })
    equal((await ask(endpoint, 'DELETE', '/accounts/team')).status, 204)
    await makeAccount(fresh, 'team')
    deepEqual(await again(), { requests: null, bytes: null })
  })

  it('refuses a service account’s policy that is none', async () => {
    for (const policy of [{ Statement: [] }, { Version: '2012-10-17', Statement: [{ Effect: 'Perhaps' }] }]) {
      const answer = await ask(fresh.endpoint, 'POST', '/keys', { body: { policy } })
      deepEqual(told(answer), [400, 'MalformedPolicyDocument'])
    }
  })

  it('lets a service account make, change and rotate no key, so that none has more rights than it', async () => {
    const { endpoint } = fresh
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
    const { key } = (await ask(endpoint, 'POST', '/keys', { body: { policy } })).body as { key: TestKey }
    for (const [method, path, body] of [
      ['POST', '/keys', {}],
      ['PATCH', `/keys/${key.accessKeyId}`, { expires: null }],
      ['POST', `/keys/${key.accessKeyId}/rotation`, { graceMs: 0 }],
    ] as const) {
      deepEqual(told(await ask(endpoint, method, path, { key, body })), [403, 'AccessDenied'], path)
    }
    equal((await ask(endpoint, 'GET', '/keys', { key })).status, 200)
  })

  it('keeps secrets sealed: the data directory holds none', async () => {
    const { key } = await makeAccount(fresh, 'team')
    await fresh.close()
    let files = 0
    for (const entry of readdirSync(fresh.directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      files += 1
      equal(readFileSync(join(entry.parentPath, entry.name)).includes(key.secretAccessKey), false, entry.name)
    }
    notEqual(files, 0)
  })
})
