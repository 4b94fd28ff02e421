// GetAccountSummary, and the account's alias: CreateAccountAlias, DeleteAccountAlias and ListAccountAliases.

import { IamError } from '../contract/iam-errors.js'
import { iamLengths, iamQuotas } from '../contract/iam-limits.js'
import type { IamOperation } from '../contract/iam-operation.js'
import { policySizes } from '../contract/policy/policy-size.js'
import { accountCounts, accountOf, updateAccount } from '../store/catalog/identity/accounts.js'
import type { Store } from '../store/store.js'
import { invalid, requireMaxItems } from './check-input.js'

/** "must be unique across all Amazon Web Services products, contain only digits, lowercase letters, and hyphens, and must not start or end with a
 *  hyphen or contain two in a row"; not twelve digits, which would be a number.
 *  @throws ValidationError */
function requireAlias(value: string | undefined): string {
  const isAlias = value !== undefined && value.length >= 3 && value.length <= iamLengths.AccountAlias
  if (isAlias && /^[a-z\d](?:[a-z\d]|-(?!-))*[a-z\d]$/.test(value) && !/^\d{12}$/.test(value)) return value
  throw invalid(
    'AccountAlias',
    value,
    'Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$',
  )
}

/** Tells how much the account has of everything, and how much it may have. */
export const getAccountSummary =
  (store: Store): IamOperation<'GetAccountSummary'> =>
  async (_input, { principal }) => {
    const counts = await store.catalog.read(accountCounts, principal.account.id)
    return {
      SummaryMap: {
        Users: counts.users,
        UsersQuota: iamQuotas.Users,
        Groups: counts.groups,
        GroupsQuota: iamQuotas.Groups,
        Roles: counts.roles,
        RolesQuota: iamQuotas.Roles,
        Policies: counts.policies,
        PoliciesQuota: iamQuotas.Policies,
        PolicySizeQuota: policySizes.managedMax,
        VersionsPerPolicyQuota: iamQuotas.VersionsPerPolicy,
        PolicyVersionsInUse: counts.versions,
        Providers: counts.providers,
        AccountAccessKeysPresent: counts.ownKeys > 0 ? 1 : 0,
        AccessKeysPerUserQuota: iamQuotas.AccessKeysPerUser,
        GroupsPerUserQuota: iamQuotas.GroupsPerUser,
        AttachedPoliciesPerUserQuota: iamQuotas.AttachedPoliciesPerUser,
        AttachedPoliciesPerGroupQuota: iamQuotas.AttachedPoliciesPerGroup,
        AttachedPoliciesPerRoleQuota: iamQuotas.AttachedPoliciesPerRole,
        UserPolicySizeQuota: policySizes.userInlineMax,
        GroupPolicySizeQuota: policySizes.groupInlineMax,
        RolePolicySizeQuota: policySizes.roleInlineMax,
        AssumeRolePolicySizeQuota: policySizes.trustMax,
        MFADevices: 0,
        MFADevicesInUse: 0,
        AccountMFAEnabled: 0,
      },
    }
  }

/** Gives the account an alias, in place of the one it had.
 *  @throws ValidationError, EntityAlreadyExists */
export const createAccountAlias =
  (store: Store): IamOperation<'CreateAccountAlias'> =>
  async (input, { principal }) => {
    await store.catalog.commit(updateAccount, { id: principal.account.id, alias: requireAlias(input.AccountAlias) })
    return {}
  }

/** Removes the account's alias.
 *  @throws ValidationError; NoSuchEntity when it is not the account's */
export const deleteAccountAlias =
  (store: Store): IamOperation<'DeleteAccountAlias'> =>
  async (input, { principal }) => {
    const alias = requireAlias(input.AccountAlias)
    const account = await store.catalog.read(accountOf, principal.account.id)
    if (account?.alias !== alias) {
      throw new IamError('NoSuchEntity', `The account alias ${alias} does not exist.`)
    }
    await store.catalog.commit(updateAccount, { id: principal.account.id, alias: null })
    return {}
  }

/** Tells the account's alias.
 *  @throws ValidationError */
export const listAccountAliases =
  (store: Store): IamOperation<'ListAccountAliases'> =>
  async (input, { principal }) => {
    requireMaxItems(input.MaxItems)
    const account = await store.catalog.read(accountOf, principal.account.id)
    const alias = account?.alias ?? null
    return { AccountAliases: alias === null ? [] : [alias], IsTruncated: false }
  }
