// A process that commits until it is killed, and prints each name once its commit is answered.

import { openSqliteCatalog } from '../../../src/store/catalog/sqlite-catalog.js'
import { testModule } from './fresh-catalog.js'
import * as trial from './trial-transactions.js'

const [, , path = '', round = ''] = process.argv
const catalog = await openSqliteCatalog({ path, transactions: testModule('trial-transactions') })
await catalog.commit(trial.prepare, undefined)
await Promise.all(
  Array.from({ length: 8 }, async (_, who) => {
    for (let i = 0; i < 100_000; i += 1) {
      const name = `${round}-${who}-${i}`
      await catalog.commit(trial.put, { name, value: '' })
      process.stdout.write(`${name}\n`)
    }
  }),
)
