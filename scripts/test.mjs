// `npm test`: installs and builds as needed, runs Mocha on the compiled tests, and closes with `N passed, N failed`.
// `node scripts/test.mjs [--suite all|clients|long|workers|overload|crash|durability] [--short] [--write] [mocha's options and files]`; without a suite
// everything but the long ones runs.

import { mkdtempSync, readFileSync, readdirSync, rmSync, existsSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepare } from './prepare.mjs'
import { root, run, runHeldBack } from './project.mjs'

const args = process.argv.slice(2)
/** Of `durability`: each point once, for CI; and the tables of docs/durability.md are written. */
const [short, write] = ['--short', '--write'].map(
  (option) => args.includes(option) && args.splice(args.indexOf(option), 1),
)

/** What has a suite of its own because it takes long. `cairn admin` is a client: a process for each of its commands. */
const hasOwnSuite = /^(?:(?:clients|long|workers|crash\/faults)\/|admin\/.*command|crash\/backup)/

/** Tests at a time, of those that do not need the machine for themselves. */
const lanes = Math.min(2, availableParallelism())

/** Files a Mocha is given at a time: enough that its start does not count, few enough that all lanes end at about the same time. */
const portion = 10

/** Files of a suite, and what it needs in its environment. `crash` and `overload` are the same tests as in `all`, for longer. */
const suites = {
  all: { files: undefined, environment: {} },
  clients: { files: ['dist/test/clients/**/*.test.js', 'dist/test/admin/*command*.test.js'], environment: {} },
  long: { files: ['dist/test/long/**/*.test.js'], environment: {} },
  workers: { files: ['dist/test/workers/**/*.test.js'], environment: {} },
  overload: {
    files: ['dist/test/overload/**/*.test.js'],
    environment: { OVERLOAD_CONNECTIONS: process.env.OVERLOAD_CONNECTIONS ?? '2000' },
  },
  crash: { files: ['dist/test/crash/*.test.js'], environment: { CRASH_ROUNDS: process.env.CRASH_ROUNDS ?? '50' } },
  durability: {
    files: ['dist/test/crash/faults/*.test.js'],
    environment: { ...(short && { DURABILITY: 'short' }), ...(write && { DURABILITY_WRITE: '1' }) },
  },
}

const name = args[0] === '--suite' ? args.splice(0, 2)[1] : 'all'
const suite = suites[name]
if (!suite) throw new Error(`--suite ${name}: allowed are ${Object.keys(suites).join(', ')}`)

await prepare()
const scratch = mkdtempSync(join(tmpdir(), 'cairn-test-'))
const countsFile = process.env.TEST_COUNTS_FILE ?? join(scratch, 'counts')
const before = linesOf(countsFile)
const named = args.some((arg) => arg.endsWith('.js'))
const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')
const environment = {
  ...suite.environment,
  TEST_COUNTS_FILE: countsFile,
  // The SDK, a client here, announces the end of Node 20 in each process.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
}
const codes = []
if (named || suite.files !== undefined) codes.push(await mochaOn(run, named ? [] : suite.files))
else await Promise.all(Array.from({ length: lanes }, lane(portionsOf(filesOfAll()))))
const code = Math.max(...codes)
// A run that died has left no counts: that is one failure.
const counts = linesOf(countsFile)
  .slice(before.length)
  .map((line) => JSON.parse(line))
if (counts.length < codes.length) counts.push({ passed: 0, failed: codes.length - counts.length })
rmSync(scratch, { recursive: true, force: true })
const sum = (member) => counts.reduce((total, count) => total + count[member], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exitCode = code

function mochaOn(start, files) {
  return start(process.execPath, ['--enable-source-maps', mocha, '--forbid-only', ...files, ...args], environment)
}

/** Works off portions, one after the other. What is printed comes when a portion is done: of several at a time nobody could read it. */
function lane(portions) {
  return async () => {
    for (let files = portions.shift(); files !== undefined; files = portions.shift()) {
      codes.push(await mochaOn(runHeldBack, files))
    }
  }
}

function filesOfAll() {
  const names = readdirSync(join(root, 'dist', 'test'), { recursive: true }).map((name) => name.replaceAll('\\', '/'))
  return names.filter((name) => name.endsWith('.test.js') && !hasOwnSuite.test(name)).map((name) => `dist/test/${name}`)
}

/** Neighbours in the list are of one room and take about as long: each portion has some of every room. */
function portionsOf(files) {
  const count = Math.ceil(files.length / portion)
  return Array.from({ length: count }, (_, i) => files.sort().filter((_file, at) => at % count === i))
}

function linesOf(path) {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
}
