// The load generator, a process of its own: does one job at a time and says what it came to.

import type { Job } from './job.js'
import { sendParts } from './send-parts.js'
import { sendRequests } from './send-requests.js'

process.on('message', (job: Job) => {
  const done = 'uploadTo' in job ? sendParts(job) : sendRequests(job)
  done.then(
    (slice) => process.send?.({ slice }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  )
})
