// Where a user, group or role stands: what its ARN has between its kind and its name.

import { one, query, statement } from '../steps.js'

/** Whose path is asked for. */
export interface IdentityNamed {
  readonly accountId: string
  readonly kind: 'user' | 'group' | 'role'
  /** In any case of its letters. */
  readonly name: string
}

const pathByName = statement<{ account: string; kind: string; name: string }, { path: string }>(
  'SELECT path FROM identity WHERE account_id = :account AND kind = :kind AND lower(name) = lower(:name)',
)

/** "/" or "/division/"; nothing where there is none by that name. */
export const identityPath = query('identityPath', function* ({ accountId, kind, name }: IdentityNamed) {
  return (yield* one(pathByName, { account: accountId, kind, name }))?.path
})
