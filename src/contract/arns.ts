// ARNs of identities, and the ids they have beside their names. Pure but for chance.
// Source: IAM User Guide, "IAM identifiers".

import { randomInt } from 'node:crypto'

/** What a unique id begins with. Source: IAM User Guide, "Understanding unique ID prefixes". */
export type IdPrefix =
  | 'AIDA' // user
  | 'AGPA' // group
  | 'AROA' // role
  | 'ANPA' // managed policy
  | 'AKIA' // access key
  | 'ASIA' // access key of a session

const upperCaseAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const lettersAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

const randomText = (length: number, alphabet: string): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('')

/** A new unique id: the prefix and 17 random characters as AWS has them (85 bits), 16 for an access key. */
export const newId = (prefix: IdPrefix): string =>
  `${prefix}${randomText(prefix === 'AKIA' || prefix === 'ASIA' ? 16 : 17, upperCaseAndDigits)}`

/** A new secret access key: 40 characters, without "/" and "+", which need escaping in URLs and shells: 238 bits. */
export const newSecretAccessKey = (): string => randomText(40, lettersAndDigits)

/** A new account number: twelve digits. */
export const newAccountNumber = (): string => `${randomInt(1, 10)}${randomText(11, '0123456789')}`

/** What stands in an ARN of IAM before its name. */
export type IamResourceType = 'user' | 'group' | 'role' | 'policy'

/** "arn:aws:iam::123456789012:user/division/ann" */
export const iamArn = (accountNumber: string, type: IamResourceType, path: string, name: string): string =>
  `arn:aws:iam::${accountNumber}:${type}${path}${name}`

/** "arn:aws:iam::123456789012:root" */
export const rootArn = (accountNumber: string): string => `arn:aws:iam::${accountNumber}:root`

/** "arn:aws:iam::123456789012:oidc-provider/issuer.example/path" @param url without "https://" */
export const oidcProviderArn = (accountNumber: string, url: string): string =>
  `arn:aws:iam::${accountNumber}:oidc-provider/${url}`
