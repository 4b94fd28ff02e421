// What an account uses: its buckets, without listing them, and its traffic by access key.

import type { Clock } from '../contract/operation.js'
import { bucketPage } from '../store/catalog/list-buckets.js'
import { accountQuota, bucketQuota } from '../store/catalog/quota.js'
import { limitsAndTraffic, monthOf, trafficOf } from '../store/catalog/traffic.js'
import { usageOf } from '../store/catalog/usage.js'
import type { Store } from '../store/store.js'
import { requireAccount, resourceOf } from './accounts.js'
import type { Identities } from './identities.js'
import type { Route } from './route.js'

/** Buckets told at once; the rest by `after`. */
const bucketsMax = 100

/** Routes of usage. */
export function usageRoutes(identities: Identities, { catalog }: Store, clock: Clock): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/usage',
      async answer(asked) {
        const account = await requireAccount(asked, identities, asked.option('account'))
        await asked.require({ action: 'cairn:GetUsage', resource: resourceOf(account), accountId: account.id })
        const { id, number, name } = account
        const subject = { kind: 'account', subject: id } as const
        const after = asked.option('after') ?? ''
        const which = { ownerId: id, after, prefix: '', region: null, limit: bucketsMax }
        const page = await catalog.read(bucketPage, which)
        const buckets = []
        for (const { name: bucket } of page) {
          const held = await catalog.read(usageOf, bucket)
          buckets.push({ bucket, ...held, quota: (await catalog.read(bucketQuota, bucket)) ?? null })
        }
        const last = page.length === bucketsMax ? page.at(-1)?.name : undefined
        const further = { buckets, ...(last !== undefined && { after: last }) }
        if (after !== '') return further
        const month = monthOf(clock.now())
        const keys = []
        for (const { accessKeyId, user } of await identities.keys(id)) {
          const ofKey = await catalog.read(limitsAndTraffic, { kind: 'key', subject: accessKeyId, month })
          keys.push({ accessKeyId, user: user?.name, ...ofKey })
        }
        return {
          account: { id, number, name },
          quota: (await catalog.read(accountQuota, id)) ?? null,
          limits: (await catalog.read(limitsAndTraffic, { ...subject, month })).limits,
          traffic: await catalog.read(trafficOf, subject),
          keys,
          ...further,
        }
      },
    },
  ]
}
