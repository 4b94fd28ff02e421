import assert from 'node:assert/strict'
import { joined, percentile, turns } from '../../bench/job.js'

describe('what a job came to', () => {
  it('takes a percentile of values in any order, and of numbers by their size', () => {
    const values = [100, 9, 1, 50]
    assert.equal(percentile(values, 0), 1)
    assert.equal(percentile(values, 0.5), 50)
    assert.equal(percentile(values, 0.99), 100)
    assert.equal(percentile(values, 1), 100)
    assert.deepEqual(values, [100, 9, 1, 50])
  })

  it('takes the 99th percentile of a hundred values as the greatest, of two hundred as the third greatest', () => {
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)
    assert.equal(percentile(upTo(100), 0.99), 100)
    assert.equal(percentile(upTo(200), 0.99), 199)
  })

  it('answers 0 for the percentile of nothing', () => {
    assert.equal(percentile([], 0.99), 0)
  })

  it('adds slices up', () => {
    const slice = { requests: 2, bytes: 10, ms: 4, latenciesMs: [1, 3], loadCpuMs: 1 }
    assert.deepEqual(joined([slice, { ...slice, latenciesMs: [2, 2] }]), {
      requests: 4,
      bytes: 20,
      ms: 8,
      latenciesMs: [1, 3, 2, 2],
      loadCpuMs: 2,
    })
  })

  it('spreads kinds so that each has its share', () => {
    assert.deepEqual(turns([3, 1]), [0, 0, 1, 0])
    const order = turns([14, 4, 1, 1])
    assert.deepEqual(
      [0, 1, 2, 3].map((kind) => order.filter((one) => one === kind).length),
      [14, 4, 1, 1],
    )
    assert.equal(order.slice(0, 10).filter((one) => one === 1).length, 2)
  })
})
