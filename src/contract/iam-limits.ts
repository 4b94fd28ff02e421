// How much of everything an account may have, and how long names may be. Source: IAM User Guide, "IAM and AWS STS quotas".

/** Quotas, by IAM's names where `GetAccountSummary` has them. Each is AWS's default. */
export const iamQuotas = {
  Users: 5000,
  Groups: 300,
  Roles: 1000,
  Policies: 1500,
  VersionsPerPolicy: 5,
  AttachedPoliciesPerUser: 10,
  AttachedPoliciesPerGroup: 10,
  AttachedPoliciesPerRole: 10,
  GroupsPerUser: 10,
  AccessKeysPerUser: 2,
  /** Keys with a policy of their own, and those beyond IAM's, of one owner: Cairn's own. */
  ServiceAccountsPerOwner: 1000,
  /** Accounts of a server: Cairn's own. */
  Accounts: 10_000,
  OidcProviders: 100,
  ClientIdsPerOidcProvider: 100,
  ThumbprintsPerOidcProvider: 5,
  TagsPerResource: 50,
} as const

/** Greatest lengths in characters. */
export const iamLengths = {
  UserName: 64,
  GroupName: 128,
  RoleName: 64,
  PolicyName: 128,
  Path: 512,
  Description: 1000,
  AccountAlias: 63,
  TagKey: 128,
  TagValue: 256,
  Url: 255,
  ClientId: 255,
} as const

/** Seconds a role's sessions may last at most: what a role may say, and what it is when it says nothing. */
export const sessionSeconds = { min: 3600, max: 43_200, default: 3600 } as const

/** Entries of a page: what may be asked for, and what it is when nothing is. Source: `MaxItems` of IAM's API reference. */
export const pageItems = { max: 1000, default: 100 } as const
