// A process that may not write files beyond a size: it commits until the disk answers with an error, and tells what came of it as JSON.

import { openSqliteCatalog } from '../../../src/store/catalog/sqlite-catalog.js'
import { testModule } from './fresh-catalog.js'
import * as trial from './trial-transactions.js'

const [, , path = ''] = process.argv
let failures = 0
const catalog = await openSqliteCatalog({
  path,
  transactions: testModule('trial-transactions'),
  onFailure: () => (failures += 1),
})
await catalog.commit(trial.prepare, undefined)
const acknowledged: string[] = []
const errors = new Set<string>()
await Promise.all(
  Array.from({ length: 4 }, async (_, who) => {
    for (let i = 0; i < 1_000; i += 1) {
      const name = `${who}-${i}`
      try {
        await catalog.commit(trial.put, { name, value: 'x'.repeat(10_000) })
        acknowledged.push(name)
      } catch (error) {
        errors.add(error instanceof Error ? `${error.name}: ${error.message}` : '')
        return
      }
    }
  }),
)
const late = await catalog.commit(trial.put, { name: 'late', value: '' }).then(
  () => 'taken',
  () => 'refused',
)
const read = await catalog.read(trial.allNames, undefined)
process.stdout.write(JSON.stringify({ acknowledged, errors: [...errors], late, read, failures }))
await catalog.close()
