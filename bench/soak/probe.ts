// Loaded into the server before anything else: tells its heap and how late its event loop is, now and then, into the file SOAK_PROBE_FILE
// names. Nothing of the server knows of it.

import { renameSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

const path = process.env['SOAK_PROBE_FILE']
const everyMs = 1_000

/** A full collection: V8 offers it only in a context made after it was told to. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

if (isMainThread && path !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const collect = collector()
  setInterval(() => {
    // What lives is asked for: a run of a minute may have no full collection of its own. Its pause is the probe's, not the server's.
    delay.disable()
    collect()
    delay.enable()
    const { heapUsed, external, arrayBuffers } = process.memoryUsage()
    // Nanoseconds; the resolution itself is part of each value.
    const lateMs = Math.max(0, delay.percentile(99) / 1e6 - 10)
    // Whole or not at all, for who reads it meanwhile.
    writeFileSync(`${path}.new`, JSON.stringify({ heapUsed, external, arrayBuffers, lateMs }))
    renameSync(`${path}.new`, path)
    delay.reset()
  }, everyMs).unref()
}
