// What authorization reads of buckets and objects, and when it has to read it again. On a real catalog, without a server.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import { anonymousId, everythingBlocked, type ObjectOwnership } from '../../../src/contract/bucket-access.js'
import type { WantedList } from '../../../src/contract/acl.js'
import { unconditional } from '../../../src/contract/preconditions.js'
import { accessNumber } from '../../../src/store/catalog/access-number.js'
import { registerAccount } from '../../../src/store/catalog/account.js'
import { bucketAccess } from '../../../src/store/catalog/bucket-access.js'
import { setBucketList } from '../../../src/store/catalog/bucket-list.js'
import { setBucketOwnership } from '../../../src/store/catalog/bucket-ownership.js'
import { setBucketPolicy } from '../../../src/store/catalog/bucket-policy.js'
import { putBucketSetting } from '../../../src/store/catalog/bucket-setting.js'
import { setBucketVersioning } from '../../../src/store/catalog/bucket-versioning.js'
import { createBucketRow } from '../../../src/store/catalog/create-bucket.js'
import { deleteVersion } from '../../../src/store/catalog/delete-version.js'
import { objectAccess } from '../../../src/store/catalog/object-access.js'
import { putVersion } from '../../../src/store/catalog/put-version.js'
import type { SqliteCatalog } from '../../../src/store/catalog/sqlite-catalog.js'
import { tagVersion } from '../../../src/store/catalog/tag-version.js'
import { setVersionList } from '../../../src/store/catalog/version-list.js'
import { closeCatalogs, freshCatalog } from './fresh-catalog.js'

const [owner, writer] = ['a'.repeat(64), 'b'.repeat(64)]
const now = 1_700_000_000_000
const toEverybody = { canned: 'public-read' } as const

