// Conditions of reads, writes and deletions: who is refused, and how.

import { deepEqual, doesNotThrow, equal, throws } from 'node:assert/strict'
import {
  mayBePartial,
  requireDeletable,
  requireKeyDeletable,
  requireReadable,
  requireSource,
  requireWritable,
  unmetCondition,
  writeConditionsOf,
  type Current,
  type ReadConditions,
} from '../../src/contract/preconditions.js'

const modifiedMs = Date.UTC(2026, 10, 21, 9, 30, 0, 700)
const at = (seconds: number) => new Date(Math.floor(modifiedMs / 1000) * 1000 + seconds * 1000)
const object: Current = { etag: 'abc', modifiedMs, isMarker: 0, size: 3 }
const marker: Current = { etag: '', modifiedMs, isMarker: 1, size: 0 }

const reads: readonly [what: string, conditions: ReadConditions, unmet: string | undefined][] = [
  ['nothing', {}, undefined],
  ['If-Match that matches', { IfMatch: '"abc"' }, undefined],
  ['If-Match that does not', { IfMatch: '"x"' }, 'If-Match'],
  ['If-Match of a weak tag', { IfMatch: 'W/"abc"' }, 'If-Match'],
  ['If-None-Match that matches', { IfNoneMatch: '"abc"' }, 'If-None-Match'],
  ['If-None-Match of a weak tag', { IfNoneMatch: 'W/"abc"' }, 'If-None-Match'],
  ['If-None-Match of all', { IfNoneMatch: '*' }, 'If-None-Match'],
  ['If-None-Match that does not match', { IfNoneMatch: '"x"' }, undefined],
  ['If-Modified-Since before', { IfModifiedSince: at(-1) }, undefined],
  ['If-Modified-Since the same second', { IfModifiedSince: at(0) }, 'If-Modified-Since'],
  ['If-Modified-Since after', { IfModifiedSince: at(1) }, 'If-Modified-Since'],
  ['If-Unmodified-Since before', { IfUnmodifiedSince: at(-1) }, 'If-Unmodified-Since'],
  ['If-Unmodified-Since the same second', { IfUnmodifiedSince: at(0) }, undefined],
  ['If-Match over If-Unmodified-Since', { IfMatch: '"abc"', IfUnmodifiedSince: at(-1) }, undefined],
  ['a false If-Match over a true If-Unmodified-Since', { IfMatch: '"x"', IfUnmodifiedSince: at(1) }, 'If-Match'],
  ['If-None-Match over If-Modified-Since', { IfNoneMatch: '"abc"', IfModifiedSince: at(-1) }, 'If-None-Match'],
  ['a true If-None-Match over If-Modified-Since', { IfNoneMatch: '"x"', IfModifiedSince: at(1) }, undefined],
  ['If-Match before If-None-Match', { IfMatch: '"x"', IfNoneMatch: '"abc"' }, 'If-Match'],
  [
    'If-Unmodified-Since before If-None-Match',
    { IfUnmodifiedSince: at(-1), IfNoneMatch: '"abc"' },
    'If-Unmodified-Since',
  ],
]

describe('conditions of a read', () => {
  for (const [what, conditions, unmet] of reads) {
    it(`${unmet === undefined ? 'hold for' : 'fail for'} ${what}`, () => {
      equal(unmetCondition(conditions, object), unmet)
      const read = () => requireReadable(conditions, object, () => ({ ETag: '"abc"' }))
      const copy = () => requireSource(conditions, object, 'x-amz-copy-source-')
      if (unmet === undefined) {
        doesNotThrow(read)
        doesNotThrow(copy)
        return
      }
      const isNotModified = unmet === 'If-None-Match' || unmet === 'If-Modified-Since'
      throws(
        read,
        isNotModified
          ? { code: 'NotModified', status: 304, headers: { ETag: '"abc"' } }
          : { code: 'PreconditionFailed', status: 412, members: { Condition: unmet } },
      )
      throws(copy, { code: 'PreconditionFailed', members: { Condition: `x-amz-copy-source-${unmet}` } })
    })
  }
})

describe('If-Range', () => {
  const cases: readonly [validator: string | undefined, counts: boolean][] = [
    [undefined, true],
    ['"abc"', true],
    ['abc', true],
    ['"x"', false],
    ['W/"abc"', false],
    [at(0).toUTCString(), true],
    [at(1).toUTCString(), false],
    [at(-1).toUTCString(), false],
    ['nonsense', false],
  ]
  for (const [validator, counts] of cases) {
    it(`${counts ? 'lets' : 'does not let'} the range count for ${validator}`, () => {
      equal(mayBePartial({ IfRange: validator }, object), counts)
    })
  }
})

