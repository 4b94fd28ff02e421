// Policies that are part of one user, group or role.

import { policySize } from '../../../contract/policy/policy-size.js'
import { IamError } from '../../../contract/iam-errors.js'
import { raiseAccessNumber } from '../access-number.js'
import { all, one, query, run, statement, transaction } from '../steps.js'
import { type IdentityPlace, requireIdentity } from './identities.js'

/** An inline policy. */
export type InlinePolicyRow = {
  readonly name: string
  /** JSON. */
  readonly document: string
}

type Named = { identityId: string; name: string }
const put = statement<Named & { document: string }>(`
  INSERT INTO inline_policy (identity_id, name, document) VALUES (:identityId, :name, :document)
  ON CONFLICT (identity_id, name) DO UPDATE SET document = excluded.document`)
const find = statement<Named, InlinePolicyRow>(
  'SELECT name, document FROM inline_policy WHERE identity_id = :identityId AND name = :name',
)
const remove = statement<Named>('DELETE FROM inline_policy WHERE identity_id = :identityId AND name = :name')
const list = statement<{ identityId: string }, InlinePolicyRow>(
  'SELECT name, document FROM inline_policy WHERE identity_id = :identityId ORDER BY name',
)

/** Sets an inline policy. `sizeMax` is in characters of all inline policies of the identity together, white space left out.
 *  @throws NoSuchEntity, LimitExceeded */
export const putInlinePolicy = transaction(
  'putInlinePolicy',
  function* (
    args: IdentityPlace & { readonly policyName: string; readonly document: string; readonly sizeMax: number },
  ) {
    const { id: identityId } = yield* requireIdentity(args)
    yield* run(put, { identityId, name: args.policyName, document: args.document })
    const size = (yield* all(list, { identityId })).reduce((sum, { document }) => sum + policySize(document), 0)
    if (size > args.sizeMax) {
      const whose = `${args.kind} ${args.name}`
      throw new IamError('LimitExceeded', `Maximum policy size of ${args.sizeMax} bytes exceeded for ${whose}`)
    }
    yield* raiseAccessNumber()
  },
)

/** Removes an inline policy.
 *  @throws NoSuchEntity */
export const deleteInlinePolicy = transaction(
  'deleteInlinePolicy',
  function* (args: IdentityPlace & { readonly policyName: string }) {
    const { id: identityId } = yield* requireIdentity(args)
    if ((yield* run(remove, { identityId, name: args.policyName })) === 0) throw noSuchInlinePolicy(args)
    yield* raiseAccessNumber()
  },
)

/** An inline policy.
 *  @throws NoSuchEntity */
export const inlinePolicy = query('inlinePolicy', function* (args: IdentityPlace & { readonly policyName: string }) {
  const { id: identityId } = yield* requireIdentity(args)
  const found = yield* one(find, { identityId, name: args.policyName })
  if (found === undefined) throw noSuchInlinePolicy(args)
  return found
})

/** All inline policies of a user, group or role, by name: their size bounds their number.
 *  @throws NoSuchEntity */
export const inlinePolicies = query('inlinePolicies', function* (place: IdentityPlace) {
  const { id: identityId } = yield* requireIdentity(place)
  return yield* all(list, { identityId })
})

const noSuchInlinePolicy = ({ kind, policyName }: IdentityPlace & { readonly policyName: string }): IamError =>
  new IamError('NoSuchEntity', `The ${kind} policy with name ${policyName} cannot be found.`)
