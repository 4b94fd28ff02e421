// Lists as requests ask for them, and as answers show them: S3's three ways of asking, its canned lists, and its refusals.

import { deepEqual, equal, throws } from 'node:assert/strict'
import type { AccessControlPolicy, Grant } from '@aws-sdk/client-s3'
import type { AccessList } from '../../src/contract/access-list.js'
import {
  type AskedAcl,
  askedList,
  grantsMax,
  listOf,
  requireAskedList,
  saysWhatHolds,
  shownList,
} from '../../src/contract/acl.js'

const owner = 'a'.repeat(64)
const writer = 'b'.repeat(64)
const other = 'c'.repeat(64)
const everybody = 'http://acs.amazonaws.com/groups/global/AllUsers'

const ofBucket = { what: 'bucket', ownerId: owner, bucketOwnerId: owner } as const
const ofWriter = { what: 'object', ownerId: writer, bucketOwnerId: owner } as const
const ofOwner = { what: 'object', ownerId: owner, bucketOwnerId: owner } as const

const granting = (...Grants: Grant[]): AskedAcl => ({ AccessControlPolicy: { Owner: { ID: owner }, Grants } })

describe('A list that is asked for', () => {
  it('may be canned, in headers, in XML, or not there', () => {
    equal(askedList({}, 'object'), undefined)
    deepEqual(askedList({ ACL: 'public-read' }, 'bucket'), { canned: 'public-read' })
    deepEqual(askedList({ GrantRead: `id=${other}` }, 'object'), { grants: [{ id: other, permission: 'READ' }] })
    deepEqual(
      askedList(
        granting(
          { Grantee: { Type: 'CanonicalUser', ID: other }, Permission: 'WRITE_ACP' },
          { Grantee: { Type: 'Group', URI: everybody }, Permission: 'READ' },
          { Grantee: { Type: 'AmazonCustomerByEmail', EmailAddress: 'a@b.example' }, Permission: 'FULL_CONTROL' },
        ),
        'bucket',
      ),
      {
        grants: [
          { id: other, permission: 'WRITE_ACP' },
          { group: 'AllUsers', permission: 'READ' },
          { email: 'a@b.example', permission: 'FULL_CONTROL' },
        ],
      },
    )
    deepEqual(askedList(granting(), 'bucket'), { grants: [] })
  })

  it('in headers names several, each by id, group or e-mail address, quoted or not', () => {
    const asked = askedList(
      {
        GrantFullControl: 'emailAddress="a@b.example"',
        GrantRead: `id="${other}", uri="${everybody}",ID=${writer}`,
        GrantReadACP: 'uri=http://acs.amazonaws.com/groups/s3/LogDelivery',
        GrantWrite: `id = ${other}`,
        GrantWriteACP: 'URI="http://acs.amazonaws.com/groups/global/AuthenticatedUsers"',
      },
      'bucket',
    )
    deepEqual(asked, {
      grants: [
        { id: other, permission: 'READ' },
        { group: 'AllUsers', permission: 'READ' },
        { id: writer, permission: 'READ' },
        { id: other, permission: 'WRITE' },
        { group: 'LogDelivery', permission: 'READ_ACP' },
        { group: 'AuthenticatedUsers', permission: 'WRITE_ACP' },
        { email: 'a@b.example', permission: 'FULL_CONTROL' },
      ],
    })
  })

  const read = (Grantee: Grant['Grantee']): AskedAcl => granting({ Grantee, Permission: 'READ' })
  // The casts are what a request may hold and the SDK's types do not.
  const refused: [what: string, input: AskedAcl, refusal: object][] = [
    [
      'a canned list and headers',
      { ACL: 'private', GrantRead: `id=${other}` },
      { code: 'InvalidRequest', message: 'Specifying both Canned ACLs and Header Grants is not allowed' },
    ],
    ['a canned list and XML', { ...granting(), ACL: 'private' }, { code: 'UnexpectedContent' }],
    ['headers and XML', { ...granting(), GrantRead: `id=${other}` }, { code: 'UnexpectedContent' }],
    ['a canned list nobody knows', { ACL: 'everybody' }, { code: 'InvalidArgument' }],
    ['the name of a member of every object', { ACL: 'constructor' }, { code: 'InvalidArgument' }],
    [
      'a header that is no list',
      { GrantRead: 'somebody' },
      {
        code: 'InvalidArgument',
        message: 'Argument format not recognized',
        members: { ArgumentName: 'x-amz-grant-read', ArgumentValue: 'somebody' },
      },
    ],
    ['an empty header', { GrantWriteACP: '' }, { code: 'InvalidArgument' }],
    ['a header that names nobody', { GrantRead: 'id=""' }, { code: 'InvalidArgument' }],
    ['a header with a comma too many', { GrantRead: `id=${other},` }, { code: 'InvalidArgument' }],
    ['a group nobody knows', { GrantRead: 'uri="http://example.com/all"' }, { code: 'InvalidArgument' }],
    [
      'the same in XML',
      read({ Type: 'Group', URI: 'urn:x' }),
      { code: 'InvalidArgument', message: 'Invalid group uri' },
    ],
    ['XML without an owner', { AccessControlPolicy: { Grants: [] } }, { code: 'MalformedACLError' }],
    ['a grantee of no type', read({ ID: other } as Grant['Grantee']), { code: 'MalformedACLError' }],
    ['an account without an id', read({ Type: 'CanonicalUser' }), { code: 'MalformedACLError' }],
    ['a group without a URI', read({ Type: 'Group', ID: other }), { code: 'MalformedACLError' }],
    ['no grantee', granting({ Permission: 'READ' }), { code: 'MalformedACLError' }],
    [
      'a permission nobody knows',
      granting({ Grantee: { Type: 'Group', URI: everybody }, Permission: 'DELETE' as 'READ' }),
      { code: 'MalformedACLError' },
    ],
    [
      'more than 100 grants',
      granting(
        ...Array.from({ length: grantsMax + 1 }, (): Grant => ({
          Grantee: { Type: 'CanonicalUser', ID: other },
          Permission: 'READ',
        })),
      ),
      { code: 'MalformedACLError' },
    ],
    [
      'more than 100 grants in headers',
      { GrantRead: Array.from({ length: grantsMax + 1 }, () => `id=${other}`).join(',') },
      { code: 'MalformedACLError' },
    ],
  ]
  for (const [what, input, refusal] of refused) {
    it(`is refused: ${what}`, () => throws(() => askedList(input, 'object'), refusal))
  }

  it('may be for the writer of logs on a bucket alone', () => {
    deepEqual(askedList({ ACL: 'log-delivery-write' }, 'bucket'), { canned: 'log-delivery-write' })
    throws(() => askedList({ ACL: 'log-delivery-write' }, 'object'), { code: 'InvalidArgument' })
  })

  it('has to be there where it is what is put, and XML has to name the owner there is', () => {
    throws(() => requireAskedList({}, 'bucket', owner), {
      code: 'MissingSecurityHeader',
      members: { MissingHeaderName: 'x-amz-acl' },
    })
    throws(() => requireAskedList(granting(), 'bucket', other), { code: 'AccessDenied' })
    deepEqual(requireAskedList(granting(), 'bucket', owner), { grants: [] })
  })
})

