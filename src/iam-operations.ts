// The one list of what Cairn can do with identities: what is missing here is InvalidAction.

import type { IamOperations } from './contract/iam-operation.js'
import type { Clock } from './contract/operation.js'
import {
  createAccessKey,
  deleteAccessKey,
  getAccessKeyLastUsed,
  listAccessKeys,
  updateAccessKey,
} from './identity/access-keys.js'
import { createAccountAlias, deleteAccountAlias, getAccountSummary, listAccountAliases } from './identity/account.js'
import {
  attachPolicyTo,
  detachPolicyFrom,
  listAttachedPoliciesOf,
  listEntitiesForPolicy,
} from './identity/attachments.js'
import { getAccountAuthorizationDetails } from './identity/authorization-details.js'
import { deleteBoundaryOf, putBoundaryOf } from './identity/boundaries.js'
import * as groups from './identity/groups.js'
import { deletePolicyOf, getPolicyOf, listPoliciesOf, putPolicyOf } from './identity/inline-policies.js'
import * as policies from './identity/managed-policies.js'
import * as providers from './identity/oidc-providers.js'
import * as roles from './identity/roles.js'
import * as users from './identity/users.js'
import { whatThereIsNot } from './identity/what-there-is-not.js'
import type { Store } from './store/store.js'

/** As settings have it when nothing is said. */
const onlyPublic: providers.ProviderSettings = { oidcAllowPrivate: false }

/** IAM's operations, each with the function that performs it. Whoever calls one has authenticated the caller and asked for the right. */
export function iamOperations(store: Store, clock: Clock, settings: providers.ProviderSettings = onlyPublic) {
  const [userPolicy, groupPolicy, rolePolicy] = [
    getPolicyOf(store, 'user'),
    getPolicyOf(store, 'group'),
    getPolicyOf(store, 'role'),
  ]
  return {
    ...whatThereIsNot(store),
    AddClientIDToOpenIDConnectProvider: providers.addClientIDToOpenIDConnectProvider(store),
    AddUserToGroup: groups.addUserToGroup(store),
    AttachGroupPolicy: attachPolicyTo(store, 'group'),
    AttachRolePolicy: attachPolicyTo(store, 'role'),
    AttachUserPolicy: attachPolicyTo(store, 'user'),
    CreateAccessKey: createAccessKey(store, clock),
    CreateAccountAlias: createAccountAlias(store),
    CreateGroup: groups.createGroup(store, clock),
    CreateOpenIDConnectProvider: providers.createOpenIDConnectProvider(store, clock, settings),
    CreatePolicy: policies.createPolicy(store, clock),
    CreatePolicyVersion: policies.createPolicyVersion(store, clock),
    CreateRole: roles.createRole(store, clock),
    CreateUser: users.createUser(store, clock),
    DeleteAccessKey: deleteAccessKey(store),
    DeleteAccountAlias: deleteAccountAlias(store),
    DeleteGroup: groups.deleteGroup(store, clock),
    DeleteGroupPolicy: deletePolicyOf(store, 'group'),
    DeleteOpenIDConnectProvider: providers.deleteOpenIDConnectProvider(store),
    DeletePolicy: policies.deletePolicy(store),
    DeletePolicyVersion: policies.deletePolicyVersion(store),
    DeleteRole: roles.deleteRole(store, clock),
    DeleteRolePermissionsBoundary: deleteBoundaryOf(store, 'role'),
    DeleteRolePolicy: deletePolicyOf(store, 'role'),
    DeleteUser: users.deleteUser(store, clock),
    DeleteUserPermissionsBoundary: deleteBoundaryOf(store, 'user'),
    DeleteUserPolicy: deletePolicyOf(store, 'user'),
    DetachGroupPolicy: detachPolicyFrom(store, 'group'),
    DetachRolePolicy: detachPolicyFrom(store, 'role'),
    DetachUserPolicy: detachPolicyFrom(store, 'user'),
    GetAccessKeyLastUsed: getAccessKeyLastUsed(store),
    GetAccountAuthorizationDetails: getAccountAuthorizationDetails(store),
    GetAccountSummary: getAccountSummary(store),
    GetGroup: groups.getGroup(store),
    GetGroupPolicy: (input, call) => groupPolicy(input, call, (GroupName) => ({ GroupName })),
    GetOpenIDConnectProvider: providers.getOpenIDConnectProvider(store),
    GetPolicy: policies.getPolicy(store),
    GetPolicyVersion: policies.getPolicyVersion(store),
    GetRole: roles.getRole(store),
    GetRolePolicy: (input, call) => rolePolicy(input, call, (RoleName) => ({ RoleName })),
    GetUser: users.getUser(store),
    GetUserPolicy: (input, call) => userPolicy(input, call, (UserName) => ({ UserName })),
    ListAccessKeys: listAccessKeys(store),
    ListAccountAliases: listAccountAliases(store),
    ListAttachedGroupPolicies: listAttachedPoliciesOf(store, 'group'),
    ListAttachedRolePolicies: listAttachedPoliciesOf(store, 'role'),
    ListAttachedUserPolicies: listAttachedPoliciesOf(store, 'user'),
    ListEntitiesForPolicy: listEntitiesForPolicy(store),
    ListGroupPolicies: listPoliciesOf(store, 'group'),
    ListGroups: groups.listGroups(store),
    ListGroupsForUser: groups.listGroupsForUser(store),
    ListOpenIDConnectProviders: providers.listOpenIDConnectProviders(store),
    ListOpenIDConnectProviderTags: providers.listOpenIDConnectProviderTags(store),
    ListPolicies: policies.listPolicies(store),
    ListPolicyTags: policies.listPolicyTags(store),
    ListPolicyVersions: policies.listPolicyVersions(store),
    ListRolePolicies: listPoliciesOf(store, 'role'),
    ListRoles: roles.listRoles(store),
    ListRoleTags: roles.listRoleTags(store),
    ListUserPolicies: listPoliciesOf(store, 'user'),
    ListUsers: users.listUsers(store),
    ListUserTags: users.listUserTags(store),
    PutGroupPolicy: putPolicyOf(store, 'group'),
    PutRolePermissionsBoundary: putBoundaryOf(store, 'role'),
    PutRolePolicy: putPolicyOf(store, 'role'),
    PutUserPermissionsBoundary: putBoundaryOf(store, 'user'),
    PutUserPolicy: putPolicyOf(store, 'user'),
    RemoveClientIDFromOpenIDConnectProvider: providers.removeClientIDFromOpenIDConnectProvider(store),
    RemoveUserFromGroup: groups.removeUserFromGroup(store),
    SetDefaultPolicyVersion: policies.setDefaultPolicyVersion(store, clock),
    TagOpenIDConnectProvider: providers.tagOpenIDConnectProvider(store),
    TagPolicy: policies.tagPolicy(store),
    TagRole: roles.tagRole(store),
    TagUser: users.tagUser(store),
    UntagOpenIDConnectProvider: providers.untagOpenIDConnectProvider(store),
    UntagPolicy: policies.untagPolicy(store),
    UntagRole: roles.untagRole(store),
    UntagUser: users.untagUser(store),
    UpdateAccessKey: updateAccessKey(store),
    UpdateAssumeRolePolicy: roles.updateAssumeRolePolicy(store),
    UpdateGroup: groups.updateGroup(store, clock),
    UpdateOpenIDConnectProviderThumbprint: providers.updateOpenIDConnectProviderThumbprint(store),
    UpdateRole: roles.updateRole(store),
    UpdateRoleDescription: roles.updateRoleDescription(store),
    UpdateUser: users.updateUser(store, clock),
  } satisfies IamOperations
}
