// Whose turn it is, and who is told to come back.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import { Admission } from '../../src/s3/admission.js'

const here = { hasLeft: false }

describe('admission', () => {
  it('lets so many in at once, and the rest in their order as others leave', async () => {
    const admission = new Admission(2, 10_000)
    equal(admission.enter(here), undefined)
    equal(admission.enter(here), undefined)
    const order: string[] = []
    const third = admission.enter(here)?.then(() => order.push('third'))
    const fourth = admission.enter(here)?.then(() => order.push('fourth'))
    deepEqual([admission.inWorkCount, admission.waitingCount], [2, 2])

    admission.leave()
    await third
    deepEqual([order.length, admission.inWorkCount, admission.waitingCount], [1, 2, 1])
    admission.leave()
    await fourth

    deepEqual(order, ['third', 'fourth'])
    admission.leave()
    admission.leave()
    deepEqual([admission.inWorkCount, admission.waitingCount], [0, 0])
  })

  it('refuses who has waited too long with SlowDown, and counts nobody twice', async () => {
    const admission = new Admission(1, 20)
    equal(admission.enter(here), undefined)
    await rejects(admission.enter(here) ?? Promise.resolve(), { code: 'SlowDown' })
    admission.leave()
    deepEqual([admission.inWorkCount, admission.waitingCount], [0, 0])
    equal(admission.enter(here), undefined)
  })

  it('holds nobody up who goes on, and lets nobody in until there is room again', async () => {
    const admission = new Admission(1, 10_000)
    equal(admission.enter(here), undefined)
    admission.leave()
    equal(admission.enter(here), undefined)
    admission.resume()
    equal(admission.inWorkCount, 2)
    const next = admission.enter(here)

    admission.leave()
    equal(admission.waitingCount, 1)
    admission.leave()
    await next

    equal(admission.inWorkCount, 1)
  })

  it('passes over who has left', async () => {
    const admission = new Admission(1, 10_000)
    equal(admission.enter(here), undefined)
    const gone = admission.enter({ hasLeft: true }) ?? Promise.resolve()
    const next = admission.enter(here)
    const refused = rejects(gone, { code: 'SlowDown' })
    admission.leave()
    await Promise.all([refused, next])

    equal(admission.inWorkCount, 1)
  })

  it('refuses at once where thousands wait', async () => {
    const admission = new Admission(1, 50)
    equal(admission.enter(here), undefined)
    const waiting = Array.from({ length: 4_096 }, () => rejects(admission.enter(here) ?? Promise.resolve()))
    const begun = performance.now()
    await rejects(admission.enter(here) ?? Promise.resolve(), { code: 'SlowDown' })
    const isAtOnce = performance.now() - begun < 50 || admission.waitingCount > 0
    await Promise.all(waiting)

    equal(isAtOnce, true)
    equal(admission.waitingCount, 0)
  })
})
