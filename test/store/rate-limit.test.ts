// Limits of keys and accounts live as long as those.

import { deepEqual, equal } from 'node:assert/strict'
import { createAccessKey, deleteAccessKey, rotateAccessKey } from '../../src/store/catalog/identity/access-keys.js'
import { createAccount, deleteAccount } from '../../src/store/catalog/identity/accounts.js'
import { rateLimitOf, setRateLimit } from '../../src/store/catalog/rate-limit.js'
import { addTraffic, trafficOf } from '../../src/store/catalog/traffic.js'
import { freshServer } from '../fresh-server.js'

const accountId = 'b'.repeat(64)
const now = 1_700_000_000_000

async function limitedKey() {
  const { server } = await freshServer({ hasBucket: false })
  const { catalog } = server.store
  const account = { id: accountId, number: '222222222222', name: 'other', email: null, alias: null, createdMs: now }
  await catalog.commit(createAccount, account)
  const key = { accountId, userName: null, secret: Buffer.from('sealed'), now, expiresMs: null, policy: null }
  await catalog.commit(createAccessKey, { ...key, id: 'AKIA1', description: null, quota: 'cairn' })
  await catalog.commit(setRateLimit, { kind: 'key', subject: 'AKIA1', requests: 5, bytes: 7 })
  await catalog.commit(setRateLimit, { kind: 'account', subject: accountId, requests: null, bytes: 9 })
  const counted = [
    { kind: 'key', subject: 'AKIA1', month: 202_611, requests: 1, bytesIn: 2, bytesOut: 3 },
    { kind: 'account', subject: accountId, month: 202_611, requests: 1, bytesIn: 2, bytesOut: 3 },
  ] as const
  await catalog.commit(addTraffic, { counted })
  const limitsOf = (subject: string) => catalog.read(rateLimitOf, { kind: 'key', subject })
  const monthsOf = async (kind: 'key' | 'account', subject: string) =>
    (await catalog.read(trafficOf, { kind, subject })).length
  return { catalog, limitsOf, monthsOf }
}

describe('The limits of a key', () => {
  it('are those of the key that takes its place, which begins to count anew', async () => {
    const { catalog, limitsOf, monthsOf } = await limitedKey()
    const rotation = { oldId: 'AKIA1', id: 'AKIA2', secret: Buffer.from('sealed'), now, oldExpiresMs: now + 1000 }
    await catalog.commit(rotateAccessKey, rotation)
    deepEqual(await limitsOf('AKIA2'), { requests: 5, bytes: 7 })
    deepEqual(await limitsOf('AKIA1'), { requests: 5, bytes: 7 })
    equal(await monthsOf('key', 'AKIA2'), 0)
  })

  it('go with it, and what was counted too', async () => {
    const { catalog, limitsOf, monthsOf } = await limitedKey()
    await catalog.commit(deleteAccessKey, { id: 'AKIA1' })
    equal(await limitsOf('AKIA1'), undefined)
    equal(await monthsOf('key', 'AKIA1'), 0)
    equal(await monthsOf('account', accountId), 1)
  })

  it('go with its account, and those of the account too', async () => {
    const { catalog, limitsOf, monthsOf } = await limitedKey()
    await catalog.commit(deleteAccount, accountId)
    equal(await limitsOf('AKIA1'), undefined)
    equal(await catalog.read(rateLimitOf, { kind: 'account', subject: accountId }), undefined)
    deepEqual([await monthsOf('key', 'AKIA1'), await monthsOf('account', accountId)], [0, 0])
  })
})
