// Makes a checkout ready to run: installs what the lock file says and compiles what has changed. Does nothing, quickly, when both are done.
// Needs nothing but Node and npm.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root, run } from './project.mjs'

const stampFile = join(root, 'dist', '.built')

/** Installs and compiles as needed.
 *  @throws Error when either fails; its output has been shown then */
export async function prepare() {
  if (!isInstalled()) {
    console.error('Installing packages (once; one of them is compiled, which takes a few minutes) …')
    if ((await run('npm', ['ci', '--include=dev', '--no-fund', '--no-audit'])) !== 0) throw new Error('npm ci failed')
  } else if (!nativeModuleLoads()) {
    console.error('Compiling better-sqlite3 for this version of Node …')
    if ((await run('npm', ['rebuild', 'better-sqlite3'])) !== 0) throw new Error('npm rebuild failed')
  }
  const stamp = sourceStamp()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  console.error('Compiling …')
  rmSync(stampFile, { force: true })
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  if ((await run(process.execPath, [compiler, '-p', 'tsconfig.json'])) !== 0)
    throw new Error('the compiler found errors')
  removeStaleOutput()
  writeFileSync(stampFile, stamp)
}

/** Whether node_modules holds what package-lock.json asks for: npm writes what it installed into a lock file of its own, last. */
function isInstalled() {
  const installedFile = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedFile)) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, { optional, version }]) => path === '' || optional || installed[path]?.version === version,
  )
}

/** A module compiled for another version of Node refuses to load. */
function nativeModuleLoads() {
  try {
    const Database = createRequire(import.meta.url)('better-sqlite3')
    new Database(':memory:').close()
    return true
  } catch {
    return false
  }
}

/** Changes whenever a source file, the compiler's settings or the packages do. */
function sourceStamp() {
  const hash = createHash('sha256')
  for (const folder of ['src', 'test', 'bench']) {
    for (const path of filesBelow(folder).sort()) {
      const { mtimeMs, size } = statSync(join(root, path))
      hash.update(`${path} ${mtimeMs} ${size}\n`)
    }
  }
  for (const path of ['tsconfig.json', 'package-lock.json']) hash.update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

/** Removes compiled files whose source is gone, so that no test runs that nobody has. */
function removeStaleOutput() {
  for (const folder of ['src', 'test', 'bench']) {
    for (const path of filesBelow(join('dist', folder))) {
      const source = path.replace(/^dist./, '').replace(/\.js(\.map)?$/, '.ts')
      if (!existsSync(join(root, source))) rmSync(join(root, path))
    }
  }
}

function filesBelow(folder) {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
}

if (process.argv[1] === import.meta.filename) await prepare()
