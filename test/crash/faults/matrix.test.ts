// Every operation, stopped at every point it passes: by SIGKILL, and by a power cut that takes everything unsynced.

import { equal } from 'node:assert/strict'
import { type Fault, Lab } from './lab.js'
import { operations } from './operations.js'

const isShort = process.env['DURABILITY'] !== 'full'

/** The first passings of a point a fault comes at. */
const passesMax = isShort ? 1 : 2

const faults: readonly Fault[] = ['kill', 'power cut']

describe('A server that ends at a named point', () => {
  for (const operation of operations) {
    it(`holds what it must, wherever ${operation.name} is interrupted`, async function () {
      this.timeout(1_800_000)
      const failures: string[] = []
      const lab = await Lab.open(operation)
      try {
        for (const [point, count] of await lab.passedPoints()) {
          for (const fault of faults) {
            for (let pass = 1; pass <= Math.min(count, passesMax); pass += 1) {
              try {
                await lab.holds({ point, pass }, fault)
              } catch (error) {
                failures.push(
                  `${fault} at "${point}", pass ${pass}: ${error instanceof Error ? error.message : String(error)}`,
                )
              }
            }
          }
        }
      } finally {
        await lab.close()
      }
      equal(failures.length, 0, failures.join('\n'))
    })
  }
})
