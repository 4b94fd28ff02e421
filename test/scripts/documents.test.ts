// Documents that repeat what the code says are compared with it.

import { equal, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { flags } from '../../src/settings.js'
import { schema } from '../../src/store/catalog/schema.js'
import { projectRoot } from '../project-root.js'

const textOf = (...path: string[]): string => readFileSync(join(projectRoot, ...path), 'utf8')

describe('The documents', () => {
  it('list the operations the server has', () => {
    const script = join(projectRoot, 'scripts', 'compatibility.mjs')
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
    equal(status, 0, stderr)
  })

  it('tell every setting, as the command line and as the environment have it', () => {
    const readme = textOf('README.md')
    for (const { usage, about } of flags) {
      const variable = /\[(\w+)\]$/.exec(about)?.[1] ?? about
      ok(
        readme.includes(`\`${usage.split(' ')[0]}\``) && readme.includes(`\`${variable}\``),
        `README.md: ${usage} ${variable}`,
      )
    }
  })

  it('describe every table of the catalog', () => {
    const format = textOf('docs', 'format.md')
    const tables = [...schema.matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name]) => name)
    ok(tables.length > 10)
    for (const table of tables) ok(format.includes(`\`${table}\``), `docs/format.md: ${table}`)
  })
})
