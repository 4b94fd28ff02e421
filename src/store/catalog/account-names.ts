// Names of many accounts at once: S3's Owner and Initiator carry one beside the id.

import { findAccount, type AccountRow } from './account.js'
import type { BucketRow } from './find-bucket.js'
import type { Steps } from './steps.js'

/** Display names of accounts by canonical user id; each is looked up once. */
export function* accountNames(ids: Iterable<string>): Steps<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const id of ids) {
    if (!names.has(id)) names.set(id, (yield* findAccount.steps(id))?.name ?? '')
  }
  return names
}

/** Owners by canonical user id. */
export type ShownOwners = ReadonlyMap<string, Pick<AccountRow, 'id' | 'name'>>

/** Whom a listing shows as the owners of what `ids` have written: the bucket's, whoever it was, where he owns everything. */
export function* shownOwners(
  bucket: Pick<BucketRow, 'ownerId' | 'ownership'>,
  ids: readonly string[],
): Steps<ShownOwners> {
  const isSole = bucket.ownership === 'BucketOwnerEnforced'
  const names = yield* accountNames(isSole ? [bucket.ownerId] : ids)
  const ownerOf = (id: string) => ({ id, name: names.get(id) ?? '' })
  if (!isSole) return new Map(ids.map((id) => [id, ownerOf(id)]))
  const owner = ownerOf(bucket.ownerId)
  return new Map(ids.map((id) => [id, owner]))
}
