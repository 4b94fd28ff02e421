// CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey and GetAccessKeyLastUsed.

import type { AccessKeyMetadata } from '@aws-sdk/client-iam'
import { newId, newSecretAccessKey } from '../contract/arns.js'
import { IamError } from '../contract/iam-errors.js'
import type { IamCall, IamOperation } from '../contract/iam-operation.js'
import type { Clock } from '../contract/operation.js'
import {
  accessKeyOfId,
  accessKeysOf,
  createAccessKey as createAccessKeyRow,
  deleteAccessKey as deleteAccessKeyRow,
  type KeyRow,
  updateAccessKey as updateAccessKeyRow,
} from '../store/catalog/identity/access-keys.js'
import { noSuchKey } from '../store/catalog/identity/refusals.js'
import { secretPurpose } from '../store/sealer.js'
import type { Store } from '../store/store.js'
import { invalid, userOrCaller } from './check-input.js'
import { pageOfWhole } from './page.js'

/** The id of a key.
 *  @throws ValidationError */
export function requireAccessKeyId(value: string | undefined): string {
  if (value === undefined) throw invalid('AccessKeyId', value, 'Member must not be null')
  if (!/^[\w.@+-]{3,128}$/.test(value)) {
    throw invalid('AccessKeyId', value, 'Member must satisfy regular expression pattern: [\\w]+')
  }
  return value
}

/** How the account itself is called where a list names a user. */
const userNameOf = ({ userName }: Pick<KeyRow, 'userName'>): { UserName?: string } =>
  userName === null ? {} : { UserName: userName }

const toMetadata = (row: KeyRow): AccessKeyMetadata => ({
  ...userNameOf(row),
  AccessKeyId: row.id,
  Status: row.status,
  CreateDate: new Date(row.createdMs),
})

/** Security rule 7: "A child's rights (session, service account) are a subset of its parent's when made and when used."
 *  @throws AccessDenied to a key with less than its owner's rights */
function requireUnlimited({ policies }: IamCall): void {
  if ((policies?.session.length ?? 0) === 0) return
  throw new IamError('AccessDenied', 'A key with less than the rights of its owner makes no keys, nor any good again.')
}

/** Makes a key for a user, or for who asks. Its secret is told here, and never again.
 *  @throws AccessDenied to a key with less than its owner's rights; ValidationError, NoSuchEntity, LimitExceeded */
export const createAccessKey =
  (store: Store, clock: Clock): IamOperation<'CreateAccessKey'> =>
  async (input, call) => {
    requireUnlimited(call)
    const userName = userOrCaller(input.UserName, call)
    const [id, secret, now] = [newId('AKIA'), newSecretAccessKey(), clock.now()]
    await store.catalog.commit(createAccessKeyRow, {
      id,
      accountId: call.principal.account.id,
      userName,
      secret: store.sealer.seal(Buffer.from(secret, 'utf8'), secretPurpose(id)),
      now,
      expiresMs: null,
      policy: null,
      description: null,
      quota: 'iam',
    })
    return {
      AccessKey: {
        UserName: userName ?? call.principal.account.name,
        AccessKeyId: id,
        Status: 'Active',
        SecretAccessKey: secret,
        CreateDate: new Date(now),
      },
    }
  }

/** Tells the keys of a user, or of who asks.
 *  @throws ValidationError, NoSuchEntity */
export const listAccessKeys =
  (store: Store): IamOperation<'ListAccessKeys'> =>
  async (input, call) => {
    const owner = { accountId: call.principal.account.id, userName: userOrCaller(input.UserName, call) }
    const keys = await store.catalog.read(accessKeysOf, owner)
    const { entries, page } = pageOfWhole(keys, input, ({ id }) => id)
    return { AccessKeyMetadata: entries.map(toMetadata), ...page }
  }

/** Disables a key, or lets it be used again.
 *  @throws AccessDenied to a key with less than its owner's rights that would let one be used; ValidationError, NoSuchEntity */
export const updateAccessKey =
  (store: Store): IamOperation<'UpdateAccessKey'> =>
  async (input, call) => {
    const { Status: status } = input
    if (status !== 'Active' && status !== 'Inactive') {
      throw invalid('Status', status, 'Member must satisfy enum value set: [Active, Inactive]')
    }
    if (status === 'Active') requireUnlimited(call)
    await store.catalog.commit(updateAccessKeyRow, {
      id: requireAccessKeyId(input.AccessKeyId),
      owner: { accountId: call.principal.account.id, userName: userOrCaller(input.UserName, call) },
      status,
    })
    return {}
  }

/** Removes a key of a user, or of who asks.
 *  @throws ValidationError, NoSuchEntity */
export const deleteAccessKey =
  (store: Store): IamOperation<'DeleteAccessKey'> =>
  async (input, call) => {
    await store.catalog.commit(deleteAccessKeyRow, {
      id: requireAccessKeyId(input.AccessKeyId),
      owner: { accountId: call.principal.account.id, userName: userOrCaller(input.UserName, call) },
    })
    return {}
  }

/** Tells when a key of the account was used last, to the minute.
 *  @throws ValidationError, NoSuchEntity */
export const getAccessKeyLastUsed =
  (store: Store): IamOperation<'GetAccessKeyLastUsed'> =>
  async (input, { principal }) => {
    const id = requireAccessKeyId(input.AccessKeyId)
    const key = await store.catalog.read(accessKeyOfId, id)
    if (key === undefined || key.accountId !== principal.account.id) throw noSuchKey(id)
    const { usedMs, usedService, usedRegion } = key
    return {
      ...userNameOf(key),
      AccessKeyLastUsed: {
        ...(usedMs !== null && { LastUsedDate: new Date(usedMs) }),
        // "This field is null … An IAM user does not have an access key, An access key exists but has not been used": sent as "N/A".
        ServiceName: usedService ?? 'N/A',
        Region: usedRegion ?? 'N/A',
      },
    }
  }
