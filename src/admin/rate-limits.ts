// Limits: how many requests a minute and bytes a month an access key, or all of an account, may have. An account's are the operator's to set, a key's
// its account's. Whoever signs with a key may see its limits.

import { z } from 'zod'
import { adminResource } from '../contract/admin-actions.js'
import type { Clock } from '../contract/operation.js'
import { type RateLimits, setRateLimit, type Subject } from '../store/catalog/rate-limit.js'
import { limitsAndTraffic, monthOf } from '../store/catalog/traffic.js'
import type { Store } from '../store/store.js'
import { requireAccount, resourceOf } from './accounts.js'
import type { Identities } from './identities.js'
import { unknownKey } from './keys.js'
import { type Asked, requireOperator, type Route } from './route.js'

const limits = z
  .strictObject({
    requests: z.int().min(1).nullable().default(null),
    bytes: z.int().min(0).nullable().default(null),
  })
  .refine((limit) => limit.requests !== null || limit.bytes !== null, 'requests or bytes is to be given')

const none: RateLimits = { requests: null, bytes: null }

/** Routes of limits. */
export function limitRoutes(identities: Identities, { catalog }: Store, clock: Clock): readonly Route[] {
  const told = (subject: Subject) => catalog.read(limitsAndTraffic, { ...subject, month: monthOf(clock.now()) })

  /** A key's, once the sender has been found to have a right on it. */
  const keyOf = async (asked: Asked, action: 'cairn:GetLimit' | 'cairn:SetLimit'): Promise<Subject> => {
    const id = asked.parameter('key')
    const subject: Subject = { kind: 'key', subject: id }
    if (id === asked.accessKeyId && action === 'cairn:GetLimit') {
      asked.isOwn(id)
      return subject
    }
    const key = await identities.key(id)
    if (key === undefined) throw unknownKey(asked)
    const { account } = key
    await asked.require({ action, resource: adminResource(account.number, `key/${id}`), accountId: account.id })
    return subject
  }
  const accountOf = async (asked: Asked, action: 'cairn:GetLimit' | 'cairn:SetLimit'): Promise<Subject> => {
    const account = await requireAccount(asked, identities, asked.parameter('account'))
    await asked.require({ action, resource: resourceOf(account), accountId: account.id })
    if (action === 'cairn:SetLimit') requireOperator(asked)
    return { kind: 'account', subject: account.id }
  }
  const routesOf = (path: string, subjectOf: typeof keyOf): Route[] => [
    { method: 'GET', path, answer: async (asked) => told(await subjectOf(asked, 'cairn:GetLimit')) },
    {
      method: 'PUT',
      path,
      async answer(asked) {
        const subject = await subjectOf(asked, 'cairn:SetLimit')
        await catalog.commit(setRateLimit, { ...subject, ...asked.body(limits) })
        return told(subject)
      },
    },
    {
      method: 'DELETE',
      path,
      async answer(asked) {
        const subject = await subjectOf(asked, 'cairn:SetLimit')
        await catalog.commit(setRateLimit, { ...subject, ...none })
        return told(subject)
      },
    },
  ]
  return [...routesOf('/limits/keys/:key', keyOf), ...routesOf('/limits/accounts/:account', accountOf)]
}
