// Loaded into every thread of a server whose profile is taken: V8's profiler starts and stops in all of them when the process gets SIGUSR2,
// and each thread leaves its profile in PROFILE_DIRECTORY.

import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { join } from 'node:path'
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads'

/** Microseconds between samples. */
const intervalUs = 250

const file = join(process.env['PROFILE_DIRECTORY'] ?? '.', `${process.pid}.${threadId}`)
const session = new Session()
session.connect()
let isRunning = false

// A channel does not hear itself.
const channel = new BroadcastChannel('cairn-profile')
channel.addEventListener('message', turn)
channel.unref()
if (isMainThread) {
  process.on('SIGUSR2', () => {
    channel.postMessage('turn')
    turn()
  })
}

/** Starts a profile, or ends it and writes it. While it runs, a folder with its name stands there. */
function turn(): void {
  isRunning = !isRunning
  if (isRunning) {
    mkdirSync(`${file}.running`)
    session.post('Profiler.enable')
    session.post('Profiler.setSamplingInterval', { interval: intervalUs })
    session.post('Profiler.start')
    return
  }
  session.post('Profiler.stop', (error, result) => {
    if (error) throw error
    writeFileSync(`${file}.cpuprofile`, JSON.stringify(result.profile))
    rmdirSync(`${file}.running`)
  })
}
