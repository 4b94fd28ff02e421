// Presigned URLs by the id their signer gave them: revoked, each with that id stops working at once, whoever of the account signed it.

import { z } from 'zod'
import { adminResource } from '../contract/admin-actions.js'
import type { Clock } from '../contract/operation.js'
import { isPresignedRevoked, revokedUntilMs, revokePresigned, unrevokePresigned } from '../store/catalog/presigned.js'
import type { Store } from '../store/store.js'
import { requireAccount } from './accounts.js'
import { AdminError } from './admin-error.js'
import type { Identities } from './identities.js'
import type { Asked, Route } from './route.js'

const idPattern = z.string().regex(/^[\w.-]{1,128}$/)

/** Routes of presigned URLs. */
export function presignedRoutes(identities: Identities, { catalog }: Store, clock: Clock): readonly Route[] {
  const presignedOf = async (asked: Asked, action: 'cairn:ListPresigned' | 'cairn:RevokePresigned') => {
    const account = await requireAccount(asked, identities, asked.option('account'))
    const id = asked.parameter('id')
    const resource = adminResource(account.number, `presigned/${id}`)
    await asked.require({ action, resource, accountId: account.id })
    if (!idPattern.safeParse(id).success) {
      throw new AdminError('InvalidInput', 'An id has 1 to 128 letters, digits and _ . -')
    }
    return { accountId: account.id, id }
  }
  return [
    {
      method: 'GET',
      path: '/presigned/:id',
      async answer(asked) {
        const presigned = await presignedOf(asked, 'cairn:ListPresigned')
        return { id: presigned.id, isRevoked: await catalog.read(isPresignedRevoked, presigned) }
      },
    },
    {
      method: 'PUT',
      path: '/presigned/:id/revocation',
      async answer(asked) {
        const presigned = await presignedOf(asked, 'cairn:RevokePresigned')
        const untilMs = revokedUntilMs(clock.now())
        await catalog.commit(revokePresigned, { ...presigned, untilMs })
        return { id: presigned.id, isRevoked: true, until: untilMs }
      },
    },
    {
      method: 'DELETE',
      path: '/presigned/:id/revocation',
      async answer(asked) {
        const presigned = await presignedOf(asked, 'cairn:RevokePresigned')
        await catalog.commit(unrevokePresigned, presigned)
        return { id: presigned.id, isRevoked: false }
      },
    },
  ]
}
