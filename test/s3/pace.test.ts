// How slow is too slow.

import { deepEqual, equal } from 'node:assert/strict'
import { Pace, sweepMsFor } from '../../src/s3/pace.js'

const rules = { rateBytesMin: 1_000, graceMs: 10_000 }

describe('the pace of who sends', () => {
  const cases: [name: string, looks: [elapsedMs: number, received: number][], verdicts: boolean[]][] = [
    [
      'within the grace',
      [
        [0, 0],
        [9_999, 0],
      ],
      [false, false],
    ],
    [
      'nothing in the grace',
      [
        [0, 0],
        [10_000, 0],
      ],
      [false, true],
    ],
    [
      'just enough',
      [
        [0, 0],
        [10_000, 10_000],
      ],
      [false, false],
    ],
    [
      'a byte too little',
      [
        [0, 0],
        [10_000, 9_999],
      ],
      [false, true],
    ],
    [
      'much at first, then a drip',
      [
        [0, 0],
        [10_000, 1e9],
        [10_000, 1e9 + 100],
      ],
      [false, false, true],
    ],
    [
      'waited for only now and then',
      [
        [0, 0],
        [5_000, 0],
        [4_999, 0],
      ],
      [false, false, false],
    ],
  ]
  for (const [name, looks, verdicts] of cases) {
    it(`is judged: ${name}`, () => {
      const pace = new Pace(rules)
      deepEqual(
        looks.map(([elapsedMs, received]) => pace.isSendingTooSlowly(elapsedMs, received)),
        verdicts,
      )
    })
  }

  it('is nobody’s business when the rate is 0', () => {
    const pace = new Pace({ ...rules, rateBytesMin: 0 })
    equal(pace.isSendingTooSlowly(1_000_000, 0), false)
    equal(pace.isTakingTooSlowly(1_000_000, 1, 1), false)
    equal(pace.isTakingTooSlowly(1_000_000, 1, 1), false)
  })
})

describe('the pace of who takes', () => {
  it('is judged by each piece: the grace, and the time its bytes may take', () => {
    const pace = new Pace(rules)
    equal(pace.isTakingTooSlowly(1_000, 1, 5_000), false)
    equal(pace.isTakingTooSlowly(15_000, 1, 5_000), false)
    equal(pace.isTakingTooSlowly(1, 1, 5_000), true)
  })

  it('begins anew with each piece', () => {
    const pace = new Pace(rules)
    equal(pace.isTakingTooSlowly(1_000, 1, 5_000), false)
    equal(pace.isTakingTooSlowly(14_000, 1, 5_000), false)
    equal(pace.isTakingTooSlowly(14_000, 2, 5_000), false)
    equal(pace.isTakingTooSlowly(14_000, 2, 5_000), false)
  })
})

describe('the sweep', () => {
  it('comes by every second, more often only for a short grace', () => {
    deepEqual(
      [30_000, 4_000, 1_000, 100, 10].map((graceMs) => sweepMsFor({ rateBytesMin: 1, graceMs })),
      [1_000, 1_000, 250, 25, 20],
    )
  })
})
