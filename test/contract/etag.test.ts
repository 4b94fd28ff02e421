// Entity tags, compared.

import { equal } from 'node:assert/strict'
import { matchesETag, md5ETag, quotedETag } from '../../src/contract/etag.js'

const cases: readonly [listed: string, comparison: 'strong' | 'weak', expected: boolean][] = [
  ['"abc"', 'strong', true],
  ['abc', 'strong', true],
  ['*', 'strong', true],
  ['"x"', 'strong', false],
  ['', 'strong', false],
  ['"x", "abc"', 'strong', true],
  ['"x","y" , abc', 'strong', true],
  ['"x,abc"', 'strong', false],
  ['"x,y", "abc"', 'weak', true],
  ['W/"abc"', 'strong', false],
  ['W/"abc"', 'weak', true],
  ['W/"x", W/"abc"', 'weak', true],
  ['"abc', 'weak', false],
  ['"ABC"', 'weak', false],
  ['"abcd"', 'weak', false],
  [' "abc" ', 'strong', true],
]

describe('entity tags', () => {
  for (const [listed, comparison, expected] of cases) {
    it(`${expected ? 'finds' : 'does not find'} abc in ${JSON.stringify(listed)} by ${comparison} comparison`, () => {
      equal(matchesETag(listed, 'abc', comparison), expected)
    })
  }

  it('does not get slow by a long list', () => {
    const began = performance.now()
    equal(matchesETag('"x", '.repeat(10_000), 'abc', 'weak'), false)
    equal(matchesETag(' '.repeat(30_000) + '"', 'abc', 'weak'), false)
    equal(performance.now() - began < 500, true)
  })

  it('are the MD5 in hex, in quotes where they are sent', () => {
    const pool = Buffer.concat([Buffer.from([9]), Buffer.alloc(16, 0xab), Buffer.from([9])])
    equal(md5ETag(pool.subarray(1, 17)), 'ab'.repeat(16))
    equal(quotedETag('ab'), '"ab"')
  })
})
