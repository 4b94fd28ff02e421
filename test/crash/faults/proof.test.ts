// The harness can fail: a server whose syncs do nothing loses what it acknowledged, and the lab says so.

import { rejects } from 'node:assert/strict'
import type { Misbehaviour } from './faulty-disk.js'
import { Lab } from './lab.js'
import { operations } from './operations.js'

/** Puts a blob, acknowledged, before the power is cut while another replaces it. */
const overwrite = operations.find(({ name }) => name === 'PutObject over another')

describe('A power cut of a server that does not sync', () => {
  const cases: readonly (readonly [string, Misbehaviour, RegExp])[] = [
    ['blob files', { call: 'sync', part: '/blobs/', error: 'LIE' }, /internal error/],
    ['the catalog', { call: 'sync', part: '/catalog.db', error: 'LIE' }, /not a database|does not exist|holds absent/],
    ['anything', { call: 'sync', part: '/', error: 'LIE' }, /is damaged|not a database|does not exist|holds absent/],
  ]
  for (const [what, wrong, loss] of cases) {
    it(`loses what was acknowledged, and the lab notices, when ${what} is not synced`, async function () {
      this.timeout(60_000)
      if (overwrite === undefined) throw new Error('there is no such operation')
      const lab = await Lab.open(overwrite, wrong)
      try {
        await rejects(lab.holds({ point: 'group received', pass: 1 }, 'power cut'), loss)
      } finally {
        await lab.close()
      }
    })
  }
})
