// Which kind of resource each operation of IAM is about. Pure; `iam-rights` makes ARNs of it.

import type { IamOperationName } from '../iam-operation.js'

/** What ARNs of IAM are of: the word behind the account. */
export type IamKind = keyof typeof operationsOf

/** Operations on one thing, by its kind.
 *  Source: Service Authorization Reference, "Actions defined by AWS Identity and Access Management", column "Resource types" */
const operationsOf = {
  user: [
    'AttachUserPolicy',
    'ChangePassword',
    'CreateAccessKey',
    'CreateLoginProfile',
    'CreateServiceSpecificCredential',
    'CreateUser',
    'DeactivateMFADevice',
    'DeleteAccessKey',
    'DeleteLoginProfile',
    'DeleteSSHPublicKey',
    'DeleteServiceSpecificCredential',
    'DeleteSigningCertificate',
    'DeleteUser',
    'DeleteUserPermissionsBoundary',
    'DeleteUserPolicy',
    'DetachUserPolicy',
    'EnableMFADevice',
    'GetLoginProfile',
    'GetMFADevice',
    'GetSSHPublicKey',
    'GetUser',
    'GetUserPolicy',
    'ListAccessKeys',
    'ListAttachedUserPolicies',
    'ListGroupsForUser',
    'ListMFADevices',
    'ListSSHPublicKeys',
    'ListServiceSpecificCredentials',
    'ListSigningCertificates',
    'ListUserPolicies',
    'ListUserTags',
    'PutUserPermissionsBoundary',
    'PutUserPolicy',
    'ResetServiceSpecificCredential',
    'ResyncMFADevice',
    'TagUser',
    'UntagUser',
    'UpdateAccessKey',
    'UpdateLoginProfile',
    'UpdateSSHPublicKey',
    'UpdateServiceSpecificCredential',
    'UpdateSigningCertificate',
    'UpdateUser',
    'UploadSSHPublicKey',
    'UploadSigningCertificate',
  ],
  group: [
    'AddUserToGroup',
    'AttachGroupPolicy',
    'CreateGroup',
    'DeleteGroup',
    'DeleteGroupPolicy',
    'DetachGroupPolicy',
    'GetGroup',
    'GetGroupPolicy',
    'ListAttachedGroupPolicies',
    'ListGroupPolicies',
    'PutGroupPolicy',
    'RemoveUserFromGroup',
    'UpdateGroup',
  ],
  role: [
    'AcquireRole',
    'AttachRolePolicy',
    'CreateRole',
    'DeleteRole',
    'DeleteRolePermissionsBoundary',
    'DeleteRolePolicy',
    'DeleteServiceLinkedRole',
    'DetachRolePolicy',
    'GetRole',
    'GetRolePolicy',
    'ListAttachedRolePolicies',
    'ListInstanceProfilesForRole',
    'ListRolePolicies',
    'ListRoleTags',
    'PutRolePermissionsBoundary',
    'PutRolePolicy',
    'TagRole',
    'UntagRole',
    'UpdateAssumeRolePolicy',
    'UpdateRole',
    'UpdateRoleDescription',
  ],
  policy: [
    'CreatePolicy',
    'CreatePolicyVersion',
    'DeletePolicy',
    'DeletePolicyVersion',
    'GetPolicy',
    'GetPolicyVersion',
    'ListEntitiesForPolicy',
    'ListPolicyTags',
    'ListPolicyVersions',
    'SetDefaultPolicyVersion',
    'TagPolicy',
    'UntagPolicy',
  ],
  'instance-profile': [
    'AddRoleToInstanceProfile',
    'CreateInstanceProfile',
    'DeleteInstanceProfile',
    'GetInstanceProfile',
    'ListInstanceProfileTags',
    'RemoveRoleFromInstanceProfile',
    'TagInstanceProfile',
    'UntagInstanceProfile',
  ],
  'oidc-provider': [
    'AddClientIDToOpenIDConnectProvider',
    'CreateOpenIDConnectProvider',
    'DeleteOpenIDConnectProvider',
    'GetOpenIDConnectProvider',
    'ListOpenIDConnectProviderTags',
    'RemoveClientIDFromOpenIDConnectProvider',
    'TagOpenIDConnectProvider',
    'UntagOpenIDConnectProvider',
    'UpdateOpenIDConnectProviderThumbprint',
  ],
  'saml-provider': [
    'CreateSAMLProvider',
    'DeleteSAMLProvider',
    'GetSAMLProvider',
    'ListSAMLProviderTags',
    'TagSAMLProvider',
    'UntagSAMLProvider',
    'UpdateSAMLProvider',
  ],
  'server-certificate': [
    'DeleteServerCertificate',
    'GetServerCertificate',
    'ListServerCertificateTags',
    'TagServerCertificate',
    'UntagServerCertificate',
    'UpdateServerCertificate',
    'UploadServerCertificate',
  ],
  mfa: ['CreateVirtualMFADevice', 'DeleteVirtualMFADevice', 'ListMFADeviceTags', 'TagMFADevice', 'UntagMFADevice'],
} as const satisfies Readonly<Record<string, readonly IamOperationName[]>>

