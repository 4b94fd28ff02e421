// Put…Policy, Get…Policy, List…Policies and Delete…Policy: policies that are part of one user, group or role.

import type { IamCall } from '../contract/iam-operation.js'
import { policySizes } from '../contract/policy/policy-size.js'
import {
  deleteInlinePolicy,
  inlinePolicies,
  inlinePolicy,
  putInlinePolicy,
} from '../store/catalog/identity/inline-policies.js'
import type { IdentityKind } from '../store/catalog/identity/refusals.js'
import type { Store } from '../store/store.js'
import { placeOf } from './attachments.js'
import { requireDocument, requirePolicyName } from './check-input.js'
import { type PageInput, pageOfWhole, type PageOutput } from './page.js'
import { encodedDocument } from './shapes.js'

interface Named {
  readonly UserName?: string | undefined
  readonly GroupName?: string | undefined
  readonly RoleName?: string | undefined
  readonly PolicyName?: string | undefined
}

const sizeMaxOf = {
  user: policySizes.userInlineMax,
  group: policySizes.groupInlineMax,
  role: policySizes.roleInlineMax,
} as const

/** Sets an inline policy of a user, group or role.
 *  @throws ValidationError, MalformedPolicyDocument, NoSuchEntity, LimitExceeded */
export const putPolicyOf =
  (store: Store, kind: IdentityKind) =>
  async (input: Named & { PolicyDocument?: string | undefined }, call: IamCall): Promise<Record<string, never>> => {
    const sizeMax = sizeMaxOf[kind]
    await store.catalog.commit(putInlinePolicy, {
      ...placeOf(kind, input, call),
      policyName: requirePolicyName(input.PolicyName),
      document: requireDocument(input.PolicyDocument, 'identity', sizeMax),
      sizeMax,
    })
    return {}
  }

/** Tells an inline policy of a user, group or role, but not whose it is: `named` says that.
 *  @throws ValidationError, NoSuchEntity */
export const getPolicyOf =
  (store: Store, kind: IdentityKind) =>
  async <Whose>(input: Named, call: IamCall, named: (name: string) => Whose) => {
    const place = placeOf(kind, input, call)
    const policyName = requirePolicyName(input.PolicyName)
    const { document } = await store.catalog.read(inlinePolicy, { ...place, policyName })
    return { ...named(place.name), PolicyName: policyName, PolicyDocument: encodedDocument(document) }
  }

/** Tells the names of inline policies of a user, group or role.
 *  @throws ValidationError, NoSuchEntity */
export const listPoliciesOf =
  (store: Store, kind: IdentityKind) =>
  async (input: Named & PageInput, call: IamCall): Promise<PageOutput & { PolicyNames: string[] }> => {
    const policies = await store.catalog.read(inlinePolicies, placeOf(kind, input, call))
    const { entries, page } = pageOfWhole(policies, input, ({ name }) => name)
    return { PolicyNames: entries.map(({ name }) => name), ...page }
  }

/** Removes an inline policy of a user, group or role.
 *  @throws ValidationError, NoSuchEntity */
export const deletePolicyOf =
  (store: Store, kind: IdentityKind) =>
  async (input: Named, call: IamCall): Promise<Record<string, never>> => {
    const policyName = requirePolicyName(input.PolicyName)
    await store.catalog.commit(deleteInlinePolicy, { ...placeOf(kind, input, call), policyName })
    return {}
  }
