// Digests of bytes that are stored already: computed by one read, never by a rewrite.

import type { ChecksumAlgorithm } from '../contract/claims.js'
import type { BodyOut } from '../contract/operation.js'
import { BodyDigests, type RawDigests } from './blobs/digests.js'

/** Reads bytes once and answers their raw digests in each of the algorithms. */
export async function digestsOfBody(bytes: BodyOut, algorithms: readonly ChecksumAlgorithm[]): Promise<RawDigests> {
  const running = new BodyDigests({ wholes: [...new Set(algorithms)], blobs: false })
  if (bytes instanceof Uint8Array) running.update(bytes)
  else for await (const chunk of bytes) running.update(chunk)
  return running.end()
}
