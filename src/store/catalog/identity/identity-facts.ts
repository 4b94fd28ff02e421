// What conditions of policies may ask about a user, group or role somebody wants to do something with, and what its ARN has between its kind and its name.

import { one, query, statement } from '../steps.js'
import { type Tag, tagsOf } from './tags.js'

/** Whose facts are asked for. */
export interface IdentityNamed {
  readonly accountId: string
  readonly kind: 'user' | 'group' | 'role'
  /** In any case of its letters. */
  readonly name: string
}

/** Of a user, group or role. */
export interface IdentityFacts {
  /** As it was made: its ARN has this one, however it was asked for. */
  readonly name: string
  /** "/" or "/division/" */
  readonly path: string
  /** ARN of the boundary; undefined when it has none. */
  readonly boundaryArn: string | undefined
  readonly tags: readonly Tag[]
}

const byName = statement<
  { account: string; kind: string; name: string },
  { name: string; path: string; boundary: string | null; tags: string | null }
>(
  'SELECT name, path, boundary, tags FROM identity WHERE account_id = :account AND kind = :kind AND lower(name) = lower(:name)',
)

/** The facts of one; nothing where there is none by that name. */
export const identityFacts = query('identityFacts', function* ({ accountId, kind, name }: IdentityNamed) {
  const row = yield* one(byName, { account: accountId, kind, name })
  if (row === undefined) return undefined
  const { name: madeAs, path, boundary, tags } = row
  const facts: IdentityFacts = { name: madeAs, path, boundaryArn: boundary ?? undefined, tags: tagsOf(tags) }
  return facts
})
