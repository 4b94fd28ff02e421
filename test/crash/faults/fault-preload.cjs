// Preloaded (`node --require`, which Node hands on to its threads) into a server under test: listens to the points of
// src/store/fault-points.ts, writes down each that is passed, and ends or stops the process at the one that is armed.
//   FAULT_DIRECTORY/armed    JSON {run, point, pass, action}: at the `pass`-th passing since it was written, action 'kill' or 'stop'
//   FAULT_DIRECTORY/passed   one line a passing; "REACHED point" where the action is taken
//   FAULT_COLLECTOR_PAUSE_MS  the collector's pause in place of its 5 s, so that a run need not wait for it

const { subscribe } = require('node:diagnostics_channel')
const { appendFileSync, readFileSync } = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')
const path = require('node:path')

const directory = process.env.FAULT_DIRECTORY
let armed = { run: 0 }
let passes = 0

if (directory !== undefined) subscribe('cairn:fault-point', pass)
if (process.env.FAULT_COLLECTOR_PAUSE_MS !== undefined) hurryCollector(Number(process.env.FAULT_COLLECTOR_PAUSE_MS))

function pass(point) {
  const now = JSON.parse(readFileSync(path.join(directory, 'armed'), 'utf8'))
  if (now.run !== armed.run) {
    armed = now
    passes = 0
  }
  if (point !== armed.point || ++passes !== armed.pass) {
    appendFileSync(path.join(directory, 'passed'), `${point}\n`)
    return
  }
  appendFileSync(path.join(directory, 'passed'), `REACHED ${point}\n`)
  process.kill(process.pid, armed.action === 'kill' ? 'SIGKILL' : 'SIGSTOP')
  // Signals stop the other threads first, it may be: this one goes no further.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function hurryCollector(pauseMs) {
  const timers = require('node:timers/promises')
  const wait = timers.setTimeout
  timers.setTimeout = (ms, ...rest) => wait(ms === 5000 ? pauseMs : ms, ...rest)
  syncBuiltinESMExports()
}
