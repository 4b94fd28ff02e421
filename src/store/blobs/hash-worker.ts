// A thread that hashes: it is told what to compute of which stream, and answers each request in turn.

import { parentPort } from 'node:worker_threads'
import type { ChecksumAlgorithm } from '../../contract/claims.js'
import { type BlobDigest, BodyDigests, type DigestPlan } from './digests.js'

/** What the thread is asked. Streams are told apart by a number; each request is answered, in order, by one `HashAnswer`. */
export type HashRequest =
  | { readonly ask: 'open'; readonly stream: number; readonly plan: DigestPlan }
  | { readonly ask: 'update'; readonly stream: number; readonly bytes: Uint8Array } // shared memory, left alone until answered
  | { readonly ask: 'endBlob'; readonly stream: number }
  | { readonly ask: 'end'; readonly stream: number }
  | { readonly ask: 'drop'; readonly stream: number }

/** What it answers. */
export type HashAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'blob'; readonly blob: BlobDigest }
  | { readonly kind: 'wholes'; readonly wholes: ReadonlyMap<ChecksumAlgorithm, Uint8Array> }
  | { readonly kind: 'failed'; readonly message: string }

const done: HashAnswer = { kind: 'done' }

const streams = new Map<number, BodyDigests>()

function answer(request: HashRequest): HashAnswer {
  if (request.ask === 'open') {
    streams.set(request.stream, new BodyDigests(request.plan))
    return done
  }
  const digests = streams.get(request.stream)
  if (request.ask === 'drop') {
    streams.delete(request.stream)
    return done
  }
  if (digests === undefined) return { kind: 'failed', message: `There is no stream ${request.stream}` }
  switch (request.ask) {
    case 'update':
      digests.update(request.bytes)
      return done
    case 'endBlob':
      return { kind: 'blob', blob: digests.endBlob() }
    case 'end':
      streams.delete(request.stream)
      return { kind: 'wholes', wholes: digests.end() }
  }
}

const port = parentPort
if (port === null) throw new Error('This file is a thread of the store')
port.on('message', (request: HashRequest) => {
  let reply: HashAnswer
  try {
    reply = answer(request)
  } catch (error) {
    reply = { kind: 'failed', message: String(error) }
  }
  port.postMessage(reply)
})
