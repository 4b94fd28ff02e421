// GetAccountAuthorizationDetails: everything that decides who may do what in an account, a page at a time.

import type * as Sdk from '@aws-sdk/client-iam'
import { IamError } from '../contract/iam-errors.js'
import { iamQuotas } from '../contract/iam-limits.js'
import type { IamOperation } from '../contract/iam-operation.js'
import { managedPolicies } from '../contract/managed-policies.js'
import { attachedPolicies } from '../store/catalog/identity/attachments.js'
import { groupsOfUser } from '../store/catalog/identity/group-members.js'
import { identityPage, type IdentityRow } from '../store/catalog/identity/identities.js'
import { inlinePolicies } from '../store/catalog/identity/inline-policies.js'
import { policyPage, type PolicyRow, policyVersions, usesOfPolicy } from '../store/catalog/identity/policies.js'
import type { Store } from '../store/store.js'
import { invalid } from './check-input.js'
import { pageOf, pageStart } from './page.js'
import { encodedDocument, toAttached, toGroup, toManagedPolicy, toPolicy, toRole, toUser } from './shapes.js'

type Filter = 'User' | 'Group' | 'Role' | 'LocalManagedPolicy' | 'AWSManagedPolicy'

/** In the order of the answer's pages. */
const filters: readonly Filter[] = ['User', 'Group', 'Role', 'LocalManagedPolicy', 'AWSManagedPolicy']

/** One entry of a page, and where it stands: its filter, a space, its name. */
interface Entry {
  readonly key: string
  readonly add: (output: Details) => Promise<void>
}

interface Details {
  readonly UserDetailList: Sdk.UserDetail[]
  readonly GroupDetailList: Sdk.GroupDetail[]
  readonly RoleDetailList: Sdk.RoleDetail[]
  readonly Policies: Sdk.ManagedPolicyDetail[]
}

/** Tells users, groups, roles and policies with all that hangs on them.
 *  @throws ValidationError */
export const getAccountAuthorizationDetails =
  (store: Store): IamOperation<'GetAccountAuthorizationDetails'> =>
  async (input, { principal }) => {
    const accountId = principal.account.id
    const { after, limit } = pageStart(input)
    const found: Entry[] = []
    for (const filter of wantedFilters(input.Filter)) {
      const [afterFilter = '', afterName = ''] = after.split(' ')
      const isPassed = after !== '' && filters.indexOf(filter) < filters.indexOf(filterOf(afterFilter, after))
      if (isPassed || found.length >= limit) continue
      const from = filter === afterFilter ? afterName : ''
      found.push(...(await entriesOf(store, filter, accountId, from, limit - found.length)))
    }
    const { entries, page } = pageOf(found, input, ({ key }) => key)
    const details: Details = { UserDetailList: [], GroupDetailList: [], RoleDetailList: [], Policies: [] }
    for (const entry of entries) await entry.add(details).catch(requireGone)
    return { ...details, ...page }
  }

/** What was removed since its page was read is left out of it. */
function requireGone(error: unknown): void {
  if (!(error instanceof IamError && error.code === 'NoSuchEntity')) throw error
}

/** @throws ValidationError */
function wantedFilters(wanted: readonly string[] | undefined): readonly Filter[] {
  if (wanted === undefined || wanted.length === 0) return filters
  for (const each of wanted) filterOf(each, each)
  return filters.filter((filter) => wanted.includes(filter))
}

function filterOf(text: string, value: string): Filter {
  const filter = filters.find((each) => each === text)
  if (filter === undefined)
    throw invalid('Filter', value, `Member must satisfy enum value set: [${filters.join(', ')}]`)
  return filter
}

async function entriesOf(
  store: Store,
  filter: Filter,
  accountId: string,
  after: string,
  limit: number,
): Promise<Entry[]> {
  const which = { accountId, pathPrefix: '', after, limit }
  const named = <Row extends { readonly name: string }>(
    rows: readonly Row[],
    add: (row: Row, output: Details) => Promise<void>,
  ): Entry[] => rows.map((row) => ({ key: `${filter} ${row.name}`, add: (output) => add(row, output) }))
  const { catalog } = store
  switch (filter) {
    case 'User':
      return named(await catalog.read(identityPage, { ...which, kind: 'user' }), async (row, output) => {
        output.UserDetailList.push(await userDetail(store, row))
      })
    case 'Group':
      return named(await catalog.read(identityPage, { ...which, kind: 'group' }), async (row, output) => {
        output.GroupDetailList.push({ ...toGroup(row), ...(await policiesOf(store, row, 'GroupPolicyList')) })
      })
    case 'Role':
      return named(await catalog.read(identityPage, { ...which, kind: 'role' }), async (row, output) => {
        output.RoleDetailList.push(await roleDetail(store, row))
      })
    case 'LocalManagedPolicy':
      return named(await catalog.read(policyPage, which), async (row, output) => {
        output.Policies.push(await policyDetail(store, accountId, row))
      })
    case 'AWSManagedPolicy': {
      const rows = [...managedPolicies.values()].filter(({ name }) => name > after).slice(0, limit)
      return named(rows, async (policy, output) => {
        const uses = await catalog.read(usesOfPolicy, { accountId, arn: policy.arn })
        const version = { VersionId: 'v1', IsDefaultVersion: true, CreateDate: new Date(policy.createdMs) }
        const PolicyVersionList = [{ Document: encodedDocument(policy.document), ...version }]
        output.Policies.push({ ...toManagedPolicy(policy, uses), PolicyVersionList })
      })
    }
  }
}

async function userDetail(store: Store, row: IdentityRow): Promise<Sdk.UserDetail> {
  const limit = iamQuotas.GroupsPerUser
  const groups = await store.catalog.read(groupsOfUser, { accountId: row.accountId, name: row.name, after: '', limit })
  return {
    ...toUser(row),
    ...(await policiesOf(store, row, 'UserPolicyList')),
    GroupList: groups.map(({ name }) => name),
  }
}

async function roleDetail(store: Store, row: IdentityRow): Promise<Sdk.RoleDetail> {
  const { MaxSessionDuration: _duration, Description: _description, ...role } = toRole(row)
  return { ...role, InstanceProfileList: [], ...(await policiesOf(store, row, 'RolePolicyList')) }
}

async function policiesOf<List extends string>({ catalog }: Store, row: IdentityRow, list: List) {
  const { accountId, kind, name } = row
  const inline = await catalog.read(inlinePolicies, { accountId, kind, name })
  const arns = await catalog.read(attachedPolicies, { accountId, kind, name })
  const details = inline.map((policy) => ({
    PolicyName: policy.name,
    PolicyDocument: encodedDocument(policy.document),
  }))
  // One member of the name that was asked for.
  const named = { [list]: details } as { [name in List]: Sdk.PolicyDetail[] }
  return { ...named, AttachedManagedPolicies: arns.map(toAttached) }
}

async function policyDetail({ catalog }: Store, accountId: string, row: PolicyRow): Promise<Sdk.ManagedPolicyDetail> {
  const { versions } = await catalog.read(policyVersions, { accountId, arn: row.arn })
  return {
    ...toPolicy(row),
    PolicyVersionList: versions.map(({ number, document, createdMs }) => ({
      Document: encodedDocument(document),
      VersionId: `v${number}`,
      IsDefaultVersion: number === row.defaultVersion,
      CreateDate: new Date(createdMs),
    })),
  }
}
