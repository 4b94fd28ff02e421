// Writes the tables of operations in docs/compatibility.md and docs/iam.md from the server's own lists; with --check only says whether they are current.
// Reads the compiled server: build first.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unsetConfigurations } from '../dist/src/buckets/unset-configurations.js'
import { iamOperations } from '../dist/src/iam-operations.js'
import { serviceModels } from '../dist/src/iam/wire/model.js'
import { stsOperations } from '../dist/src/identity/sts-operations.js'
import { judgingOperations } from '../dist/src/lifecycle/bucket-lifecycle.js'
import { operations } from '../dist/src/operations.js'
import { modelOf, operationNames } from '../dist/src/s3/wire/model.js'
import { root } from './project.mjs'

/** What an operation addresses, in the order of the tables. */
const resources = [
  ['service', 'The service'],
  ['bucket', 'Buckets'],
  ['object', 'Objects'],
]

const clock = { now: () => 0 }

// No operation is called here: a store is opened by whoever means to call one.
const judging = new Set(Object.keys(judgingOperations({})))
const done = new Set(Object.keys(operations({}, clock, 'us-east-1')).filter((name) => !judging.has(name)))
const unset = new Set(Object.keys(unsetConfigurations({})))

keepCurrent('compatibility.md', 'operations', s3Tables())
keepCurrent('iam.md', 'iam operations', iamTables())

/** Puts `tables` between both marks of a document, or says that they are not what stands there. */
function keepCurrent(name, what, tables) {
  const begin = `<!-- ${what}: written by npm run docs:compatibility -->`
  const end = `<!-- end of ${what} -->`
  const file = join(root, 'docs', name)
  const text = readFileSync(file, 'utf8')
  const [head, rest] = text.split(begin)
  const [, tail] = rest?.split(end) ?? []
  if (tail === undefined) throw new Error(`${file} does not have both marks: ${begin} and ${end}`)
  const current = `${head}${begin}\n\n${tables}\n${end}${tail}`
  if (!process.argv.includes('--check')) writeFileSync(file, current)
  else if (current !== text) {
    console.error(`docs/${name} is not what the server does: run npm run docs:compatibility`)
    process.exitCode = 1
  }
}

function s3Tables() {
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

function iamTables() {
  const answered = {
    iam: new Set(Object.keys(iamOperations({}, clock))),
    sts: new Set(Object.keys(stsOperations({}, clock, { oidcAllowPrivate: false }))),
  }
  const parts = ['iam', 'sts'].map((service) => {
    const names = [...serviceModels[service].actions.keys()].sort()
    const yes = names.filter((name) => answered[service].has(name))
    const no = names.filter((name) => !answered[service].has(name))
    return [
      `### ${service.toUpperCase()}`,
      `Of ${names.length} operations ${yes.length} are answered: ${yes.join(', ')}.`,
      `NotImplemented (501): ${no.join(', ')}.`,
    ].join('\n\n')
  })
  return `${parts.join('\n\n')}\n`
}
