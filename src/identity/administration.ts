// Accounts and access keys as the server's administration sees them: with what IAM's API has not, that is accounts that come and go, keys of accounts
// themselves, keys that end, that are brought along, that have a successor or less than their owner's rights.

import { randomBytes } from 'node:crypto'
import { newAccountNumber, newId, newSecretAccessKey } from '../contract/arns.js'
import type { AccountName } from '../contract/access.js'
import { IamError } from '../contract/iam-errors.js'
import type { KeyEntry, MadeKey, NewKey } from '../contract/key-entry.js'
import { iamArn } from '../contract/arns.js'
import type { Clock } from '../contract/operation.js'
import { policySizes } from '../contract/policy/policy-size.js'
import {
  accessKeyOfId,
  accessKeysOfAccount,
  createAccessKey,
  deleteAccessKey,
  type KeyRow,
  type KeyStatus,
  rotateAccessKey,
  updateAccessKey,
  userArnOf,
} from '../store/catalog/identity/access-keys.js'
import {
  type AccountEntryRow,
  accountOf,
  allAccounts,
  createAccount,
  deleteAccount,
  updateAccount,
} from '../store/catalog/identity/accounts.js'
import { findIdentityNamed, revokeSessions } from '../store/catalog/identity/identities.js'
import { secretPurpose } from '../store/sealer.js'
import type { Store } from '../store/store.js'
import { requireAccessKeyId } from './access-keys.js'
import { requireDescription, requireDocument, requireName, requireUserName } from './check-input.js'

/** An account, as it is told. */
export interface AccountEntry extends AccountName {
  readonly email: string | undefined
  readonly alias: string | undefined
  /** Ms since 1970. */
  readonly created: number
}

/** The server's own account and key, which are nobody's to change here. */
export interface Operator {
  /** Canonical user id. */
  readonly accountId: string
  readonly accessKeyId: string
}

/** What an account that is to be made may bring along. */
export interface NewAccount {
  readonly email?: string
  /** Canonical user id, 64 hex digits. */
  readonly id?: string
  /** Twelve digits. */
  readonly number?: string
}

/** Characters of a secret. MinIO's users bring along as few as eight. */
const secretLength = { min: 8, max: 256 } as const

/** S3's display names. */
const accountNameLengthMax = 128

/** Attempts at a number nobody has: they differ in eleven digits. */
const numberAttemptsMax = 5

/** Makes what administration does with accounts and keys. Whoever calls it has asked for the right.
 *  Each throws IamError where IAM refuses: NoSuchEntity, EntityAlreadyExists, DeleteConflict, ValidationError, … */
