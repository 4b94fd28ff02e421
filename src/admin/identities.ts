// What administration does with accounts and access keys, as it is handed in: functions of those who keep them.

import type { AccountName } from '../contract/access.js'
import type { KeyEntry, MadeKey, NewKey } from '../contract/key-entry.js'

/** An account, as it is told. */
export interface AccountEntry extends AccountName {
  /** Ms since 1970. */
  readonly created: number
}

/** What an account may bring along. */
export interface BroughtAccount {
  readonly email?: string
  /** Canonical user id, 64 hex digits. */
  readonly id?: string
  /** Twelve digits. */
  readonly number?: string
}

/** Who keeps accounts and keys. Each throws IamError where IAM refuses: NoSuchEntity, EntityAlreadyExists, DeleteConflict, … */
export interface Identities {
  accounts(): Promise<readonly AccountEntry[]>
  /** @param reference canonical id, number or name */
  account(reference: string): Promise<AccountEntry | undefined>
  /** @param brought what it has already: elsewhere, or by a plan */
  createAccount(name: string, brought?: BroughtAccount): Promise<AccountEntry>
  renameAccount(id: string, name: string): Promise<void>
  /** An account that holds nothing any more. */
  deleteAccount(id: string): Promise<void>
  user(accountId: string, name: string): Promise<{ readonly name: string; readonly arn: string } | undefined>
  keys(accountId: string): Promise<readonly KeyEntry[]>
  key(accessKeyId: string): Promise<KeyEntry | undefined>
  createKey(key: NewKey): Promise<MadeKey>
  /** `expires` is ms since 1970, null for never. */
  updateKey(
    accessKeyId: string,
    change: { readonly status?: 'Active' | 'Inactive'; readonly expires?: number | null },
  ): Promise<void>
  /** Makes a key with the same owner and rights; the old one ends after `graceMs`. */
  rotateKey(accessKeyId: string, graceMs: number): Promise<MadeKey & { readonly oldExpires: number }>
  deleteKey(accessKeyId: string): Promise<void>
}
