// Preloaded (`node --require`, which Node hands on to its threads, and a server to its processes) into a server under test: listens to the points of
// src/store/fault-points.ts, writes down each that is passed, and ends or stops processes at those that are armed, one after the other.
//   FAULT_DIRECTORY/armed    JSON {run, places: [{point, pass, action}]}: at the `pass`-th passing by one thread since the place before it was
//                            reached; action 'kill' or 'stop': this process; 'kill all' or 'stop all': every process of the server
//   FAULT_DIRECTORY/passed   one line a passing, "writer 123 point": what the process is, its id; with "REACHED " before it where the action is taken
//   FAULT_DIRECTORY/reached-RUN-N  made by whoever is first to reach place N: nobody else does
//   FAULT_COLLECTOR_PAUSE_MS  the collector's pause in place of its 5 s, so that a run need not wait for it

const { subscribe } = require('node:diagnostics_channel')
const { appendFileSync, closeSync, openSync, readFileSync, existsSync } = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')
const path = require('node:path')
const { isMainThread } = require('node:worker_threads')

const directory = process.env.FAULT_DIRECTORY
/** What a process is, known by what its main thread runs. Its other threads have that from its environment. */
const roles = { 'writer-process.js': 'writer', 'worker-process.js': 'worker' }
if (isMainThread) process.env.FAULT_ROLE = roles[path.basename(process.argv[1] ?? '')] ?? 'server'
const role = process.env.FAULT_ROLE

let armed = { run: 0, places: [] }
/** Of each place, by this thread. */
let passes = []

if (directory !== undefined) subscribe('cairn:fault-point', pass)
if (process.env.FAULT_COLLECTOR_PAUSE_MS !== undefined) hurryCollector(Number(process.env.FAULT_COLLECTOR_PAUSE_MS))

function pass(point) {
  const now = JSON.parse(readFileSync(path.join(directory, 'armed'), 'utf8'))
  if (now.run !== armed.run) {
    armed = now
    passes = armed.places.map(() => 0)
  }
  const next = armed.places.findIndex((_, i) => !existsSync(markOf(i)))
  const place = armed.places[next]
  const isThere = place?.point === point && ++passes[next] >= place.pass && isFirstAt(next)
  appendFileSync(path.join(directory, 'passed'), `${isThere ? 'REACHED ' : ''}${role} ${process.pid} ${point}\n`)
  if (!isThere) return
  const signal = place.action.startsWith('kill') ? 'SIGKILL' : 'SIGSTOP'
  if (place.action.endsWith(' all')) for (const id of otherProcesses()) process.kill(id, signal)
  process.kill(process.pid, signal)
  // Signals stop the other threads first, it may be: this one goes no further.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function markOf(place) {
  return path.join(directory, `reached-${armed.run}-${place}`)
}

/** Two processes may come to a place at once. */
function isFirstAt(place) {
  try {
    closeSync(openSync(markOf(place), 'wx'))
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

/** Of this server: its first one, and its children. Source: proc(5), /proc/pid/task/tid/children. */
function otherProcesses() {
  const first = role === 'server' ? process.pid : process.ppid
  const children = readFileSync(`/proc/${first}/task/${first}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  return [first, ...children].filter((id) => id !== process.pid)
}

function hurryCollector(pauseMs) {
  const timers = require('node:timers/promises')
  const wait = timers.setTimeout
  timers.setTimeout = (ms, ...rest) => wait(ms === 5000 ? pauseMs : ms, ...rest)
  syncBuiltinESMExports()
}
