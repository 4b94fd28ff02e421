// Quotas: how much an account, or a bucket, may hold. An account's is the operator's to set, a bucket's its account's.

import { z } from 'zod'
import {
  accountQuota,
  bucketQuota,
  type Quota,
  type QuotaLimits,
  setAccountQuota,
  setBucketQuota,
} from '../store/catalog/quota.js'
import type { Store } from '../store/store.js'
import { requireAccount, resourceOf } from './accounts.js'
import type { Identities } from './identities.js'
import { requireBucketOf } from './owned-bucket.js'
import { type Asked, requireOperator, type Route } from './route.js'

const greatest = z.int().min(0).nullable().default(null)
const limits = z
  .strictObject({ bytesMax: greatest, objectsMax: greatest })
  .refine((quota) => quota.bytesMax !== null || quota.objectsMax !== null, 'bytesMax or objectsMax is to be given')

const none: QuotaLimits = { bytesMax: null, objectsMax: null }

/** What is told of a quota: null where there is none. */
const shownQuota = (quota: Quota | undefined) => ({ quota: quota ?? null })

/** Routes of quotas. */
export function quotaRoutes(identities: Identities, store: Store): readonly Route[] {
  const { catalog } = store
  const setAccounts = async (asked: Asked, quotaOf: () => QuotaLimits) => {
    const account = await requireAccount(asked, identities, asked.parameter('account'))
    await asked.require({ action: 'cairn:SetQuota', resource: resourceOf(account), accountId: account.id })
    requireOperator(asked)
    await catalog.commit(setAccountQuota, { ...quotaOf(), accountId: account.id })
    return shownQuota(await catalog.read(accountQuota, account.id))
  }
  const setBuckets = async (asked: Asked, quotaOf: () => QuotaLimits) => {
    const bucket = await requireBucketOf(asked, store, asked.parameter('bucket'))
    await asked.require({ action: 'cairn:SetQuota', ...bucket })
    await catalog.commit(setBucketQuota, { ...quotaOf(), bucket: bucket.name })
    return shownQuota(await catalog.read(bucketQuota, bucket.name))
  }
  return [
    {
      method: 'GET',
      path: '/quotas/accounts/:account',
      async answer(asked) {
        const account = await requireAccount(asked, identities, asked.parameter('account'))
        await asked.require({ action: 'cairn:GetQuota', resource: resourceOf(account), accountId: account.id })
        return shownQuota(await catalog.read(accountQuota, account.id))
      },
    },
    {
      method: 'PUT',
      path: '/quotas/accounts/:account',
      answer: (asked) => setAccounts(asked, () => asked.body(limits)),
    },
    { method: 'DELETE', path: '/quotas/accounts/:account', answer: (asked) => setAccounts(asked, () => none) },
    {
      method: 'GET',
      path: '/quotas/buckets/:bucket',
      async answer(asked) {
        const bucket = await requireBucketOf(asked, store, asked.parameter('bucket'))
        await asked.require({ action: 'cairn:GetQuota', ...bucket })
        return shownQuota(await catalog.read(bucketQuota, bucket.name))
      },
    },
    {
      method: 'PUT',
      path: '/quotas/buckets/:bucket',
      answer: (asked) => setBuckets(asked, () => asked.body(limits)),
    },
    { method: 'DELETE', path: '/quotas/buckets/:bucket', answer: (asked) => setBuckets(asked, () => none) },
  ]
}
