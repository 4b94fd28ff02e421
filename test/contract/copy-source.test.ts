// What x-amz-copy-source and x-amz-rename-source name.

import { deepEqual, throws } from 'node:assert/strict'
import { copySourceOf, renameSourceOf } from '../../src/contract/copy-source.js'

const cases: readonly [header: string, source: { bucket: string; key: string; versionId?: string }][] = [
  ['b/k', { bucket: 'b', key: 'k' }],
  ['/b/k', { bucket: 'b', key: 'k' }],
  ['b%2Fk', { bucket: 'b', key: 'k' }],
  ['%2Fb%2Fk', { bucket: 'b', key: 'k' }],
  ['b/a/b/c', { bucket: 'b', key: 'a/b/c' }],
  ['b//k', { bucket: 'b', key: '/k' }],
  ['b/a%20b%2Bc', { bucket: 'b', key: 'a b+c' }],
  ['b/%F0%9F%98%80', { bucket: 'b', key: '😀' }],
  ['b/k?versionId=null', { bucket: 'b', key: 'k', versionId: 'null' }],
  ['b/k%3FversionId%3Dx', { bucket: 'b', key: 'k?versionId=x' }],
  ['b/?versionId=1?versionId=2', { bucket: 'b', key: '?versionId=1', versionId: '2' }],
  ['b/..', { bucket: 'b', key: '..' }],
]

describe('the source of a copy', () => {
  for (const [header, source] of cases) it(`is read from ${header}`, () => deepEqual(copySourceOf(header), source))

  for (const header of ['', '/', 'b', '/b', 'b/', '/b/', '//k', 'b/%zz', 'b/%ff', 'b/k?versionId=']) {
    it(`is refused when it is ${JSON.stringify(header)}`, () =>
      throws(() => copySourceOf(header), { code: 'InvalidArgument' }))
  }

  it('is refused when it is an access point', () => {
    throws(() => copySourceOf('arn:aws:s3:us-east-1:123456789012:accesspoint/ap/object/k'), { code: 'NotImplemented' })
  })
})

describe('the source of a rename', () => {
  for (const [header, key] of [
    ['k', 'k'],
    ['/k', 'k'],
    ['/b/k', 'k'],
    ['a%20b/c', 'a b/c'],
    ['/other/k', 'other/k'],
  ] as const) {
    it(`is a key of the bucket: ${header}`, () => deepEqual(renameSourceOf(header, 'b'), { bucket: 'b', key }))
  }
  it('is refused when it is empty', () => {
    throws(() => renameSourceOf('', 'b'), { code: 'InvalidArgument' })
    throws(() => renameSourceOf('/b/', 'b'), { code: 'InvalidArgument' })
  })
})
