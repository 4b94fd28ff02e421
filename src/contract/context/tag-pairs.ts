// Tags as condition keys read them. Pure.

/** Key and value of each. */
export type TagPairs = readonly (readonly [key: string, value: string])[]

/** Pairs of a list of tags as the SDK has it; what is no tag is left out. */
export function tagPairs(tags: unknown): TagPairs {
  const list: readonly unknown[] = Array.isArray(tags) ? tags : []
  return list.flatMap((tag): [string, string][] => {
    if (typeof tag !== 'object' || tag === null || !('Key' in tag) || typeof tag.Key !== 'string') return []
    return [[tag.Key, 'Value' in tag && typeof tag.Value === 'string' ? tag.Value : '']]
  })
}

/** Values of the tags whose keys are `name` in lower case, for condition keys have no case; undefined when there is none. */
export function valuesOfTag(tags: TagPairs, name: string): readonly string[] | undefined {
  const values = tags.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
  return values.length === 0 ? undefined : values
}
