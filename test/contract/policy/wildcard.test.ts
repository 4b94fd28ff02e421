// Patterns with "*" and "?".

import { equal, ok } from 'node:assert/strict'
import {
  matchesWildcard,
  many,
  one,
  type Piece,
  reachesBeyond,
  wildcardOf,
} from '../../../src/contract/policy/wildcard.js'
import { randomFrom } from '../../crash/random.js'

const pieces = (pattern: string): Piece[] =>
  Array.from(pattern, (unit) => (unit === '*' ? many : unit === '?' ? one : unit))

const matches = (pattern: string, text: string): boolean => matchesWildcard(wildcardOf(pieces(pattern)), text)

const cases: readonly [pattern: string, yes: readonly string[], no: readonly string[]][] = [
  ['', [''], ['a']],
  ['a', ['a'], ['', 'b', 'aa', 'A']],
  ['*', ['', 'a', 'a/b/c'], []],
  ['**', ['', 'a'], []],
  ['?', ['a', '*'], ['', 'aa']],
  ['a*', ['a', 'ab'], ['', 'ba']],
  ['*a', ['a', 'ba'], ['', 'ab']],
  ['a*a', ['aa', 'aba', 'aaa'], ['a', 'ab']],
  ['a*b*c', ['abc', 'a.b.c', 'abbcc', 'abcbc'], ['ac', 'acb', 'abcb']],
  ['*ab*ab*', ['abab', 'xabxabx'], ['aba', 'ab']],
  ['a?c', ['abc', 'a?c'], ['ac', 'abbc']],
  ['*?', ['a', 'ab'], ['']],
  ['*a?', ['ab', 'aab', 'xaa'], ['a', 'aba']],
  ['*?a?*', ['xax', 'aax', 'xaxx'], ['ax', 'xa']],
  [
    'photos/*/thumb?.jpg',
    ['photos/a/thumb1.jpg', 'photos//thumbx.jpg', 'photos/a/b/thumb9.jpg'],
    ['photos/thumb1.jpg'],
  ],
  [`*${'long'.repeat(20)}*`, [`x${'long'.repeat(21)}`], [`${'long'.repeat(19)}lon`]],
  [`*${'lo?g'.repeat(20)}*end`, [`x${'long'.repeat(20)}.end`], [`${'long'.repeat(20)}en`, 'end']],
]

describe('a pattern', () => {
  for (const [pattern, yes, no] of cases) {
    it(`${pattern} matches what it says`, () => {
      for (const text of yes) ok(matches(pattern, text), `${pattern} should match ${text}`)
      for (const text of no) ok(!matches(pattern, text), `${pattern} should not match ${text}`)
    })
  }

  it('takes wildcards of literal text for themselves', () => {
    const literal = wildcardOf(['a*', many, '?'])
    ok(matchesWildcard(literal, 'a*?'))
    ok(matchesWildcard(literal, 'a*b?'))
    ok(!matchesWildcard(literal, 'ab?'))
    ok(!matchesWildcard(literal, 'a*b'))
  })

  it('answers as a naive search does', () => {
    const random = randomFrom(20_261_124)
    const some = (alphabet: string, sizeMax: number): string =>
      Array.from({ length: random.integer(sizeMax + 1) }, () => alphabet[random.integer(alphabet.length)]).join('')
    for (let turn = 0; turn < 20_000; turn += 1) {
      const pattern = some('ab*?', turn % 50 === 0 ? 90 : 8)
      const text = some('ab', turn % 50 === 0 ? 200 : 10)
      equal(matches(pattern, text), naive(pattern, text), `${pattern} on ${text}`)
    }
  })

  it('needs no more than a few milliseconds for what makes others backtrack', () => {
    const text = `${'a'.repeat(16_000)}!`
    const patterns = [
      `${'*a'.repeat(1000)}*b`,
      `${'*'.repeat(2000)}b`,
      `*${'a'.repeat(1000)}b*`,
      `*${'a?'.repeat(500)}b*`,
      `*${'?'.repeat(1900)}b`,
      `${`*${'a'.repeat(31)}`.repeat(60)}*b`,
    ]
    for (const pattern of patterns) {
      const began = performance.now()
      equal(matches(pattern, text), false)
      const tookMs = performance.now() - began
      ok(tookMs < 250, `${pattern.slice(0, 20)}… took ${tookMs} ms`)
    }
  })

  it('knows whether something may follow', () => {
    for (const pattern of ['photos/*', 'photos/a', '*', 'ph*', 'photos*', '*/b', '?hotos/x', 'photos?', 'photos/']) {
      ok(reachesBeyond(wildcardOf(pieces(pattern)), 'photos/'), pattern)
    }
    for (const pattern of ['photos', 'photo/*', 'other/*', '', '??????', 'x*']) {
      ok(!reachesBeyond(wildcardOf(pieces(pattern)), 'photos/'), pattern)
    }
  })
})

/** By all ways there are, remembering those that led nowhere. */
function naive(pattern: string, text: string): boolean {
  const failed = new Set<number>()
  const from = (inPattern: number, inText: number): boolean => {
    if (inPattern === pattern.length) return inText === text.length
    const place = inPattern * (text.length + 1) + inText
    if (failed.has(place)) return false
    const unit = pattern[inPattern]
    const found =
      unit === '*'
        ? from(inPattern + 1, inText) || (inText < text.length && from(inPattern, inText + 1))
        : inText < text.length && (unit === '?' || unit === text[inText]) && from(inPattern + 1, inText + 1)
    if (!found) failed.add(place)
    return found
  }
  return from(0, 0)
}
