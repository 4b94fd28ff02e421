// What raises the number that compiled rights are compared by.

import { equal, notEqual } from 'node:assert/strict'
import { accessNumber } from '../../../src/store/catalog/access-number.js'
import { operatorAccount, registerAccount } from '../../../src/store/catalog/account.js'
import { deleteBucketSetting, putBucketSetting } from '../../../src/store/catalog/bucket-setting.js'
import { createBucketRow } from '../../../src/store/catalog/create-bucket.js'
import { deleteBucketRow } from '../../../src/store/catalog/delete-bucket.js'
import type { SqliteCatalog } from '../../../src/store/catalog/sqlite-catalog.js'
import { closeCatalogs, freshCatalog } from './fresh-catalog.js'

const ownerId = 'a'.repeat(64)
const now = 1_700_000_000_000

describe('The access number', () => {
  let catalog: SqliteCatalog
  beforeEach(async () => {
    catalog = await freshCatalog()
    await catalog.commit(registerAccount, operatorAccount(ownerId, 'root', now))
    await catalog.commit(createBucketRow, { name: 'b', ownerId, region: 'r', now, mayRepeat: true, settings: {} })
  })
  afterEach(closeCatalogs)

  async function raisedBy(work: () => Promise<unknown>): Promise<boolean> {
    const [before, known] = [await catalog.read(accessNumber, undefined), catalog.accessNumber()]
    await work()
    const isRaised = (await catalog.read(accessNumber, undefined)) !== before
    equal(catalog.accessNumber() !== known, isRaised, 'what this process knows without looking')
    return isRaised
  }
  const block = { bucket: 'b', setting: 'public-access-block', now } as const

  it('is raised by a bucket that comes or goes', async () => {
    const bucket = { name: 'c', ownerId, region: 'r', now, mayRepeat: true, settings: {} }
    equal(await raisedBy(() => catalog.commit(createBucketRow, bucket)), true)
    equal(await raisedBy(() => catalog.commit(createBucketRow, bucket)), false, 'asked for again')
    equal(await raisedBy(() => catalog.commit(deleteBucketRow, { bucket: 'c', now })), true)
  })

  it('is raised by the settings authorization reads, and by no other', async () => {
    equal(await raisedBy(() => catalog.commit(putBucketSetting, { ...block, value: '{}' })), true)
    equal(await raisedBy(() => catalog.commit(deleteBucketSetting, block)), true)
    equal(await raisedBy(() => catalog.commit(deleteBucketSetting, block)), false, 'there was none')
    const tagging = { ...block, setting: 'tagging' as const, value: '[]' }
    equal(await raisedBy(() => catalog.commit(putBucketSetting, tagging)), true)
    const cors = { ...block, setting: 'cors' as const, value: '{}' }
    equal(await raisedBy(() => catalog.commit(putBucketSetting, cors)), false)
  })

  it('is not raised by a change that is refused', async () => {
    const before = await catalog.read(accessNumber, undefined)
    await catalog.commit(putBucketSetting, { ...block, bucket: 'none', value: '{}' }).catch(() => undefined)
    equal(await catalog.read(accessNumber, undefined), before)
    notEqual(before, 0)
  })
})
