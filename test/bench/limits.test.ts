import assert from 'node:assert/strict'
import { cpuUs, latencyMs, loadShare, megabytesPerSecond, rate, ratio } from '../../bench/figures.js'
import { type Findings, goalsOf, limitsOf } from '../../bench/limits.js'
import type { Counted, Measured } from '../../bench/measure.js'
import { middle, type Tail } from '../../bench/tail.js'

/** A second of so many requests of so much CPU and time each. */
function counted(requests: number, us: number, ms = 1): Counted {
  const latenciesMs = Array.from({ length: 100 }, () => ms)
  const slice = { requests, bytes: requests * 1_000, ms: 1_000, latenciesMs, loadCpuMs: 250 }
  return { slice, cpuMs: (requests * us) / 1_000 }
}

function row(name: string, by: Measured['by']): Measured {
  return { name, connections: 32, by }
}

function findings(rows: readonly Measured[], tails: readonly Tail[] = []): Findings {
  return { rows, tails, scale: { fewKeys: 10_000, manyKeys: 1_000_000 } }
}

const tail: Tail = {
  subject: 'cairn',
  greatestPerSecond: 10_000,
  getsPerSecond: 5_000,
  putsPerSecond: 700,
  reader: 'scrub',
  p50Ms: 1,
  p99Ms: 3.9,
  p999Ms: 9,
}

describe('figures of a case', () => {
  it('are of a second and of a request', () => {
    const one = counted(2_000, 50, 4)
    assert.equal(rate(one), 2_000)
    assert.equal(cpuUs(one), 50)
    assert.equal(megabytesPerSecond(one), 2)
    assert.equal(latencyMs(one, 0.99), 4)
    assert.equal(loadShare(one), 0.25)
  })

  it('compare two servers, and are not a number when one is missing', () => {
    const measured = row('HEAD', { cairn: counted(4_000, 30), minio: counted(1_000, 120) })
    assert.equal(ratio(measured, rate, 'cairn', 'minio'), 4)
    assert.equal(ratio(measured, cpuUs, 'cairn', 'minio'), 0.25)
    assert.ok(Number.isNaN(ratio(measured, rate, 'cairn', 'bare')))
  })
})

describe('limits', () => {
  const verdicts = (found: Findings): (readonly [string, boolean])[] =>
    limitsOf(found).map(({ sentence, isKept }) => [sentence, isKept] as const)

  it('are judged of what was measured alone', () => {
    assert.deepEqual(limitsOf(findings([])), [])
    assert.deepEqual(limitsOf(findings([row('GET 1 KiB', { cairn: counted(1, 1) })])), [])
  })

  it('hold the CPU of a GET of 1 KiB to 1.6 of bare Koa, and to 0.3 of MinIO', () => {
    const at = (us: number): Findings =>
      findings([row('GET 1 KiB', { cairn: counted(1_000, us), bare: counted(1_000, 50), minio: counted(1_000, 250) })])
    assert.deepEqual(verdicts(at(80)), [
      ["GET 1 KiB: CPU, multiple of bare Koa's", true],
      ["GET 1 KiB: CPU, multiple of MinIO's", false],
    ])
    assert.deepEqual(verdicts(at(75)), [
      ["GET 1 KiB: CPU, multiple of bare Koa's", true],
      ["GET 1 KiB: CPU, multiple of MinIO's", true],
    ])
    assert.deepEqual(
      verdicts(at(81)).map(([, isKept]) => isKept),
      [false, false],
    )
  })

  it('ask for three times the PUTs of MinIO a second, whatever they cost', () => {
    for (const name of ['PUT 1 KiB', 'PUT 16 KiB']) {
      const at = (requests: number): Findings =>
        findings([row(name, { cairn: counted(requests, 900), minio: counted(1_000, 900) })])
      assert.deepEqual(verdicts(at(3_000)), [[`${name}: requests/s, multiple of MinIO's`, true]])
      assert.deepEqual(verdicts(at(2_999)), [[`${name}: requests/s, multiple of MinIO's`, false]])
    }
  })

  it('hold a page in the large bucket to the time of one in the small bucket', () => {
    const pages = (ms: number): Findings =>
      findings([
        row('LIST 100 folders of 10,000', { cairn: counted(100, 300, 1) }),
        row('LIST 100 folders of 1,000,000', { cairn: counted(100, 300, ms) }),
      ])
    const sentence = 'LIST 100 folders of 1,000,000: time of a page, multiple of that of 10,000'
    assert.deepEqual(verdicts(pages(1.2)), [[sentence, true]])
    assert.deepEqual(verdicts(pages(1.3)), [[sentence, false]])
  })

  it("hold the 99th percentile of Cairn's GETs at half load to four times the median, and nobody else's", () => {
    const sentence = 'GET 1 KiB at half load: p99, multiple of the median'
    assert.deepEqual(verdicts(findings([], [tail, { ...tail, subject: 'minio', p99Ms: 40 }])), [[sentence, true]])
    assert.deepEqual(verdicts(findings([], [{ ...tail, p99Ms: 4.1 }])), [[sentence, false]])
  })
})

describe('rounds of a tail', () => {
  it('are told by the one in the middle, by p99 as a multiple of the median', () => {
    const rounds = [
      { ...tail, p50Ms: 1, p99Ms: 90 },
      { ...tail, p50Ms: 1, p99Ms: 2 },
      { ...tail, p50Ms: 10, p99Ms: 35 },
    ]
    assert.equal(middle(rounds), rounds[2])
    assert.equal(middle(rounds.slice(1)), rounds[2])
    assert.equal(middle([]), undefined)
  })
})

describe('goals', () => {
  it('are of the figures themselves', () => {
    const goals = goalsOf(findings([row('PUT 1 KiB', { cairn: counted(6_900, 120) })]))
    assert.deepEqual(
      goals.map(({ sentence, value, isKept }) => [sentence, Math.round(value), isKept]),
      [
        ['PUT 1 KiB: requests/s', 6_900, false],
        ['PUT 1 KiB: µs of CPU', 120, true],
      ],
    )
  })
})
