// How fast a scrub reads: through everything in time, no faster than allowed, no slower than is worth a disk's while.

import { equal, ok } from 'node:assert/strict'
import { Pace, paceOf } from '../../src/store/scrub-pace.js'

const MiB = 1024 * 1024
const TiB = 1024 * 1024 * MiB
const day = 86_400_000

describe('the pace of a scrub', () => {
  const plan = { began: 0, days: 30, bytes: 0, total: 27 * TiB, mibPerSecondMax: 32 }
  const perSecond = (27 * TiB) / (27 * 86_400)

  const cases: [what: string, change: Partial<typeof plan>, now: number, bytesPerSecond: number][] = [
    ['nine tenths of the days are planned for', {}, 0, perSecond],
    ['half of it in half of the time goes on as it was', { bytes: 13.5 * TiB }, 13.5 * day, perSecond],
    ['a server that was down makes up for it', { bytes: 0 }, 13.5 * day, 2 * perSecond],
    ['no faster than allowed', { mibPerSecondMax: 5 }, 0, 5 * MiB],
    ['as fast as allowed when the time is over', {}, 28 * day, 32 * MiB],
    ['a clock that was set back changes nothing for the worse', { began: 100 * day }, 0, perSecond],
    ['no slower than a MiB a second', { total: 1000 }, 0, MiB],
    ['more than there was at first is no trouble', { bytes: 28 * TiB }, day, MiB],
  ]
  for (const [what, change, now, bytesPerSecond] of cases) {
    it(what, () => equal(Math.round(paceOf({ ...plan, ...change }, now)), Math.round(bytesPerSecond)))
  }

  it('waits as long as the bytes should have taken, and is not late for what was slow', async () => {
    const pace = new Pace()
    const began = performance.now()
    for (let i = 0; i < 10; i += 1) await pace.rest(100_000, 5_000_000)
    const tookMs = performance.now() - began
    ok(tookMs > 90 && tookMs < 2_000, `${tookMs} ms`)
  })

  it('waits no longer once it is told to stop', async () => {
    const stopping = new AbortController()
    const pace = new Pace(stopping.signal)
    const began = performance.now()
    const waits = pace.rest(1_000_000, 1)
    stopping.abort()
    await waits
    await pace.rest(1_000_000, 1)
    ok(performance.now() - began < 2_000)
  })
})
