// Operations on a server of two workers, ended at every point between its processes: the process that passes it alone, all of them, and by a
// power cut. DURABILITY=short: each place once.

import { rejects } from 'node:assert/strict'
import { type ProcessPlace, processOperations, type ProcessOperation } from './process-operations.js'
import { ProcessesLab, type ProcessFault } from './processes-lab.js'
import { allHold } from './report.js'

const isShort = process.env['DURABILITY'] === 'short'

const faults: readonly ProcessFault[] = ['kill of one process', 'kill', 'power cut']

/** In the full form a fault also comes at the second passing. */
const passesMax = 2

/** What is tried with an operation, and how often: in the full form one process also ends at each further point that is passed. */
async function placesOf(
  operation: ProcessOperation,
  lab: ProcessesLab,
): Promise<readonly (ProcessPlace & { readonly passes: number })[]> {
  const once = operation.places.map((place) => ({ ...place, passes: 1 }))
  // Where writing is to stop, what ends at a point before the failure leaves a server in which nothing has failed, and after it no others are passed.
  const isOfOnePlace = operation.stopsWriting === true || operation.places.some(({ after }) => after !== undefined)
  if (isShort || isOfOnePlace) return once
  const passed = await lab.passedPlaces()
  const listed = once.map((place) => {
    const count = passed.find(({ point }) => point === place.point)?.count ?? 1
    return { ...place, passes: Math.min(passesMax, count) }
  })
  const others = passed.filter(({ point }) => !listed.some((place) => place.point === point))
  return [...listed, ...others.map((place) => ({ ...place, passes: 1, isForOne: true as const }))]
}

describe('A server of two workers that ends, or one process of it, at a named point', () => {
  for (const operation of processOperations) {
    it(`holds what it must, and the rest goes on, wherever ${operation.name} is interrupted`, async function () {
      this.timeout(3_600_000)
      const lab = await ProcessesLab.open(operation)
      try {
        await allHold(operation.name, async (run) => {
          for (const place of await placesOf(operation, lab)) {
            const { point, passes } = place
            for (const fault of faults) {
              if (place.isForOne === true && fault !== 'kill of one process') continue
              for (let pass = 1; pass <= passes; pass += 1)
                await run({ point, fault }, () => lab.holds(place, pass, fault))
            }
          }
        })
      } finally {
        await lab.close()
      }
    })
  }

  it('loses what was acknowledged, and the lab notices, when the catalog is not synced', async function () {
    this.timeout(60_000)
    const [operation] = processOperations
    if (operation === undefined) throw new Error('there is no such operation')
    const lab = await ProcessesLab.open(operation, { call: 'sync', part: '/catalog.db', error: 'LIE' })
    try {
      const place = { point: 'commit taken', role: 'writer' } as const
      await rejects(lab.holds(place, 1, 'power cut'), /not a database|does not exist|holds absent/)
    } finally {
      await lab.close()
    }
  })
})
