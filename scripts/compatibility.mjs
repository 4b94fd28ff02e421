// Writes the table of operations in docs/compatibility.md from the server's own list; with --check only says whether it is current.
// Reads the compiled server: build first.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unsetConfigurations } from '../dist/src/buckets/unset-configurations.js'
import { operations } from '../dist/src/operations.js'
import { modelOf, operationNames } from '../dist/src/s3/wire/model.js'
import { root } from './project.mjs'

const begin = '<!-- operations: written by npm run docs:compatibility -->'
const end = '<!-- end of operations -->'

/** What an operation addresses, in the order of the tables. */
const resources = [
  ['service', 'The service'],
  ['bucket', 'Buckets'],
  ['object', 'Objects'],
]

// No operation is called here: a store is opened by whoever means to call one.
const done = new Set(Object.keys(operations({}, { now: () => 0 }, 'us-east-1')))
const unset = new Set(Object.keys(unsetConfigurations({})))

const file = join(root, 'docs', 'compatibility.md')
const text = readFileSync(file, 'utf8')
const [head, rest] = text.split(begin)
const [, tail] = rest?.split(end) ?? []
if (tail === undefined) throw new Error(`${file} does not have both marks: ${begin} and ${end}`)
const current = `${head}${begin}\n\n${tables()}\n${end}${tail}`

if (process.argv.includes('--check')) {
  if (current !== text) {
    console.error('docs/compatibility.md is not what the server does: run npm run docs:compatibility')
    process.exitCode = 1
  }
} else writeFileSync(file, current)

function tables() {
  const answered = operationNames.filter((name) => done.has(name) && !unset.has(name)).length
  const asUnset = operationNames.filter((name) => unset.has(name)).length
  const refused = operationNames.length - answered - asUnset
  const sentence = `Of S3's ${operationNames.length} operations ${answered} are answered in full, ${asUnset} as S3 does when nothing is set, and ${refused} with NotImplemented (501).`
  const parts = resources.map(([resource, title]) => {
    const rows = operationNames
      .filter((name) => modelOf(name).resource === resource)
      .sort()
      .map((name) => `| ${name} | ${standing(name)} |`)
    return `### ${title}\n\n| operation | answer |\n| --- | --- |\n${rows.join('\n')}\n`
  })
  return `${sentence}\n\n${parts.join('\n')}`
}

function standing(name) {
  if (unset.has(name)) return 'as when not set'
  return done.has(name) ? 'yes' : '501'
}
