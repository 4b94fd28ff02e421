// Tags of users, roles, policies and providers, as one column has them.

import { iamQuotas } from '../../../contract/iam-limits.js'
import { overQuota } from './refusals.js'

/** A tag. */
export type Tag = readonly [key: string, value: string]

/** Tags of their JSON. */
// Written by `jsonOfTags`.
export const tagsOf = (json: string | null): readonly Tag[] => JSON.parse(json ?? '[]') as Tag[]

/** JSON of tags; null for none. */
export const jsonOfTags = (tags: readonly Tag[]): string | null => (tags.length === 0 ? null : JSON.stringify(tags))

/** Tags after some were set and others removed, in the order in which they came. "Tag keys are case-preserving but not case-sensitive".
 *  @throws LimitExceeded */
export function retagged(tags: readonly Tag[], set: readonly Tag[], unset: readonly string[]): readonly Tag[] {
  const byKey = new Map(tags.map((tag) => [tag[0].toLowerCase(), tag]))
  for (const tag of set) byKey.set(tag[0].toLowerCase(), tag)
  for (const key of unset) byKey.delete(key.toLowerCase())
  if (byKey.size > iamQuotas.TagsPerResource) throw overQuota('TagsPerResource', iamQuotas.TagsPerResource)
  return [...byKey.values()]
}