describe('conditions of a write', () => {
  const cases: readonly [
    string,
    Current | undefined,
    { IfMatch?: string; IfNoneMatch?: string },
    string | undefined,
  ][] = [
    ['nothing asked', object, {}, undefined],
    ['If-None-Match: * where nothing is', undefined, { IfNoneMatch: '*' }, undefined],
    ['If-None-Match: * where a delete marker is', marker, { IfNoneMatch: '*' }, undefined],
    ['If-None-Match: * where an object is', object, { IfNoneMatch: '*' }, 'PreconditionFailed'],
    ['If-None-Match of the object', object, { IfNoneMatch: '"abc"' }, 'PreconditionFailed'],
    ['If-None-Match of the object among others', object, { IfNoneMatch: '"x", W/"abc"' }, 'PreconditionFailed'],
    ['If-None-Match without quotes', object, { IfNoneMatch: 'abc' }, 'PreconditionFailed'],
    ['If-None-Match of another', object, { IfNoneMatch: '"x"' }, undefined],
    ['If-None-Match of any tag where nothing is', undefined, { IfNoneMatch: '"abc"' }, undefined],
    ['If-None-Match of the tag of a delete marker', marker, { IfNoneMatch: '"abc"' }, undefined],
    ['If-Match of the object', object, { IfMatch: '"abc"' }, undefined],
    ['If-Match without quotes', object, { IfMatch: 'abc' }, undefined],
    ['If-Match: * where an object is', object, { IfMatch: '*' }, undefined],
    ['If-Match of another', object, { IfMatch: '"x"' }, 'PreconditionFailed'],
    ['If-Match where nothing is', undefined, { IfMatch: '"abc"' }, 'NoSuchKey'],
    ['If-Match where a delete marker is', marker, { IfMatch: '*' }, 'NoSuchKey'],
    ['both, where an object is', object, { IfMatch: '"abc"', IfNoneMatch: '*' }, 'PreconditionFailed'],
    ['both, where nothing is', undefined, { IfMatch: '"abc"', IfNoneMatch: '*' }, 'NoSuchKey'],
  ]
  for (const [what, current, input, code] of cases) {
    it(`${code ?? 'nothing'} is thrown for ${what}`, () => {
      const write = () => requireWritable(current, writeConditionsOf(input), 'k')
      if (code === undefined) doesNotThrow(write)
      else throws(write, { code })
    })
  }

  it('are refused when If-None-Match is neither * nor ETags', () => {
    for (const IfNoneMatch of ['', ' ', '"*"', '*, "abc"', '"abc",', 'W/*', '"abc', '"abc" "x"', 'a b']) {
      throws(() => writeConditionsOf({ IfNoneMatch }), { code: 'NotImplemented', status: 501 })
    }
    deepEqual(writeConditionsOf({ IfNoneMatch: ' * ' }), { ifMatch: undefined, ifNoneMatch: '*' })
  })
})

describe('conditions of a deletion', () => {
  const cases: readonly [string, Current | undefined, Parameters<typeof requireDeletable>[1], string | undefined][] = [
    ['a missing key, whatever is asked', undefined, { ifMatch: '"x"', ifModifiedMs: 0, ifSize: 9 }, undefined],
    ['a matching tag', object, { ifMatch: '"abc"' }, undefined],
    ['any tag', object, { ifMatch: '*' }, undefined],
    ['another tag', object, { ifMatch: '"x"' }, 'If-Match'],
    ['the time in seconds', object, { ifModifiedMs: at(0).getTime() }, undefined],
    ['another time', object, { ifModifiedMs: at(1).getTime() }, 'x-amz-if-match-last-modified-time'],
    ['the size', object, { ifSize: 3 }, undefined],
    ['another size', object, { ifSize: 4 }, 'x-amz-if-match-size'],
    ['all three', object, { ifMatch: 'abc', ifModifiedMs: modifiedMs, ifSize: 3 }, undefined],
    ['a tag of a delete marker', marker, { ifMatch: '"abc"' }, 'If-Match'],
    ['the size of a delete marker', marker, { ifSize: 0 }, 'x-amz-if-match-size'],
  ]
  for (const [what, current, onlyIf, condition] of cases) {
    it(`${condition === undefined ? 'allow' : 'refuse'} ${what}`, () => {
      const remove = () => requireDeletable(current, onlyIf)
      if (condition === undefined) doesNotThrow(remove)
      else throws(remove, { code: 'PreconditionFailed', members: { Condition: condition } })
    })
  }

  it('refuse any tag where no object is', () => {
    for (const current of [undefined, marker]) {
      for (const ifMatch of ['*', '"abc"']) {
        throws(() => requireKeyDeletable(current, { ifMatch }, 'k'), {
          code: 'NoSuchKey',
          status: 404,
          members: { Key: 'k' },
        })
      }
      doesNotThrow(() => requireKeyDeletable(current, {}, 'k'))
    }
    doesNotThrow(() => requireKeyDeletable(undefined, { ifSize: 9, ifModifiedMs: 0 }, 'k'))
    doesNotThrow(() => requireKeyDeletable(object, { ifMatch: '"abc"' }, 'k'))
    throws(() => requireKeyDeletable(object, { ifMatch: '"x"' }, 'k'), { code: 'PreconditionFailed' })
  })
})
