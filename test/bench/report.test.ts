import assert from 'node:assert/strict'
import { markdown, type Report, text } from '../../bench/report.js'
import { normal } from '../../bench/scale.js'
import { figure, table } from '../../bench/table.js'

const counted = (requests: number, cpuMs: number) => ({
  slice: { requests, bytes: requests * 1024, ms: 1_000, latenciesMs: [1, 2, 3], loadCpuMs: 400 },
  cpuMs,
})

const report: Report = {
  rows: [
    {
      name: 'GET 1 KiB',
      connections: 32,
      by: { cairn: counted(10_000, 800), bare: counted(20_000, 800), minio: counted(2_000, 800) },
    },
    { name: 'PUT 1 GiB in parts', connections: 4, by: { cairn: counted(1, 800) } },
  ],
  tails: [],
  scale: normal,
  isQuick: false,
  fillMs: 0,
  peakMiB: { cairn: 300, minio: 500 },
  minioVersion: 'v1.2.3',
}

describe('the report', () => {
  const lineOf = (page: string, start: string): string[] =>
    page
      .split('\n')
      .filter((line) => line.startsWith(start))
      .map((line) => line.replaceAll(/ +/g, ' '))

  it('has Cairn beside bare Koa, and MinIO with ratios to it', () => {
    assert.deepEqual(lineOf(markdown(report), '| GET 1 KiB '), [
      '| GET 1 KiB | 32 | 10,000 | 10.2 | 2.00 | 3.00 | 80.0 | 0.40 | 20,000 | 40.0 | 0.40 | 2.00 |',
      '| GET 1 KiB | 32 | 2,000 | 2.05 | 2.00 | 3.00 | 400 | 0.40 | 5.00 | 1.00 | 0.20 |',
    ])
  })

  it('says of what was measured at Cairn alone that there is nothing beside it', () => {
    const [line = ''] = lineOf(markdown(report), '| PUT 1 GiB')
    assert.match(line, /\| – \| – \| – \| – \|$/)
  })

  it('leaves out sections without figures', () => {
    const page = markdown(report)
    assert.ok(page.includes('## MinIO\n'))
    assert.ok(page.includes('- MinIO v1.2.3\n'))
    assert.ok(!page.includes('## Two workers'))
    assert.ok(!page.includes('## The latest answers'))
  })

  it('says which limits are not kept, and nothing of them after a quick run', () => {
    assert.match(text(report), /GET 1 KiB: CPU, multiple of bare Koa's +\| +2\.00 \| +at most 1\.6 \| +not kept \|/)
    assert.ok(!text({ ...report, isQuick: true }).includes('not kept'))
  })
})

describe('tables', () => {
  it('show as many digits as tell something', () => {
    assert.deepEqual([0.123, 1.234, 12.34, 123.4, 12_345.6, Number.NaN].map(figure), [
      '0.12',
      '1.23',
      '12.3',
      '123',
      '12,346',
      '–',
    ])
  })

  it('keep their columns in line', () => {
    assert.equal(
      table(
        ['case', 'figure'],
        [
          ['a', '1'],
          ['longer', '1,000,000'],
        ],
      ),
      ['| case   |    figure |', '| ------ | --------: |', '| a      |         1 |', '| longer | 1,000,000 |'].join(
        '\n',
      ),
    )
  })
})