export function administrationOf({ catalog, sealer }: Store, clock: Clock, operator: Operator) {
  const sealed = (id: string, secret: string): Uint8Array => sealer.seal(Buffer.from(secret, 'utf8'), secretPurpose(id))

  const requireKey = async (accessKeyId: string): Promise<KeyRow> => {
    const key = await catalog.read(accessKeyOfId, accessKeyId)
    if (key !== undefined) return key
    throw new IamError('NoSuchEntity', `The Access Key with id ${accessKeyId} cannot be found.`)
  }

  const madeKey = (given: NewKey['given']): MadeKey => {
    if (given === undefined) return { accessKeyId: newId('AKIA'), secretAccessKey: newSecretAccessKey() }
    const accessKeyId = requireAccessKeyId(given.accessKeyId)
    const { length } = given.secretAccessKey
    if (length < secretLength.min || length > secretLength.max) {
      throw new IamError(
        'ValidationError',
        `The secret has ${length} characters; ${secretLength.min} to ${secretLength.max} are allowed.`,
      )
    }
    if (accessKeyId.startsWith('ASIA')) {
      throw new IamError('ValidationError', 'Ids that begin with ASIA are those of sessions.')
    }
    if (accessKeyId === operator.accessKeyId) {
      throw new IamError('EntityAlreadyExists', `The Access Key with id ${accessKeyId} already exists.`)
    }
    return { accessKeyId, secretAccessKey: given.secretAccessKey }
  }

  const requireLater = (expires: number | undefined): number | null => {
    if (expires === undefined) return null
    if (Number.isSafeInteger(expires) && expires > clock.now()) return expires
    throw new IamError('ValidationError', 'A key that is made ends in the future, or never.')
  }

  const refuseOperator = (id: string, what: string): void => {
    if (id === operator.accountId) {
      throw new IamError('UnmodifiableEntity', `The server's own account cannot be ${what}.`)
    }
  }

  return {
    accounts: async (): Promise<readonly AccountEntry[]> => (await catalog.read(allAccounts, undefined)).map(toAccount),

    /** @param reference canonical id, number, name or alias */
    async account(reference: string): Promise<AccountEntry | undefined> {
      const row = await catalog.read(accountOf, reference)
      return row === undefined ? undefined : toAccount(row)
    },

    async createAccount(name: string, brought: NewAccount = {}): Promise<AccountEntry> {
      const { id = randomBytes(32).toString('hex'), email } = brought
      requireName('Name', name, accountNameLengthMax)
      if (!/^[\da-f]{64}$/.test(id))
        throw new IamError('ValidationError', 'A canonical id has 64 lower-case hex digits.')
      if (brought.number !== undefined && !/^\d{12}$/.test(brought.number)) {
        throw new IamError('ValidationError', 'The number of an account has twelve digits.')
      }
      for (let attempt = 1; ; attempt += 1) {
        const number = brought.number ?? newAccountNumber()
        const row = { id, number, name, email: email ?? null, alias: null, createdMs: clock.now() }
        try {
          await catalog.commit(createAccount, row)
          return toAccount(row)
        } catch (error) {
          const isTaken = error instanceof IamError && error.message.includes(`with number ${number}`)
          if (!isTaken || brought.number !== undefined || attempt === numberAttemptsMax) throw error
        }
      }
    },

    async renameAccount(id: string, name: string): Promise<void> {
      refuseOperator(id, 'renamed')
      await catalog.commit(updateAccount, { id, name: requireName('Name', name, accountNameLengthMax) })
    },

    /** An account that has neither buckets nor users, groups or roles any more. Its own keys, policies and providers go with it. */
    async deleteAccount(id: string): Promise<void> {
      refuseOperator(id, 'deleted')
      await catalog.commit(deleteAccount, id)
    },

    async user(accountId: string, name: string): Promise<{ readonly name: string; readonly arn: string } | undefined> {
      const row = await catalog.read(findIdentityNamed, { accountId, kind: 'user', name })
      return row && { name: row.name, arn: iamArn(row.accountNumber, 'user', row.path, row.name) }
    },

    keys: async (accountId: string): Promise<readonly KeyEntry[]> =>
      (await catalog.read(accessKeysOfAccount, accountId)).map(toKey),

    async key(accessKeyId: string): Promise<KeyEntry | undefined> {
      const row = await catalog.read(accessKeyOfId, accessKeyId)
      return row === undefined ? undefined : toKey(row)
    },

    async createKey(key: NewKey): Promise<MadeKey> {
      const { accessKeyId, secretAccessKey } = madeKey(key.given)
      await catalog.commit(createAccessKey, {
        id: accessKeyId,
        accountId: key.accountId,
        userName: key.userName === undefined ? null : requireUserName(key.userName),
        secret: sealed(accessKeyId, secretAccessKey),
        now: clock.now(),
        expiresMs: requireLater(key.expires),
        policy:
          key.policy === undefined ? null : requireDocument(key.policy, 'session', policySizes.managedMax, 'Policy'),
        description: requireDescription(key.description),
        quota: 'cairn',
      })
      return { accessKeyId, secretAccessKey }
    },

    /** `expires` is ms since 1970, null for never; one that is past ends the key at once. */
    async updateKey(
      accessKeyId: string,
      change: { readonly status?: KeyStatus; readonly expires?: number | null },
    ): Promise<void> {
      const { status, expires } = change
      await catalog.commit(updateAccessKey, {
        id: accessKeyId,
        ...(status !== undefined && { status }),
        ...(expires !== undefined && { expiresMs: expires }),
      })
    },

    /** Makes a key with the same owner and rights; the old one ends after `graceMs`. */
    async rotateKey(accessKeyId: string, graceMs: number): Promise<MadeKey & { readonly oldExpires: number }> {
      const now = clock.now()
      if (!Number.isSafeInteger(graceMs) || graceMs < 0)
        throw new IamError('ValidationError', 'A grace is 0 ms or more.')
      const key = await requireKey(accessKeyId)
      if (key.status !== 'Active' || (key.expiresMs !== null && key.expiresMs <= now)) {
        throw new IamError('ValidationError', `The Access Key with id ${accessKeyId} is disabled or has ended.`)
      }
      const made = madeKey(undefined)
      const oldExpires = await catalog.commit(rotateAccessKey, {
        oldId: accessKeyId,
        id: made.accessKeyId,
        secret: sealed(made.accessKeyId, made.secretAccessKey),
        now,
        oldExpiresMs: now + graceMs,
      })
      return { ...made, oldExpires }
    },

    async deleteKey(accessKeyId: string): Promise<void> {
      await catalog.commit(deleteAccessKey, { id: accessKeyId })
    },

    /** Refuses, from now on, the sessions of a user or role that there are. */
    async revokeSessions(accountId: string, kind: 'user' | 'role', name: string): Promise<void> {
      // Sessions are issued in whole seconds: one of this very second is refused too.
      const beforeMs = (Math.floor(clock.now() / 1000) + 1) * 1000
      await catalog.commit(revokeSessions, { accountId, kind, name, beforeMs })
    },
  }
}

const toAccount = ({ id, number, name, email, alias, createdMs }: AccountEntryRow): AccountEntry => ({
  id,
  number,
  name,
  email: email ?? undefined,
  alias: alias ?? undefined,
  created: createdMs,
})

function toKey(row: KeyRow): KeyEntry {
  const arn = userArnOf(row)
  return {
    accessKeyId: row.id,
    account: { id: row.accountId, number: row.accountNumber, name: row.accountName },
    user: row.userName === null || arn === undefined ? undefined : { name: row.userName, arn },
    status: row.status,
    created: row.createdMs,
    expires: row.expiresMs ?? undefined,
    lastUsed: row.usedMs ?? undefined,
    policy: row.policy ?? undefined,
    description: row.description ?? undefined,
    replacedBy: row.replacedBy ?? undefined,
  }
}
