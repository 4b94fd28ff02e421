// What lists grant: AWS's table of permissions and actions, its groups, and what "public" means.

import { deepEqual, equal } from 'node:assert/strict'
import {
  isOwnersList,
  isPublicList,
  listAllows,
  listedRightOf,
  listJson,
  listOfJson,
  ownersList,
  type AccessList,
  type ListGrant,
  type Permission,
} from '../../src/contract/access-list.js'

const owner = 'a'.repeat(64)
const other = 'b'.repeat(64)
const third = 'c'.repeat(64)

const actions = [
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:ListBucketMultipartUploads',
  's3:PutObject',
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:GetBucketAcl',
  's3:PutBucketAcl',
  's3:GetObject',
  's3:GetObjectVersion',
  's3:GetObjectAcl',
  's3:GetObjectVersionAcl',
  's3:PutObjectAcl',
  's3:PutObjectVersionAcl',
] as const

/** What `caller` may do by a list, of the actions of bucket or object. */
const allowed = (
  which: 'bucket' | 'object',
  list: AccessList | undefined,
  callerId: string | undefined,
  ignoresPublic = false,
): string[] =>
  actions.filter(
    (action) => listedRightOf(action)?.list === which && listAllows(list, owner, { action, callerId, ignoresPublic }),
  )

describe('An access control list', () => {
  const onBucket: Record<Permission, string[]> = {
    READ: ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'],
    // "s3:DeleteObjectVersion" is given to the bucket's owner alone.
    WRITE: ['s3:PutObject', 's3:DeleteObject'],
    READ_ACP: ['s3:GetBucketAcl'],
    WRITE_ACP: ['s3:PutBucketAcl'],
    FULL_CONTROL: [
      's3:ListBucket',
      's3:ListBucketVersions',
      's3:ListBucketMultipartUploads',
      's3:PutObject',
      's3:DeleteObject',
      's3:GetBucketAcl',
      's3:PutBucketAcl',
    ],
  }
  const onObject: Record<Permission, string[]> = {
    READ: ['s3:GetObject', 's3:GetObjectVersion'],
    WRITE: [],
    READ_ACP: ['s3:GetObjectAcl', 's3:GetObjectVersionAcl'],
    WRITE_ACP: ['s3:PutObjectAcl', 's3:PutObjectVersionAcl'],
    FULL_CONTROL: [
      's3:GetObject',
      's3:GetObjectVersion',
      's3:GetObjectAcl',
      's3:GetObjectVersionAcl',
      's3:PutObjectAcl',
      's3:PutObjectVersionAcl',
    ],
  }
  // The keys of both tables are all the permissions there are.
  for (const permission of Object.keys(onBucket) as Permission[]) {
    it(`grants by ${permission} what AWS's table says, to the grantee alone`, () => {
      const list: AccessList = [{ id: other, permission }]
      deepEqual(allowed('bucket', list, other), onBucket[permission])
      deepEqual(allowed('object', list, other), onObject[permission])
      for (const stranger of [third, undefined]) {
        deepEqual(allowed('bucket', list, stranger), [])
        deepEqual(allowed('object', list, stranger), [])
      }
    })
  }

  it('lets its owner do everything when it is not set, and nobody else anything', () => {
    deepEqual([...allowed('bucket', undefined, owner), ...allowed('object', undefined, owner)], actions)
    deepEqual(allowed('bucket', ownersList(owner), owner), allowed('bucket', undefined, owner))
    for (const stranger of [other, undefined]) {
      deepEqual([...allowed('bucket', undefined, stranger), ...allowed('object', undefined, stranger)], [])
    }
  })

  it('leaves its owner reading and writing the list when it grants nothing', () => {
    deepEqual(allowed('bucket', [], owner), ['s3:GetBucketAcl', 's3:PutBucketAcl'])
    deepEqual(allowed('object', [], owner), onObject.READ_ACP.concat(onObject.WRITE_ACP))
  })

  it('knows who is of which group', () => {
    const to = (group: 'AllUsers' | 'AuthenticatedUsers' | 'LogDelivery'): AccessList => [{ group, permission: 'READ' }]
    const read = ['s3:GetObject', 's3:GetObjectVersion']
    deepEqual(allowed('object', to('AllUsers'), undefined), read)
    deepEqual(allowed('object', to('AllUsers'), other), read)
    deepEqual(allowed('object', to('AuthenticatedUsers'), other), read)
    deepEqual(allowed('object', to('AuthenticatedUsers'), undefined), [])
    deepEqual(allowed('object', to('LogDelivery'), other), [])
    deepEqual(allowed('object', to('LogDelivery'), undefined), [])
  })

  it('grants nothing to groups where public lists are ignored, and to accounts as before', () => {
    const list: AccessList = [
      { group: 'AllUsers', permission: 'READ' },
      { id: other, permission: 'READ_ACP' },
    ]
    deepEqual(allowed('object', list, undefined, true), [])
    deepEqual(allowed('object', list, other, true), ['s3:GetObjectAcl', 's3:GetObjectVersionAcl'])
  })

  it('says nothing of other actions', () => {
    const list: AccessList = [{ group: 'AllUsers', permission: 'FULL_CONTROL' }]
    for (const action of ['s3:PutBucketPolicy', 's3:DeleteBucket', 's3:GetObjectTagging', 's3:*', '']) {
      equal(listedRightOf(action), undefined)
      equal(listAllows(list, owner, { action, callerId: owner, ignoresPublic: false }), false, action)
    }
  })

  it('is public when it grants anything to everybody, or to everybody who signs', () => {
    const cases: [AccessList | undefined, boolean][] = [
      [undefined, false],
      [[], false],
      [ownersList(owner), false],
      [[{ id: other, permission: 'FULL_CONTROL' }], false],
      [[{ group: 'LogDelivery', permission: 'WRITE' }], false],
      [[{ group: 'AllUsers', permission: 'READ_ACP' }], true],
      [
        [
          { id: owner, permission: 'FULL_CONTROL' },
          { group: 'AuthenticatedUsers', permission: 'READ' },
        ],
        true,
      ],
    ]
    for (const [list, expected] of cases) equal(isPublicList(list), expected, JSON.stringify(list))
  })

  it("is its owner's when nobody else has a grant", () => {
    equal(isOwnersList(undefined, owner), true)
    equal(isOwnersList([], owner), true)
    equal(isOwnersList(ownersList(owner), owner), true)
    equal(isOwnersList(ownersList(other), owner), false)
    equal(isOwnersList([{ group: 'LogDelivery', permission: 'WRITE' }], owner), false)
  })

  it('is kept as JSON, and not at all when it is not set', () => {
    const list: ListGrant[] = [
      { id: other, permission: 'READ' },
      { group: 'AllUsers', permission: 'READ' },
    ]
    equal(listJson(list), `[{"id":"${other}","permission":"READ"},{"group":"AllUsers","permission":"READ"}]`)
    deepEqual(listOfJson(listJson(list)), list)
    equal(listJson(undefined), null)
    equal(listOfJson(null), undefined)
  })
})
