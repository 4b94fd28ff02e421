// What stands behind somebody who has not asked for anything: a user, role or key that an administrator wonders about.

import type { Catalog } from '../store/catalog/catalog.js'
import { findIdentityNamed } from '../store/catalog/identity/identities.js'
import {
  type IdentityStanding,
  type KeyStanding,
  standingOfKey,
  standingOfRole,
  standingOfUser,
} from '../store/catalog/identity/standing.js'
import { CompiledPolicies } from './compiled-policies.js'
import type { Key } from './keys.js'
import { anonymous, type Standing } from './standing.js'
import { accountOf, standingOfOwner, standingOfSession } from './standing-of.js'

/** Who is meant. */
export type Described =
  | { readonly kind: 'anonymous' }
  /** Whoever signs with a key, whether it may be used at the moment or not. */
  | { readonly kind: 'key'; readonly accessKeyId: string }
  /** A user; a session of a role without policies of its own. */
  | { readonly kind: 'user' | 'role'; readonly accountId: string; readonly name: string }

/** What stands behind somebody; undefined when there is nobody of that name.
 *  @param operator the server's own key, which the catalog does not know */
export function describedStanding(
  who: Described,
  catalog: Pick<Catalog, 'readNow'>,
  operator: Key,
  nowMs: number,
): Standing | undefined {
  const compiled = new CompiledPolicies()
  if (who.kind === 'anonymous') return anonymous
  if (who.kind === 'key') {
    if (who.accessKeyId === operator.standing.caller.accessKeyId) return operator.standing
    const key = catalog.readNow(standingOfKey, who.accessKeyId)
    return key === undefined ? undefined : standingOfOwner(key, compiled)
  }
  const identity = identityOf(catalog, who)
  if (identity === undefined) return undefined
  return who.kind === 'user' ? standingOfOwner(keylessUser(identity), compiled) : roleSession(identity, compiled, nowMs)
}

function identityOf(
  catalog: Pick<Catalog, 'readNow'>,
  who: Described & { kind: 'user' | 'role' },
): IdentityStanding | undefined {
  const row = catalog.readNow(findIdentityNamed, who)
  return row && catalog.readNow(who.kind === 'user' ? standingOfUser : standingOfRole, row.id)
}

/** A user as a key of his without limits would show him. */
const keylessUser = (user: IdentityStanding): KeyStanding => ({
  accessKeyId: '',
  sealedSecret: new Uint8Array(0),
  isActive: true,
  createdMs: 0,
  expiresMs: undefined,
  policy: undefined,
  user,
  account: user,
})

function roleSession(role: IdentityStanding, compiled: CompiledPolicies, nowMs: number): Standing {
  const session = {
    accessKeyId: '',
    secretAccessKey: '',
    accountId: role.accountId,
    kind: 'role',
    subjectId: role.id,
    name: 'explained',
    issuedMs: nowMs,
    expiresMs: nowMs + 1000,
    policies: [],
    policyArns: [],
    tags: {},
    transitiveTagKeys: [],
  } as const
  return standingOfSession(session, accountOf(role), role, undefined, [], compiled)
}
