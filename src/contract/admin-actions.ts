// What administration asks rights for, beside IAM's own actions: the actions of the service `cairn` in policies. Access keys have none here: who may
// make or change one is said by IAM's actions on its owner, by whichever way it is made.

/** Actions with what they allow, and whether they change anything. Resources:
 *  "arn:aws:cairn::123456789012:account", "…:bucket/NAME", "…:key/ACCESS-KEY-ID", "…:presigned/ID", "…:request/ID". */
export const adminActions = {
  'cairn:CreateAccount': { about: 'make an account', isRead: false },
  'cairn:DeleteAccount': { about: 'delete an account that holds nothing', isRead: false },
  'cairn:Explain': { about: 'ask why a request was or would be allowed or denied', isRead: true },
  'cairn:GetLimit': { about: 'see how many requests and bytes an access key may have', isRead: true },
  'cairn:GetQuota': { about: 'see how much an account or a bucket may hold', isRead: true },
  'cairn:GetUsage': { about: 'see what an account, its buckets and its access keys use', isRead: true },
  'cairn:ListAccounts': { about: 'see accounts', isRead: true },
  'cairn:ListPresigned': { about: 'see presigned URLs that were revoked or used up', isRead: true },
  'cairn:RenameAccount': { about: 'give an account another name', isRead: false },
  'cairn:RevokePresigned': { about: 'revoke presigned URLs by their id', isRead: false },
  'cairn:SetLimit': { about: 'set how many requests and bytes an access key may have', isRead: false },
  'cairn:SetQuota': { about: 'set how much an account or a bucket may hold', isRead: false },
} as const

/** A key of `adminActions`. */
export type AdminAction = keyof typeof adminActions

/** The ARN of something that belongs to an account.
 *  @param accountNumber twelve digits
 *  @param path "account", "bucket/photos", "key/AKIA…" */
export const adminResource = (accountNumber: string, path: string): string => `arn:aws:cairn::${accountNumber}:${path}`
