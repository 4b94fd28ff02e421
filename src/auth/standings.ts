// Whom a key, user or role stands for, asked by who administers and not by who signs: a disabled key stands for somebody too.

import type { Catalog } from '../store/catalog/catalog.js'
import { standingOfKey, standingOfRole, standingOfUser } from '../store/catalog/identity/standing.js'
import { CompiledPolicies } from './compiled-policies.js'
import type { Standing } from './standing.js'
import { standingOfIdentity, standingOfOwner } from './standing-of.js'

/** Answers who would be asked about. */
export interface Standings {
  /** Of an access key, whether or not it may be used; undefined: there is none. The operator's is none of the catalog's. */
  ofKey(accessKeyId: string): Standing | undefined
  /** Of a user or role by its id ("AIDA…", "AROA…"), a role as in a session without policies; undefined: there is none. */
  ofIdentity(id: string): Standing | undefined
}

/** Looks standings up in the catalog. */
export function standings(catalog: Pick<Catalog, 'readNow'>): Standings {
  const compiled = new CompiledPolicies()
  return {
    ofKey(accessKeyId) {
      const key = catalog.readNow(standingOfKey, accessKeyId)
      return key && standingOfOwner(key, compiled)
    },
    ofIdentity(id) {
      const identity = catalog.readNow(standingOfUser, id) ?? catalog.readNow(standingOfRole, id)
      return identity && standingOfIdentity(identity, compiled)
    },
  }
}
