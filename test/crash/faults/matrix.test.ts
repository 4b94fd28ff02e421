// Every operation, ended at every point it passes: by SIGKILL, and by a power cut that takes everything unsynced; and every operation on a
// disk that gives errors, and with a clock that jumps. DURABILITY=short: each point once, and each fault with a few operations.

import type { FaultPoint } from '../../../src/store/fault-points.js'
import type { Misbehaviour } from './faulty-disk.js'
import { type Fault, Lab } from './lab.js'
import { type Operation, operations } from './operations.js'
import { allHold, type RunOne } from './report.js'

const isShort = process.env['DURABILITY'] === 'short'

/** The first passings of a point a fault comes at. */
const passesMax = isShort ? 1 : 2

const faults: readonly Fault[] = ['kill', 'power cut']

const year = 365 * 24 * 3600

/** What lasts through an operation. */
const lasting: readonly (readonly [string, Misbehaviour])[] = [
  ['no space for blobs', { call: 'write', part: '/blobs/', error: 'ENOSPC' }],
  ['no space for the WAL', { call: 'write', part: '/catalog.db-wal', error: 'ENOSPC' }],
  ['no space for the database', { call: 'write', part: '/catalog.db', error: 'ENOSPC' }],
  ['EIO, write of blobs', { call: 'write', part: '/blobs/', error: 'EIO' }],
  ['EIO, write of the WAL', { call: 'write', part: '/catalog.db-wal', error: 'EIO' }],
  ['EIO, sync of blobs', { call: 'sync', part: '/blobs/', error: 'EIO' }],
  ['EIO, sync of names', { call: 'names', part: '/data/', error: 'EIO' }],
  ['EIO, sync of the catalog', { call: 'sync', part: '/catalog.db', error: 'EIO' }],
  ['EIO, read of blobs', { call: 'read', part: '/blobs/', error: 'EIO' }],
  ['EIO, read of the catalog', { call: 'read', part: '/catalog.db', error: 'EIO' }],
  ['clock 1 hour ahead', { call: 'clock', seconds: 3600 }],
  ['clock 10 years ahead', { call: 'clock', seconds: 10 * year }],
  ['clock 10 years back', { call: 'clock', seconds: -10 * year }],
]

/** Calls in the middle of which the power is cut. */
const cuts: readonly (readonly [string, Misbehaviour])[] = [
  ['power cut in a sync of a blob', { call: 'sync', part: '/blobs/', error: 'STOP' }],
  ['power cut in a sync of names', { call: 'names', part: '/blobs/', error: 'STOP' }],
  ['power cut in a sync of the WAL', { call: 'sync', part: '/catalog.db-wal', error: 'STOP' }],
]

/** Operations that are tried with everything that lasts, in the short form. */
const shortLasting = ['PutObject over another', 'CompleteMultipartUpload', 'DeleteObjects']

/** What the short form has tried already. */
const tried = new Set<string>()

/** Whether a run is part of this form. */
function isWanted(operation: Operation, point: FaultPoint, fault: Fault): boolean {
  if (operation.points?.includes(point) === false) return false
  if (!isShort) return true
  const name = `${point} ${fault}`
  const isNew = !tried.has(name)
  tried.add(name)
  return isNew || (point === 'group committed' && fault === 'power cut')
}

/** Runs of one operation in one lab. */
async function allHoldIn(operation: Operation, runs: (lab: Lab, run: RunOne) => Promise<void>): Promise<void> {
  const lab = await Lab.open(operation)
  try {
    await allHold(operation.name, (run) => runs(lab, run))
  } finally {
    await lab.close()
  }
}

describe('A server that ends at a named point', () => {
  for (const operation of operations) {
    it(`holds what it must, wherever ${operation.name} is interrupted`, async function () {
      this.timeout(3_600_000)
      await allHoldIn(operation, async (lab, run) => {
        for (const [point, count] of await lab.passedPoints()) {
          for (const fault of faults) {
            if (!isWanted(operation, point, fault)) continue
            for (let pass = 1; pass <= Math.min(count, passesMax); pass += 1) {
              await run({ point, fault }, () => lab.holds({ point, pass }, fault))
            }
          }
        }
      })
    })
  }
})

describe('A server on a disk that gives errors, or with a clock that jumps', () => {
  for (const operation of operations) {
    if (operation.isStart === true || operation.points !== undefined) continue
    if (isShort && !shortLasting.includes(operation.name)) continue
    it(`holds what it must after ${operation.name}, whatever came of it`, async function () {
      this.timeout(3_600_000)
      await allHoldIn(operation, async (lab, run) => {
        for (const [fault, at] of cuts) await run({ fault }, () => lab.holdsCutIn(at))
        for (const [fault, wrong] of lasting) await run({ fault }, () => lab.holdsDespite(wrong))
      })
    })
  }
})