describe('What a bucket and an object say of access', () => {
  let catalog: SqliteCatalog
  beforeEach(async () => {
    catalog = await freshCatalog()
    await catalog.commit(registerAccount, { id: owner, name: 'root', number: '123456789012', now })
    await catalog.commit(registerAccount, { id: writer, name: 'ann', number: '210987654321', now })
    const bucket = { name: 'b', ownerId: owner, region: 'r', now, mayRepeat: true, settings: {} }
    await catalog.commit(createBucketRow, bucket)
  })
  afterEach(closeCatalogs)

  const put = (ownerId: string, list?: WantedList, key = 'k') =>
    catalog.commit(putVersion, {
      bucket: 'b',
      key,
      onlyIf: unconditional,
      ownerId,
      list,
      draft: { size: 1, content: { kind: 'small', bytes: Buffer.from('x'), digest: Buffer.alloc(32, 1), crc: 1 } },
      etag: 'e',
      checksum: { algorithm: 'CRC32', type: 'FULL_OBJECT', value: '' },
      storageClass: 'STANDARD',
      headers: null,
      tags: '[["team","x"]]',
      now,
    })
  const own = (ownership: ObjectOwnership | 'None') =>
    catalog.commit(setBucketOwnership, { bucket: 'b', ownership, now })
  const object = (versionId?: string) => catalog.read(objectAccess, { bucket: 'b', key: 'k', versionId })

  it('is told of a bucket at once: the owner with his number, and what was set', async () => {
    deepEqual(await catalog.read(bucketAccess, 'b'), {
      id: 1,
      name: 'b',
      owner: { id: owner, number: '123456789012', name: 'root' },
      ownership: 'BucketOwnerEnforced',
      policy: undefined,
      acl: undefined,
      publicAccessBlock: undefined,
      payer: 'BucketOwner',
    })
    await own('None')
    await catalog.commit(setBucketList, { bucket: 'b', wanted: toEverybody, callerId: owner, now })
    const block = {
      bucket: 'b',
      setting: 'public-access-block',
      value: JSON.stringify(everythingBlocked),
      now,
    } as const
    await catalog.commit(putBucketSetting, block)
    await catalog.commit(putBucketSetting, { ...block, setting: 'request-payment', value: '"Requester"' })
    await catalog.commit(setBucketPolicy, { bucket: 'b', policy: ' {} ', isPublic: false, now })
    const access = await catalog.read(bucketAccess, 'b')
    deepEqual(access && [access.ownership, access.policy, access.publicAccessBlock, access.payer, access.acl], [
      'ObjectWriter',
      ' {} ',
      everythingBlocked,
      'Requester',
      [
        { id: owner, permission: 'FULL_CONTROL' },
        { group: 'AllUsers', permission: 'READ' },
      ],
    ])
    equal(await catalog.read(bucketAccess, 'none'), undefined)
  })

  it('is told of an object: whose it is by what the bucket says now, its list, its tags', async () => {
    await own('ObjectWriter')
    await put(writer, toEverybody)
    const access = await object()
    deepEqual(access && [access.ownerId, access.acl, [...access.tags], access.isMarker], [
      writer,
      [
        { id: writer, permission: 'FULL_CONTROL' },
        { group: 'AllUsers', permission: 'READ' },
      ],
      [['team', 'x']],
      false,
    ])
    await own('BucketOwnerEnforced')
    equal((await object())?.ownerId, owner)
    equal(await catalog.read(objectAccess, { bucket: 'b', key: 'none', versionId: undefined }), undefined)
    equal(await catalog.read(objectAccess, { bucket: 'none', key: 'k', versionId: undefined }), undefined)
  })

  it('is told of each version, the null one and markers among them, and of none that cannot be', async () => {
    await own('ObjectWriter')
    await put(owner, toEverybody)
    await catalog.commit(setBucketVersioning, { bucket: 'b', versioning: 'Enabled', now })
    const { versionId } = await put(writer)
    const marker = await catalog.commit(deleteVersion, { bucket: 'b', key: 'k', onlyIf: {}, ownerId: writer, now })
    const told = async (id?: string) => {
      const access = await object(id)
      return access && [access.ownerId, access.acl?.length, access.isMarker]
    }
    deepEqual(await told(), [writer, undefined, true])
    deepEqual(await told(marker.versionId), [writer, undefined, true])
    deepEqual(await told(versionId), [writer, undefined, false])
    deepEqual(await told('null'), [owner, 2, false])
    for (const id of ['', 'latest', 'x'.repeat(22), '0'.repeat(22)]) equal(await told(id), undefined, id)
  })

  it('of another row is another one, when its tags or list have changed', async () => {
    await own('ObjectWriter')
    await put(writer)
    const rows = [(await object())?.rowId]
    await catalog.commit(tagVersion, { bucket: 'b', key: 'k', tags: null, now })
    rows.push((await object())?.rowId)
    const address = { bucket: 'b', key: 'k', versionId: undefined, callerId: writer, now }
    await catalog.commit(setVersionList, { ...address, wanted: toEverybody })
    rows.push((await object())?.rowId)
    await catalog.commit(tagVersion, { bucket: 'b', key: 'k', tags: '[["a","b"]]', now })
    rows.push((await object())?.rowId)
    equal(new Set(rows).size, 4)
    equal((await object())?.acl?.length, 2, 'the list outlives a change of tags')
    await rejects(catalog.commit(setVersionList, { ...address, wanted: toEverybody, decided: rows[0] }), {
      name: 'DecisionOutdated',
    })
  })

  it('makes what nobody signed the bucket owner’s', async () => {
    for (const ownership of ['ObjectWriter', 'BucketOwnerPreferred', 'BucketOwnerEnforced'] as const) {
      await own(ownership)
      await put(anonymousId)
      equal((await object())?.ownerId, owner, ownership)
      await own('ObjectWriter')
      equal((await object())?.ownerId, owner, 'for good')
    }
  })

  it('raises the access number when it is of a bucket, and not when it is of an object', async () => {
    const numberAfter = async (work: () => Promise<unknown>) => {
      const before = await catalog.read(accessNumber, undefined)
      await work()
      return (await catalog.read(accessNumber, undefined)) - before
    }
    const list = { bucket: 'b', wanted: toEverybody, callerId: owner, now }
    equal(await numberAfter(() => own('ObjectWriter')), 1)
    equal(await numberAfter(() => catalog.commit(setBucketList, list)), 1)
    equal(
      await numberAfter(() => catalog.commit(setBucketPolicy, { bucket: 'b', policy: '{}', isPublic: true, now })),
      1,
    )
    equal(await numberAfter(() => put(writer, toEverybody)), 0)
    equal(await numberAfter(() => catalog.commit(setVersionList, { ...list, key: 'k', versionId: undefined })), 0)
    equal(await numberAfter(() => own('BucketOwnerEnforced').catch(() => undefined)), 0, 'refused')
  })
})
