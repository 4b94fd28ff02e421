import { equal } from 'node:assert/strict'
import { Restarts } from '../src/restarts.js'

describe('restarts', () => {
  it('come at once the first time, then ever later, and at once again when long nothing has happened', () => {
    const restarts = new Restarts()
    const delays = [0, 1000, 2000, 3000].map((now) => {
      restarts.noteReady()
      return restarts.noteEnd(true, now)
    })
    equal(delays.join(), '0,100,200,400')
    equal(restarts.noteEnd(true, 1_000_000), 0)
  })

  it('never wait for longer than five seconds', () => {
    const restarts = new Restarts()
    let delayMs: number | undefined
    for (let i = 0; i < 30; i += 1) delayMs = restarts.noteEnd(true, i)
    equal(delayMs, 5_000)
  })

  it('are given up after five starts in a row that failed, and not when one in between has succeeded', () => {
    const restarts = new Restarts()
    const fail = (): number | undefined => restarts.noteEnd(false, 0)
    for (let i = 0; i < 4; i += 1) equal(typeof fail(), 'number')
    restarts.noteReady()
    for (let i = 0; i < 4; i += 1) equal(typeof fail(), 'number')
    equal(fail(), undefined)
  })
})
