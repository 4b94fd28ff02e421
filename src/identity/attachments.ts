// Attach…Policy, Detach…Policy and ListAttached…Policies of users, groups and roles, and ListEntitiesForPolicy.

import type { AttachedPolicy } from '@aws-sdk/client-iam'
import type { IamCall, IamInput, IamOperation, IamOutput } from '../contract/iam-operation.js'
import {
  attachedPolicies,
  attachPolicy,
  detachPolicy,
  entitiesOfPolicy,
  type PolicyEntity,
} from '../store/catalog/identity/attachments.js'
import type { IdentityPlace } from '../store/catalog/identity/identities.js'
import type { IdentityKind } from '../store/catalog/identity/refusals.js'
import type { Store } from '../store/store.js'
import {
  invalid,
  requireArn,
  requireGroupName,
  requirePathPrefix,
  requireRoleName,
  requireUserName,
} from './check-input.js'
import { type PageInput, pageOf, pageOfWhole, type PageOutput, pageStart } from './page.js'
import { toAttached } from './shapes.js'

interface Named {
  readonly UserName?: string | undefined
  readonly GroupName?: string | undefined
  readonly RoleName?: string | undefined
}

/** The user, group or role that an operation is about.
 *  @throws ValidationError */
export function placeOf(kind: IdentityKind, input: Named, { principal }: IamCall): IdentityPlace {
  const accountId = principal.account.id
  if (kind === 'user') return { accountId, kind, name: requireUserName(input.UserName) }
  if (kind === 'group') return { accountId, kind, name: requireGroupName(input.GroupName) }
  return { accountId, kind, name: requireRoleName(input.RoleName) }
}

type Attach = (input: Named & { PolicyArn?: string | undefined }, call: IamCall) => Promise<Record<string, never>>

/** Gives a user, group or role a managed policy.
 *  @throws ValidationError, NoSuchEntity, LimitExceeded */
export const attachPolicyTo =
  (store: Store, kind: IdentityKind): Attach =>
  async (input, call) => {
    const arn = requireArn('PolicyArn', input.PolicyArn)
    await store.catalog.commit(attachPolicy, { ...placeOf(kind, input, call), arn })
    return {}
  }

/** Takes a managed policy from a user, group or role.
 *  @throws ValidationError, NoSuchEntity */
export const detachPolicyFrom =
  (store: Store, kind: IdentityKind): Attach =>
  async (input, call) => {
    const arn = requireArn('PolicyArn', input.PolicyArn)
    await store.catalog.commit(detachPolicy, { ...placeOf(kind, input, call), arn })
    return {}
  }

type ListAttached = (
  input: Named & PageInput & { PathPrefix?: string | undefined },
  call: IamCall,
) => Promise<PageOutput & { AttachedPolicies: AttachedPolicy[] }>

/** Tells the managed policies that a user, group or role has.
 *  @throws ValidationError, NoSuchEntity */
export const listAttachedPoliciesOf =
  (store: Store, kind: IdentityKind): ListAttached =>
  async (input, call) => {
    const pathPrefix = requirePathPrefix(input.PathPrefix)
    const arns = await store.catalog.read(attachedPolicies, placeOf(kind, input, call))
    const wanted = arns.filter((arn) => arn.slice(arn.indexOf(':policy/') + ':policy'.length).startsWith(pathPrefix))
    const { entries, page } = pageOfWhole(wanted, input, (arn) => arn)
    return { AttachedPolicies: entries.map(toAttached), ...page }
  }

/** Tells whom a managed policy is attached to, or whose rights it bounds.
 *  @throws ValidationError, NoSuchEntity */
export const listEntitiesForPolicy =
  (store: Store): IamOperation<'ListEntitiesForPolicy'> =>
  async (input, { principal }) => {
    const { EntityFilter, PolicyUsageFilter } = input
    const wanted = wantedKind(EntityFilter)
    const { after, limit } = pageStart(input)
    const which = {
      accountId: principal.account.id,
      arn: requireArn('PolicyArn', input.PolicyArn),
      pathPrefix: requirePathPrefix(input.PathPrefix),
      isBoundary: PolicyUsageFilter === 'PermissionsBoundary' ? 1 : 0,
      kind: wanted ?? '',
      after,
      limit,
    } as const
    const { entries, page } = pageOf(await store.catalog.read(entitiesOfPolicy, which), input, keyOf)
    const of = (kind: IdentityKind) => entries.filter((entity) => entity.kind === kind)
    const output: IamOutput<'ListEntitiesForPolicy'> = {
      PolicyGroups: of('group').map(({ name, id }) => ({ GroupName: name, GroupId: id })),
      PolicyUsers: of('user').map(({ name, id }) => ({ UserName: name, UserId: id })),
      PolicyRoles: of('role').map(({ name, id }) => ({ RoleName: name, RoleId: id })),
      ...page,
    }
    return output
  }

const keyOf = ({ kind, name }: PolicyEntity): string => `${kind} ${name.toLowerCase()}`

/** @throws ValidationError */
function wantedKind(filter: IamInput<'ListEntitiesForPolicy'>['EntityFilter']): IdentityKind | undefined {
  switch (filter) {
    case undefined:
      return undefined
    case 'User':
      return 'user'
    case 'Group':
      return 'group'
    case 'Role':
      return 'role'
    default:
      throw invalid('EntityFilter', filter, 'Member must satisfy enum value set: [User, Role, Group]')
  }
}