/** Operations that list what there is of a kind, below a path. */
const listsOf = {
  ListGroups: 'group',
  ListInstanceProfiles: 'instance-profile',
  ListOpenIDConnectProviders: 'oidc-provider',
  ListPolicies: 'policy',
  ListRoles: 'role',
  ListSAMLProviders: 'saml-provider',
  ListServerCertificates: 'server-certificate',
  ListUsers: 'user',
  ListVirtualMFADevices: 'mfa',
} as const satisfies { readonly [Name in IamOperationName]?: IamKind }

/** Operations on the account as a whole, and those AWS gives no resource: "you must specify all resources ("*")". */
const wholes = [
  'AcceptDelegationRequest',
  'AssociateDelegationRequest',
  'CreateAccountAlias',
  'CreateDelegationRequest',
  'CreateServiceLinkedRole',
  'DeleteAccountAlias',
  'DeleteAccountPasswordPolicy',
  'DisableOrganizationsRootCredentialsManagement',
  'DisableOrganizationsRootSessions',
  'DisableOutboundWebIdentityFederation',
  'EnableOrganizationsRootCredentialsManagement',
  'EnableOrganizationsRootSessions',
  'EnableOutboundWebIdentityFederation',
  'GenerateCredentialReport',
  'GenerateOrganizationsAccessReport',
  'GenerateServiceLastAccessedDetails',
  'GetAccessKeyLastUsed',
  'GetAccountAuthorizationDetails',
  'GetAccountPasswordPolicy',
  'GetAccountProperties',
  'GetAccountSummary',
  'GetContextKeysForCustomPolicy',
  'GetContextKeysForPrincipalPolicy',
  'GetCredentialReport',
  'GetDelegationRequest',
  'GetHumanReadableSummary',
  'GetOrganizationsAccessReport',
  'GetOutboundWebIdentityFederationInfo',
  'GetRoleTemplateVersion',
  'GetServiceLastAccessedDetails',
  'GetServiceLastAccessedDetailsWithEntities',
  'GetServiceLinkedRoleDeletionStatus',
  'ListAccountAliases',
  'ListDelegationRequests',
  'ListOrganizationsFeatures',
  'ListPoliciesGrantingServiceAccess',
  'PutAccountProperties',
  'RejectDelegationRequest',
  'SendDelegationToken',
  'SetSecurityTokenServicePreferences',
  'SimulateCustomPolicy',
  'SimulatePrincipalPolicy',
  'UpdateAccountPasswordPolicy',
  'UpdateDelegationRequest',
] as const satisfies readonly IamOperationName[]

type OfOne = { [Kind in IamKind]: (typeof operationsOf)[Kind][number] }[IamKind]
type Stated = OfOne | keyof typeof listsOf | (typeof wholes)[number]

/** What an operation is about: one thing of a kind, those of a kind below a path, or the whole account. */
export type IamSubject = { readonly about: 'one' | 'many'; readonly kind: IamKind } | { readonly about: 'account' }

/** By operation. One that is stated nowhere above makes the type of the keys `never`, and this does not compile. */
export const iamSubjects: ReadonlyMap<
  IamOperationName extends Stated ? IamOperationName : never,
  IamSubject
> = subjects()

function subjects(): Map<IamOperationName, IamSubject> {
  const found = new Map<IamOperationName, IamSubject>()
  for (const kind of keysOf(operationsOf))
    for (const name of operationsOf[kind]) found.set(name, { about: 'one', kind })
  for (const name of keysOf(listsOf)) found.set(name, { about: 'many', kind: listsOf[name] })
  for (const name of wholes) found.set(name, { about: 'account' })
  return found
}

/** Of an object that is written down above, and has no other members. */
function keysOf<Written extends object>(written: Written): (keyof Written)[] {
  return Object.keys(written) as (keyof Written)[]
}
