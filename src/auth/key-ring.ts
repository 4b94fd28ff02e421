// The key ring of a process: the operator's key, those the catalog has, and those of sessions. What it keeps of the catalog is good as long as the access
// number is the same: a key that was disabled, deleted or given other rights is looked up anew by the very next request, in whatever process.

import { LRUCache } from 'lru-cache'
import { S3Error } from '../contract/errors.js'
import type { Clock } from '../contract/operation.js'
import { openSessionToken, type Session } from '../contract/session-token.js'
import type { Catalog } from '../store/catalog/catalog.js'
import {
  managedPolicyText,
  standingOfKey,
  standingOfRole,
  standingOfUser,
  type IdentityStanding,
  type KeyStanding,
} from '../store/catalog/identity/standing.js'
import { type Sealer, secretPurpose } from '../store/sealer.js'
import { CompiledPolicies } from './compiled-policies.js'
import type { KeyUses } from './key-uses.js'
import { KeyEnded, type Key, type KeyRing } from './keys.js'
import { Secret } from './secret.js'
import { accountOf, standingOfOwner, standingOfSession } from './standing-of.js'

/** What a key ring is made of. */
export interface KeyRingParts {
  readonly operator: Key
  readonly catalog: Pick<Catalog, 'readNow' | 'accessNumber'>
  readonly sealer: Sealer
  readonly clock: Clock
  readonly uses: KeyUses
}

/** Keys of the catalog kept at once, and sessions; the longest unused goes first. */
const keysMax = 10_000
/** Characters of the tokens kept. */
const tokensSizeMax = 8 * 1024 * 1024

interface KeptKey {
  readonly number: number
  readonly stored: KeyStanding
  readonly key: Key
}

interface KeptSession {
  readonly number: number
  readonly session: Session
  readonly key: Key
}

/** Makes the key ring of a process. */
export function keyRing(parts: KeyRingParts): KeyRing {
  return new CatalogKeys(parts)
}

