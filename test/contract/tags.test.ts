// Tags, in sets and in headers.

import { deepEqual, doesNotThrow, throws } from 'node:assert/strict'
import { objectTagsMax, requireTagSet, tagsJson, tagsOfHeader, tagsOfJson } from '../../src/contract/tags.js'

const many = (count: number) => Array.from({ length: count }, (_, i) => ({ Key: `k${i}`, Value: 'v' }))

describe('tags', () => {
  it('are at most ten of an object', () => {
    doesNotThrow(() => requireTagSet(many(10), objectTagsMax))
    throws(() => requireTagSet(many(11), objectTagsMax), {
      code: 'BadRequest',
      message: 'Object tags cannot be greater than 10',
    })
  })

  const refused: readonly [what: string, Key: string, Value: string][] = [
    ['an empty key', '', 'v'],
    ['a key of 129 characters', 'k'.repeat(129), 'v'],
    ['a value of 257 characters', 'k', 'v'.repeat(257)],
    ['a key of other characters', 'a&b', 'v'],
    ['a value of other characters', 'k', 'a<b'],
    ['control characters', 'k\n', 'v'],
    ['a key of AWS', 'aws:k', 'v'],
  ]
  for (const [what, Key, Value] of refused) {
    it(`refuse ${what}`, () => throws(() => requireTagSet([{ Key, Value }], objectTagsMax), { code: 'InvalidTag' }))
  }

  it('refuse the same key twice', () => {
    const tags = [
      { Key: 'k', Value: '1' },
      { Key: 'k', Value: '2' },
    ]
    throws(() => requireTagSet(tags, objectTagsMax), {
      code: 'InvalidTag',
      message: 'Cannot provide multiple Tags with the same key',
    })
  })

  it('allow what S3 allows', () => {
    const tags = [
      { Key: 'k'.repeat(128), Value: 'v'.repeat(256) },
      { Key: 'Ünïcödé 1 + - = . _ : / @', Value: '' },
    ]
    doesNotThrow(() => requireTagSet(tags, objectTagsMax))
  })

  const headers: readonly [header: string, tags: readonly (readonly [string, string])[]][] = [
    ['', []],
    ['a=b', [['a', 'b']]],
    [
      'a=b&c=d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a', [['a', '']]],
    ['a=', [['a', '']]],
    ['a=b=c', [['a', 'b=c']]],
    ['a+b=c%20d', [['a b', 'c d']]],
    ['%C3%A9=%2B', [['é', '+']]],
    ['a=b&', [['a', 'b']]],
  ]
  for (const [header, tags] of headers) {
    it(`reads ${JSON.stringify(header)}`, () => deepEqual(tagsOfHeader(header), tags))
  }

  it('refuse a header that is no query string', () => {
    throws(() => tagsOfHeader('a=%zz'), {
      code: 'InvalidArgument',
      members: { ArgumentName: 'x-amz-tagging', ArgumentValue: '%zz' },
    })
    throws(() => tagsOfHeader('a=%ff'), { code: 'InvalidArgument' })
    throws(() => tagsOfHeader('a=1&a=2'), { code: 'InvalidTag' })
    throws(
      () =>
        tagsOfHeader(
          many(11)
            .map(({ Key }) => `${Key}=v`)
            .join('&'),
        ),
      { code: 'BadRequest' },
    )
  })

  it('are kept in their order', () => {
    const tags: [string, string][] = [
      ['z', '1'],
      ['a', '2'],
    ]
    deepEqual(tagsOfJson(tagsJson(tags)), tags)
    deepEqual(tagsJson([]), null)
    deepEqual(tagsOfJson(null), [])
  })
})