describe('A list that comes of it', () => {
  const full = (id: string) => ({ id, permission: 'FULL_CONTROL' }) as const
  const all = (permission: 'READ' | 'WRITE') => ({ group: 'AllUsers', permission }) as const
  const canned: [
    name: string,
    place: typeof ofBucket | typeof ofWriter | typeof ofOwner,
    list: AccessList | undefined,
  ][] = [
    ['private', ofBucket, undefined],
    ['private', ofWriter, undefined],
    ['public-read', ofBucket, [full(owner), all('READ')]],
    ['public-read', ofWriter, [full(writer), all('READ')]],
    ['public-read-write', ofBucket, [full(owner), all('READ'), all('WRITE')]],
    ['authenticated-read', ofOwner, [full(owner), { group: 'AuthenticatedUsers', permission: 'READ' }]],
    ['aws-exec-read', ofOwner, undefined],
    ['bucket-owner-read', ofWriter, [full(writer), { id: owner, permission: 'READ' }]],
    ['bucket-owner-read', ofOwner, undefined],
    ['bucket-owner-read', ofBucket, undefined],
    ['bucket-owner-full-control', ofWriter, [full(writer), full(owner)]],
    ['bucket-owner-full-control', ofOwner, undefined],
    ['bucket-owner-full-control', ofBucket, undefined],
    [
      'log-delivery-write',
      ofBucket,
      [full(owner), { group: 'LogDelivery', permission: 'WRITE' }, { group: 'LogDelivery', permission: 'READ_ACP' }],
    ],
  ]
  for (const [name, place, list] of canned) {
    const whose = place.ownerId === place.bucketOwnerId ? "the bucket owner's" : "somebody's"
    it(`is S3's for ${name} of ${whose} ${place.what}`, () => deepEqual(listOf({ canned: name }, place), list))
  }

  it('is what is granted, without the owner where he is not named', () => {
    deepEqual(listOf({ grants: [] }, ofBucket), [])
    deepEqual(listOf({ grants: [{ id: other, permission: 'READ' }] }, ofWriter), [{ id: other, permission: 'READ' }])
    equal(listOf({ grants: [full(owner)] }, ofBucket), undefined)
    deepEqual(listOf({ grants: [full(owner)] }, ofWriter), [full(owner)])
    deepEqual(listOf({ grants: [{ id: owner, permission: 'READ' }] }, ofBucket), [{ id: owner, permission: 'READ' }])
  })

  it('says what holds anyway where lists do not count, only by full control of the bucket owner', () => {
    equal(saysWhatHolds({ canned: 'bucket-owner-full-control' }, owner, writer), true)
    equal(saysWhatHolds({ canned: 'private' }, owner, writer), false)
    equal(saysWhatHolds({ canned: 'private' }, owner, owner), true)
    equal(saysWhatHolds({ canned: 'public-read' }, owner, owner), false)
    equal(saysWhatHolds({ grants: [full(owner)] }, owner, writer), true)
    equal(saysWhatHolds({ grants: [] }, owner, writer), false)
    equal(saysWhatHolds({ grants: [full(owner), full(other)] }, owner, writer), false)
    equal(saysWhatHolds({ grants: [{ id: owner, permission: 'READ' }] }, owner, writer), false)
    equal(saysWhatHolds({ grants: [full(owner), all('READ')] }, owner, writer), false)
  })

  it('is shown with names, groups before accounts', () => {
    const names = new Map([
      [owner, 'root'],
      [other, 'ann'],
    ])
    const list: AccessList = [full(owner), all('READ'), { id: other, permission: 'READ_ACP' }]
    const expected: AccessControlPolicy = {
      Owner: { ID: owner, DisplayName: 'root' },
      Grants: [
        { Grantee: { Type: 'Group', URI: everybody }, Permission: 'READ' },
        { Grantee: { Type: 'CanonicalUser', ID: owner, DisplayName: 'root' }, Permission: 'FULL_CONTROL' },
        { Grantee: { Type: 'CanonicalUser', ID: other, DisplayName: 'ann' }, Permission: 'READ_ACP' },
      ],
    }
    deepEqual(shownList({ id: owner, name: 'root' }, list, names), expected)
    deepEqual(shownList({ id: owner, name: 'root' }, undefined, names).Grants, [expected.Grants?.[1]])
    deepEqual(shownList({ id: owner, name: 'root' }, [], names).Grants, [])
  })
})
