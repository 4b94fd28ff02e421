// PutUserPermissionsBoundary, PutRolePermissionsBoundary and their Deletes: the policy that bounds what all others may give.

import type { IamCall } from '../contract/iam-operation.js'
import { setBoundary } from '../store/catalog/identity/identities.js'
import type { Store } from '../store/store.js'
import { placeOf } from './attachments.js'
import { requireArn } from './check-input.js'

interface Named {
  readonly UserName?: string | undefined
  readonly RoleName?: string | undefined
}

/** Sets the boundary of a user or role.
 *  @throws ValidationError, NoSuchEntity for either */
export const putBoundaryOf =
  (store: Store, kind: 'user' | 'role') =>
  async (
    input: Named & { PermissionsBoundary?: string | undefined },
    call: IamCall,
  ): Promise<Record<string, never>> => {
    const boundary = requireArn('PermissionsBoundary', input.PermissionsBoundary)
    await store.catalog.commit(setBoundary, { ...placeOf(kind, input, call), boundary })
    return {}
  }

/** Removes the boundary of a user or role.
 *  @throws ValidationError, NoSuchEntity */
export const deleteBoundaryOf =
  (store: Store, kind: 'user' | 'role') =>
  async (input: Named, call: IamCall): Promise<Record<string, never>> => {
    await store.catalog.commit(setBoundary, { ...placeOf(kind, input, call), boundary: null })
    return {}
  }
