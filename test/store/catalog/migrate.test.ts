// A catalog of format 1, as it lies in the fixtures, becomes what a new catalog is.

import Database from 'better-sqlite3'
import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { migrate } from '../../../src/store/catalog/migrate.js'
import { projectRoot } from '../../project-root.js'
import { closeCatalogs, freshDirectory } from './fresh-catalog.js'

/** Tables and their columns, indexes and their columns, in any order of creation. */
function shapeOf(database: Database.Database): unknown {
  const names = database
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .pluck()
    .all()
  return names.map((name) => ({
    name,
    columns: database.pragma(`table_info(${name})`),
    keys: database.pragma(`foreign_key_list(${name})`),
    indexes: database
      .prepare<[string], string>(
        "SELECT name || coalesce(sql, '') FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? ORDER BY name",
      )
      .pluck()
      .all(name),
  }))
}

describe('The migration to format 2', () => {
  afterEach(closeCatalogs)

  it('makes of a catalog of format 1 what a new one is, and gives its account a number', async () => {
    const scratch = await freshDirectory()
    execFileSync('tar', ['-xzf', join(projectRoot, 'test/store/fixtures/format-1.tar.gz'), '-C', scratch])
    const old = new Database(join(scratch, 'format-1', 'catalog.db'))
    const fresh = new Database(':memory:')
    try {
      equal(old.pragma('user_version', { simple: true }), 1)

      migrate(old, 1)
      migrate(fresh, 1)

      deepEqual(shapeOf(old), shapeOf(fresh))
      const numbers = old.prepare<[], string>('SELECT number FROM account').pluck().all()
      equal(numbers.length, 1)
      match(String(numbers[0]), /^[1-9]\d{11}$/)
      equal(old.prepare('SELECT number FROM access_state').pluck().get(), 1)
    } finally {
      old.close()
      fresh.close()
    }
  })

  it('gives each of many accounts a number of its own', async () => {
    const scratch = await freshDirectory()
    execFileSync('tar', ['-xzf', join(projectRoot, 'test/store/fixtures/format-1.tar.gz'), '-C', scratch])
    const old = new Database(join(scratch, 'format-1', 'catalog.db'))
    try {
      const add = old.prepare('INSERT INTO account (id, name, created) VALUES (?, ?, 0)')
      for (let i = 0; i < 200; i += 1) add.run(String(i).padStart(64, '0'), `account ${i}`)
      migrate(old, 1)
      const numbers = old.prepare<[], string>('SELECT number FROM account').pluck().all()
      equal(new Set(numbers).size, 201)
      for (const number of numbers) match(number, /^[1-9]\d{11}$/)
      notEqual(numbers[0], '000000000000')
    } finally {
      old.close()
    }
  })
})
