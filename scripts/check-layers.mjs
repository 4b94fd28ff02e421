// Holds every import below src/ against the floors of ARCHITECTURE.md. `node scripts/check-layers.mjs [project directory]`;
// prints each violation with its file and line and exits with 1 when there is one.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, resolve } from 'node:path'

/** Which folders of src/ a folder may import besides itself. Files directly in src/ compose the server and may import everybody. */
const floors = {
  contract: [],
  store: ['contract'],
  auth: ['contract', 'store'],
  wire: ['contract'],
  outgoing: ['contract'],
  buckets: ['contract', 'store'],
  objects: ['contract', 'store'],
  multipart: ['contract', 'store'],
  lifecycle: ['contract', 'store'],
  identity: ['contract', 'store', 'outgoing'],
  s3: ['contract', 'auth', 'wire'],
  iam: ['contract', 'auth', 'wire'],
  admin: ['contract', 'auth', 'store'],
  command: ['contract', 'auth'],
}

/** Packages and Node modules only these folders may import as values: HTTP stays above the rooms, SQL and files below them. */
const reserved = {
  'better-sqlite3': ['store'],
  busboy: ['s3'],
  koa: ['s3', 'admin'],
  '@koa/router': ['admin'],
  'node:http': ['s3', 'outgoing'],
  'node:https': ['s3', 'outgoing'],
  'node:fs': ['store', 'auth', 'command'],
  'node:fs/promises': ['store', 'auth', 'command'],
}

/** What the pure floor may use as values: arithmetic, no files, no network. Types may come from anywhere. */
const pure = ['@node-rs/crc32', 'hash-wasm', 'node:buffer', 'node:crypto', 'node:util', 'node:zlib']

const importPattern =
  /\b(?:import|export)\s+(type\s)?(?:[\w$*\s{},]+?\sfrom\s+)?(['"])([^'"\n]+)\2|\bimport\(\s*(['"])([^'"\n]+)\4\s*\)|new URL\(\s*(['"])(\.[^'"\n]+)\6\s*,\s*import\.meta\.url/g

const project = resolve(process.argv[2] ?? '.')
const sources = join(project, 'src')
const violations = []

for (const entry of readdirSync(sources, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
  const file = join(entry.parentPath, entry.name)
  const floor = floorOf(file)
  if (floor === undefined) continue
  const text = readFileSync(file, 'utf8')
  if (!(floor in floors)) report(file, text, 0, `src/${floor} stands on no floor: add it to the table`)
  else for (const found of text.matchAll(importPattern)) judge(file, floor, text, found)
}

for (const violation of violations.sort()) console.error(violation)
console.error(violations.length === 0 ? 'layers: every import points down' : `layers: ${violations.length} violations`)
process.exitCode = violations.length === 0 ? 0 : 1

function judge(file, floor, text, found) {
  const target = found[3] ?? found[5] ?? found[7]
  const isType = found[1] !== undefined
  if (target.startsWith('.')) {
    const imported = normalize(join(dirname(file), target))
    const other = floorOf(imported)
    if (relative(sources, imported).startsWith('..'))
      report(file, text, found.index, `imports ${target}, outside of src/`)
    else if (other === undefined) report(file, text, found.index, `imports ${target}, which composes the server`)
    else if (other !== floor && !floors[floor].includes(other)) {
      report(
        file,
        text,
        found.index,
        `${floor} imports ${other} (${target}); it may import ${floors[floor].join(', ') || 'nothing'}`,
      )
    }
    return
  }
  if (isType) return
  const allowed = reserved[target]
  if (allowed && !allowed.includes(floor))
    report(file, text, found.index, `${floor} imports ${target}; only ${allowed.join(', ')} may`)
  else if (floor === 'contract' && !pure.includes(target))
    report(file, text, found.index, `contract imports ${target} and is pure no more`)
}

/** The folder of src/ a file is in; undefined for files directly in src/. */
function floorOf(file) {
  const path = relative(sources, file).split('/')
  return path.length > 1 ? path[0] : undefined
}

function report(file, text, index, sentence) {
  const line = text.slice(0, index).split('\n').length
  violations.push(`${relative(project, file)}:${line}: ${sentence}`)
}