class CatalogKeys implements KeyRing {
  readonly #parts: KeyRingParts
  readonly #operatorKeyId: string
  readonly #compiled = new CompiledPolicies()
  readonly #keys = new LRUCache<string, KeptKey>({ max: keysMax })
  readonly #sessions = new LRUCache<string, KeptSession>({
    maxSize: tokensSizeMax,
    sizeCalculation: (_, token) => token.length,
  })

  constructor(parts: KeyRingParts) {
    this.#parts = parts
    this.#operatorKeyId = parts.operator.standing.caller.accessKeyId
  }

  require(accessKeyId: string, token: string | undefined): Key {
    if (token !== undefined) return this.#ofSession(accessKeyId, token)
    if (accessKeyId === this.#operatorKeyId) return this.#parts.operator
    const kept = this.#ofCatalog(accessKeyId, this.#parts.catalog.accessNumber())
    if (kept !== undefined) return kept.key
    // What the catalog has is kept, whether it may be used or not.
    throw this.#keys.has(accessKeyId) ? new KeyEnded(accessKeyId) : unknownKey(accessKeyId)
  }

  noteUse(key: Key, service: string): void {
    const { caller, session } = key.standing
    if (session === undefined && caller.accessKeyId !== this.#operatorKeyId) {
      this.#parts.uses.note(caller.accessKeyId, service, this.#parts.clock.now())
    }
  }

  /** A key that may be used now; undefined for all others. */
  #ofCatalog(accessKeyId: string, number: number): KeptKey | undefined {
    const known = this.#keys.get(accessKeyId)
    const kept = known?.number === number ? known : this.#load(accessKeyId, number, known)
    if (kept === undefined || !kept.stored.isActive) return undefined
    const { expiresMs } = kept.stored
    return expiresMs !== undefined && this.#parts.clock.now() >= expiresMs ? undefined : kept
  }

  #load(accessKeyId: string, number: number, before: KeptKey | undefined): KeptKey | undefined {
    const { catalog, sealer } = this.#parts
    const stored = catalog.readNow(standingOfKey, accessKeyId)
    if (stored === undefined) {
      this.#keys.delete(accessKeyId)
      return undefined
    }
    // The same secret stays the same object: signing keys are kept with it.
    const isSame = before !== undefined && Buffer.compare(before.stored.sealedSecret, stored.sealedSecret) === 0
    const secret = isSame ? before.key.secret : opened(sealer, stored)
    const kept = { number, stored, key: { secret, standing: standingOfOwner(stored, this.#compiled) } }
    this.#keys.set(accessKeyId, kept)
    return kept
  }

  /** @throws InvalidAccessKeyId, InvalidToken, ExpiredToken */
  #ofSession(accessKeyId: string, token: string): Key {
    const { catalog, sealer, clock } = this.#parts
    const nowMs = clock.now()
    const number = catalog.accessNumber()
    const known = this.#sessions.get(token)
    const session = known?.session ?? openSessionToken(token, sealer, nowMs)
    if (session.accessKeyId !== accessKeyId) throw new S3Error('InvalidToken', { members: { 'Token-0': token } })
    if (nowMs >= session.expiresMs) throw new S3Error('ExpiredToken', { members: { 'Token-0': token } })
    // A key that expires does so without any change of the catalog.
    const parent = this.#parentOf(session, number)
    if (parent === 'gone') {
      this.#sessions.delete(token)
      throw new KeyEnded(accessKeyId)
    }
    if (known?.number === number) return known.key
    const key = this.#keyOf(session, parent, known?.key.secret)
    this.#sessions.set(token, { number, session, key })
    return key
  }

  /** The key that asked for a session; undefined where none is asked about. A session ends with it, whoever brings a key of the same id along later. */
  #parentOf(session: Session, number: number): KeyStanding | undefined | 'gone' {
    const { parentAccessKeyId: id } = session
    if (id === undefined) return undefined
    if (id === this.#operatorKeyId) return undefined
    const parent = this.#ofCatalog(id, number)?.stored
    return parent !== undefined && mayHaveAsked(parent, session) ? parent : 'gone'
  }

  /** @throws InvalidAccessKeyId when what its rights come from is gone, or its sessions were revoked since */
  #keyOf(session: Session, parent: KeyStanding | undefined, known: Secret | undefined): Key {
    const { catalog, operator } = this.#parts
    const secret = known ?? new Secret(session.secretAccessKey)
    const subject = this.#subjectOf(session)
    const managed = session.policyArns.flatMap((arn) => catalog.readNow(managedPolicyText, arn) ?? [])
    if (subject !== undefined) {
      return {
        secret,
        standing: standingOfSession(session, accountOf(subject), subject, parent, managed, this.#compiled),
      }
    }
    // The account itself: the operator's, or the one its key is of.
    const { principal } = operator.standing.caller
    const isOperators = session.parentAccessKeyId === this.#operatorKeyId
    if (isOperators && principal.kind === 'root' && principal.account.id === session.accountId) {
      const standing = standingOfSession(session, principal.account, undefined, undefined, managed, this.#compiled)
      if (session.kind !== 'user') return { secret, standing }
      return { secret, standing: { ...standing, caller: { ...standing.caller, principal } } }
    }
    if (parent === undefined || parent.user !== undefined || parent.account.accountId !== session.accountId) {
      throw new KeyEnded(session.accessKeyId)
    }
    return {
      secret,
      standing: standingOfSession(session, accountOf(parent.account), undefined, parent, managed, this.#compiled),
    }
  }

  #subjectOf({ subjectId, kind, issuedMs, accessKeyId, accountId }: Session): IdentityStanding | undefined {
    if (subjectId === undefined) return undefined
    const subject = this.#parts.catalog.readNow(kind === 'role' ? standingOfRole : standingOfUser, subjectId)
    const isRevoked = subject?.sessionsRevokedBeforeMs !== undefined && issuedMs < subject.sessionsRevokedBeforeMs
    if (subject === undefined || isRevoked || subject.accountId !== accountId) throw new KeyEnded(accessKeyId)
    return subject
  }
}

/** Whether a key may be the one that asked for a session: it was there before, and is of whom the session stands for. Roles are assumed by others. */
function mayHaveAsked({ createdMs, user, account }: KeyStanding, session: Session): boolean {
  // Sessions are issued in whole seconds.
  if (session.issuedMs < Math.floor(createdMs / 1000) * 1000) return false
  return session.kind === 'role' || (account.accountId === session.accountId && user?.id === session.subjectId)
}

function opened(sealer: Sealer, { accessKeyId, sealedSecret }: KeyStanding): Secret {
  return new Secret(Buffer.from(sealer.open(sealedSecret, secretPurpose(accessKeyId))).toString('utf8'))
}

const unknownKey = (accessKeyId: string): S3Error =>
  new S3Error('InvalidAccessKeyId', { members: { AWSAccessKeyId: accessKeyId } })
