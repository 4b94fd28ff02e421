// Starts a thread of the catalog from its file, compiled or not.

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

const isSource = import.meta.url.endsWith('.ts')

/** URL of a module of this folder ("writer-thread"): compiled as this one is, or in TypeScript where this one is. */
export const moduleURL = (name: string): URL => new URL(`./${name}.${isSource ? 'ts' : 'js'}`, import.meta.url)

/** Starts a thread that runs a module of this folder. */
export function startThread(name: string, workerData: unknown): Worker {
  const url = moduleURL(name)
  if (!isSource) return new Worker(url, { workerData })
  // Node 20 does not hand `--import tsx` on to threads, so in development each registers it for itself.
  const tsx = createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/\.cjs$/, '.mjs')
  const [loader, module] = [pathToFileURL(tsx).href, url.href].map((text) => JSON.stringify(text))
  const script = `import(${loader}).then(({ register }) => (register(), import(${module})))`
  return new Worker(script, { eval: true, workerData })
}
