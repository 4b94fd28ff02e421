// The load generator as the bench sees it: a child process that takes one job at a time.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Job, Slice } from './job.js'

/** Runs jobs. */
export interface Load {
  run(job: Job): Promise<Slice>
  close(): Promise<void>
}

type Answer = { readonly slice: Slice } | { readonly error: string }

/** Starts a generator. */
export function startLoad(): Load {
  const child = fork(join(import.meta.dirname, 'load-process.js'), { serialization: 'advanced' })
  return {
    async run(job) {
      const ended = new AbortController()
      const { signal } = ended
      const died = once(child, 'exit', { signal }).then(() => [{ error: 'the load generator died' }])
      const answered = once(child, 'message', { signal })
      child.send(job)
      try {
        // The generator is ours and sends nothing else.
        const [answer] = (await Promise.race([answered, died])) as [Answer]
        if ('error' in answer) throw new Error(answer.error)
        return answer.slice
      } finally {
        // What is not waited for any more is told so.
        for (const promise of [died, answered]) promise.catch(() => undefined)
        ended.abort()
      }
    },
    async close() {
      if (child.exitCode !== null) return
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}
