// Loaded into the server before anything else: tells its heap and how late its event loop is, now and then, into the file SOAK_PROBE_FILE
// names. Nothing of the server knows of it.

import { renameSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const path = process.env['SOAK_PROBE_FILE']
const everyMs = 1_000

if (isMainThread && path !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  setInterval(() => {
    const { heapUsed, external, arrayBuffers } = process.memoryUsage()
    // Nanoseconds; the resolution itself is part of each value.
    const lateMs = Math.max(0, delay.percentile(99) / 1e6 - 10)
    // Whole or not at all, for who reads it meanwhile.
    writeFileSync(`${path}.new`, JSON.stringify({ heapUsed, external, arrayBuffers, lateMs }))
    renameSync(`${path}.new`, path)
    delay.reset()
  }, everyMs).unref()
}
