// What stands before authentication: how often an address may ask without a signature, and how often with one that does not hold.

import { LRUCache } from 'lru-cache'
import { S3Error } from '../../contract/errors.js'
import type { Log } from '../../contract/log.js'
import type { Clock } from '../../contract/operation.js'
import type { HttpRequest } from '../../contract/request.js'
import type { FormFields } from '../authenticate-form.js'
import { KeyEnded } from '../keys.js'
import { decodedParameter } from '../sigv4/recode.js'
import { isPresigned, isPresignedVersion2 } from '../sigv4/presigned-query.js'
import { addressGroup } from './address-group.js'
import type { RequestWindows } from './request-windows.js'
import { LimitReached } from './slow-down.js'

/** How a guard is made. */
export interface GuardSettings {
  readonly clock: Clock
  readonly log: Log
  /** Counts anonymous requests, and failures, by address; for nobody else. */
  readonly windows: RequestWindows
  /** Requests without a signature that an address may make a minute; 0: any number. */
  readonly anonymousPerMinute: number
  /** Signatures an address may get wrong within a minute; 0: any number. */
  readonly failuresPerMinute: number
}

/** Addresses, and pairs of address and key, that are remembered. */
const addressesMax = 10_000

/** How long an address is refused when it has guessed too often, ms; twice as long each further time, up to a quarter of an hour. */
const firstPauseMs = 10_000
const pauseMsMax = 15 * 60_000

/** An address that has guessed nothing for so long begins anew, ms. */
const forgivenMs = 60 * 60_000

/** What is held against an address. Ms since 1970. */
interface Failures {
  lastMs: number
  /** Times it was refused for a while. */
  pauses: number
  refusedUntilMs: number
}

/** Refusals that are what a guess gets. One of a chunk's signature is not: it needs a request that was signed. */
const guesses: ReadonlySet<string> = new Set(['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidToken'])

/** Guards the authentication of an application. Nothing is refused by key: who guesses at a key locks nobody else out of it. A key that was used
 *  from an address since it began to fail goes on from there until it fails itself. */
export class Guard {
  readonly #settings: GuardSettings
  readonly #failures = new LRUCache<string, Failures>({ max: addressesMax })
  /** "address key" of signatures that held while the address was failing. */
  readonly #proven = new LRUCache<string, true>({ max: addressesMax })

  constructor(settings: GuardSettings) {
    this.#settings = settings
  }

  /** Addresses that have something held against them. */
  get failingCount(): number {
    return this.#failures.size
  }

  /** Guards what authenticates requests by their head.
   *  What it makes throws SlowDown with Retry-After beside what it is given throws. */
  around<Rest extends unknown[], Answer>(
    authenticate: (request: HttpRequest, ...rest: Rest) => Answer,
  ): (request: HttpRequest, ...rest: Rest) => Answer {
    return (request, ...rest) => {
      if (isSigned(request)) return this.#guarded(request, keyOf, request, () => authenticate(request, ...rest))
      this.countAnonymous(request)
      return authenticate(request, ...rest)
    }
  }

  /** Guards what authenticates browser forms by their fields. */
  aroundForms<Answer>(
    authenticate: (fields: FormFields) => Answer,
  ): (fields: FormFields, request: HttpRequest) => Answer {
    return (fields, request) => {
      if (fields.has('policy')) return this.#guarded(request, keyOfForm, fields, () => authenticate(fields))
      this.countAnonymous(request)
      return authenticate(fields)
    }
  }

  /** Counts a request that nobody has signed.
   *  @throws SlowDown with Retry-After */
  countAnonymous({ remoteAddress }: Pick<HttpRequest, 'remoteAddress'>): void {
    const { anonymousPerMinute, windows } = this.#settings
    if (anonymousPerMinute === 0) return
    const waitMs = windows.take(`anonymous ${addressGroup(remoteAddress)}`, anonymousPerMinute)
    if (waitMs > 0) throw new LimitReached('Too many anonymous requests from your address.', waitMs)
  }

  /** @param keyId tells the access key that `named` names */
  #guarded<Named, Answer>(
    { remoteAddress }: HttpRequest,
    keyId: (named: Named) => string,
    named: Named,
    authenticate: () => Answer,
  ): Answer {
    // While no address fails there is nothing to look for.
    const failures = this.#failures.size === 0 ? undefined : this.#failuresOf(remoteAddress)
    if (failures !== undefined) this.#requireNoPause(failures, remoteAddress, () => keyId(named))
    let answer: Answer
    try {
      answer = authenticate()
    } catch (error) {
      const isCounted = this.#settings.failuresPerMinute > 0 && !(error instanceof KeyEnded)
      if (isCounted && error instanceof S3Error && guesses.has(error.code)) this.#note(remoteAddress, keyId(named))
      throw error
    }
    if (failures !== undefined) this.#proven.set(pairOf(remoteAddress, keyId(named)), true)
    return answer
  }

  #failuresOf(remoteAddress: string): Failures | undefined {
    const address = addressGroup(remoteAddress)
    const failures = this.#failures.get(address)
    if (failures === undefined || this.#settings.clock.now() - failures.lastMs <= forgivenMs) return failures
    this.#failures.delete(address)
    return undefined
  }

  #requireNoPause({ refusedUntilMs }: Failures, remoteAddress: string, keyId: () => string): void {
    const waitMs = refusedUntilMs - this.#settings.clock.now()
    if (waitMs <= 0 || this.#proven.has(pairOf(remoteAddress, keyId()))) return
    throw new LimitReached('Too many signatures from your address did not hold.', waitMs)
  }

  #note(remoteAddress: string, keyId: string): void {
    const { clock, log, windows, failuresPerMinute } = this.#settings
    const nowMs = clock.now()
    const address = addressGroup(remoteAddress)
    const failures = this.#failuresOf(remoteAddress) ?? { lastMs: nowMs, pauses: 0, refusedUntilMs: 0 }
    this.#failures.set(address, failures)
    this.#proven.delete(pairOf(remoteAddress, keyId))
    failures.lastMs = nowMs
    windows.take(`failed ${address}`, Number.POSITIVE_INFINITY)
    if (windows.count(`failed ${address}`) < failuresPerMinute) return
    const pauseMs = Math.min(pauseMsMax, firstPauseMs * 2 ** failures.pauses)
    failures.refusedUntilMs = nowMs + pauseMs
    failures.pauses += 1
    log.warn({ address, pauseMs }, 'too many signatures from an address did not hold: it is refused for a while')
  }
}

const pairOf = (remoteAddress: string, keyId: string): string => `${addressGroup(remoteAddress)} ${keyId}`

const isSigned = ({ headers, query }: HttpRequest): boolean =>
  headers['authorization'] !== undefined || (query !== '' && (isPresigned(query) || isPresignedVersion2(query)))

/** The access key a request names; '' where none can be made out. It is compared, never used. */
function keyOf({ headers, query }: HttpRequest): string {
  const inHeader = /Credential=([^/,\s]*)\//.exec(headers['authorization'] ?? '')?.[1]
  if (inHeader !== undefined) return inHeader
  const inQuery = /(?:^|&)X-Amz-Credential=([^&]*)/.exec(query)?.[1]
  return inQuery === undefined ? '' : (decodedParameter(inQuery).split('/', 1)[0] ?? '')
}

function keyOfForm(fields: FormFields): string {
  return fields.get('x-amz-credential')?.split('/', 1)[0] ?? fields.get('awsaccesskeyid') ?? ''
}
