// Runs after the others of this suite, and holds only when all of them have run.

import { deepEqual } from 'node:assert/strict'
import { pointsWithoutRun } from './report.js'

describe('The named points', () => {
  it('have each been where a server ended', () => deepEqual(pointsWithoutRun(), []))
})
