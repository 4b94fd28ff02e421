import assert from 'node:assert/strict'
import { optionsOf } from '../../bench/options.js'
import { full, normal, quick } from '../../bench/scale.js'

describe('options of the bench', () => {
  it('choose a scale', () => {
    assert.deepEqual(optionsOf([]).scale, normal)
    assert.deepEqual(optionsOf(['--quick']).scale, quick)
    assert.deepEqual(optionsOf(['--full', '--rounds', '2', '--slice-ms', '500']).scale, {
      ...full,
      rounds: 2,
      sliceMs: 500,
    })
  })

  it('name cases, commas in numbers included', () => {
    assert.deepEqual(optionsOf(['--only', 'LIST 1,000 of 10,000, HEAD,GET 1 KiB']).only, [
      'LIST 1,000 of 10,000',
      'HEAD',
      'GET 1 KiB',
    ])
  })

  it('name servers to measure beside Cairn', () => {
    assert.deepEqual(optionsOf([]).against, ['bare', 'minio'])
    assert.deepEqual(optionsOf(['--full']).against, ['bare', 'two', 'minio'])
    assert.deepEqual(optionsOf(['--against', 'minio']).against, ['minio'])
  })

  for (const [args, message] of [
    [['--rounds', '0'], /--rounds 0: allowed is a whole number/],
    [['--slice-ms', 'long'], /--slice-ms long/],
    [['--against', 'nginx'], /--against nginx: allowed is one of bare, two, minio/],
    [['--profile', 'heap'], /--profile heap: allowed is one of cpu, perf/],
    [['--write', '--only', 'HEAD'], /the page would lose its other cases/],
    [['--quick', '--full'], /choose one/],
    [['--fast'], /--fast/],
  ] as const) {
    it(`refuse ${args.join(' ')}`, () => {
      assert.throws(() => optionsOf(args), message)
    })
  }
})
