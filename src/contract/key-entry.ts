// Access keys as administration tells and makes them: the nouns between who is asked over HTTP and who keeps them.

import type { AccountName } from './access.js'

/** An access key, as it is told: never with its secret. */
export interface KeyEntry {
  readonly accessKeyId: string
  readonly account: AccountName
  /** Whose it is: a user of the account, or the account itself. */
  readonly user: { readonly name: string; readonly arn: string } | undefined
  readonly status: 'Active' | 'Inactive'
  /** Times in ms since 1970. */
  readonly created: number
  readonly expires: number | undefined
  readonly lastUsed: number | undefined
  /** JSON: what a service account may do at most; undefined for the owner's own rights. */
  readonly policy: string | undefined
  readonly description: string | undefined
  /** The key that takes its place. */
  readonly replacedBy: string | undefined
}

/** A key that is to be made. */
export interface NewKey {
  readonly accountId: string
  /** Undefined for the account itself. */
  readonly userName: string | undefined
  /** Ms since 1970; undefined: never. */
  readonly expires: number | undefined
  /** JSON: makes it a service account. */
  readonly policy: string | undefined
  readonly description: string | undefined
  /** A key that was brought along. */
  readonly given: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
}

/** A key with its secret: told once. */
export interface MadeKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}
