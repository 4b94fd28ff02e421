import { deepEqual, equal, ok } from 'node:assert/strict'
import { RequestWindows } from '../../../src/auth/limits/request-windows.js'
import { HandClock } from '../../objects/objects.js'

function windowsAt(ms: number) {
  const clock = new HandClock()
  clock.ms = ms
  const windows = new RequestWindows(clock)
  const take = (times: number, max: number, subject = 'a'): number => {
    let taken = 0
    for (let i = 0; i < times; i += 1) if (windows.take(subject, max) === 0) taken += 1
    return taken
  }
  return { clock, windows, take }
}

describe('Requests a minute', () => {
  it('are taken up to their number, and refused beyond it until there is room again', () => {
    const { clock, windows, take } = windowsAt(60_000_000)
    equal(take(150, 100), 100)
    const waitMs = windows.take('a', 100)
    ok(waitMs > 60_000 && waitMs <= 61_000, `${waitMs}`)
    clock.ms += waitMs - 700
    equal(take(1, 100), 0)
    clock.ms += 700
    equal(take(2, 100), 1)
  })

  it('are never more than their number in the minute that ends now, wherever it began, as they come evenly', () => {
    const { clock, take } = windowsAt(60_000_000)
    const times: number[] = []
    for (let i = 0; i < 1000; i += 1) {
      clock.ms += 300
      if (take(1, 100) === 1) times.push(clock.ms)
    }
    for (const end of times) {
      const count = times.filter((time) => time > end - 60_000 && time <= end).length
      // Two counters stand for the minute: what came in the one before is taken to have come evenly.
      ok(count <= 110, `${count} within a minute`)
    }
    ok(times.length >= 480, `${times.length} in five minutes`)
  })

  it('are not counted when they are refused', () => {
    const { clock, take } = windowsAt(60_000_000)
    equal(take(10_000, 10), 10)
    clock.ms += 120_000
    equal(take(20, 10), 10)
  })

  it('are counted by subject', () => {
    const { take } = windowsAt(60_000_000)
    equal(take(20, 10, 'a'), 10)
    equal(take(20, 10, 'b'), 10)
  })

  it('go on when the clock is set back', () => {
    const { clock, take } = windowsAt(60_000_000)
    equal(take(5, 10), 5)
    clock.ms -= 3_600_000
    equal(take(20, 10), 5)
  })

  it('take bounded memory, whoever asks', () => {
    const { take, windows } = windowsAt(60_000_000)
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 200_000; i += 1) take(1, 10, `anonymous 2001:db8:${i.toString(16)}:0`)
    // What is told to others is told of those that are remembered.
    ok(windows.takeUntold().length <= 10_000)
    ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024)
  })

  it('are shared with what other processes have counted, each told once', () => {
    const { windows, take } = windowsAt(60_000_000)
    take(3, 10)
    deepEqual(windows.takeUntold(), [['a', 3]])
    deepEqual(windows.takeUntold(), [])
    windows.add([['a', 4]])
    deepEqual(windows.takeUntold(), [])
    equal(take(10, 10), 3)
    deepEqual(windows.takeUntold(), [['a', 3]])
  })
})
