// Names of many accounts at once: S3's Owner and Initiator carry one beside the id.

import { findAccount } from './account.js'
import type { Steps } from './steps.js'

/** Display names of accounts by canonical user id; each is looked up once. */
export function* accountNames(ids: Iterable<string>): Steps<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const id of ids) {
    if (!names.has(id)) names.set(id, (yield* findAccount.steps(id))?.name ?? '')
  }
  return names
}
