// The keys an issuer signs with: found by its discovery document, kept, and fetched again when they are old or a token names one that is not known.
// Source: OpenID Connect Discovery 1.0, 4; RFC 7517.

import {
  createLocalJWKSet,
  type CryptoKey,
  type JWSHeaderParameters,
  type FlattenedJWSInput,
  errors as JoseErrors,
} from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Clock } from '../../contract/operation.js'
import { OutgoingFailure } from '../../outgoing/get-json.js'

/** Signature algorithms that are taken: asymmetric ones alone, so that nobody can sign with a key everybody knows. `none` is no signature.
 *  Source: IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM": RS256, RS384, RS512, ES256, ES384, ES512. */
const algorithmsTaken: ReadonlySet<string> = new Set(['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'])

/** Keys are asked for again after an hour. */
const freshMsMax = 60 * 60 * 1000

/** While the issuer does not answer, keys are used for a day. */
const usableMsMax = 24 * 60 * 60 * 1000

/** An issuer is asked at most so often, whatever kids come along, and whether it answered or not. */
const askMsMin = 30_000

/** Issuers whose keys are kept. */
const issuersMax = 256

/** Keys of an issuer at most: the largest have some ten. */
const keysMax = 256

/** Fetches a JSON document; throws OutgoingFailure. */
export type GetJson = (url: URL) => Promise<unknown>

/** What verifies a token of one issuer. */
export interface IssuerKeys {
  /** What the issuer says it signs with, of what is taken. */
  readonly algorithms: string[]
  /** Answers the key of a token's header, as jose asks for it. It throws jose's errors, and OutgoingFailure. */
  readonly keyOf: (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>
}

interface Known {
  readonly algorithms: string[]
  readonly find: ReturnType<typeof createLocalJWKSet>
  readonly fetchedMs: number
}

const discoverySchema = z.object({
  issuer: z.string(),
  jwks_uri: z.url(),
  id_token_signing_alg_values_supported: z.array(z.string()).optional(),
})

const keySetSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(keysMax) })

/** The keys of issuers, as this process knows them. */
export class IssuerKeyCache {
  readonly #getJson: GetJson
  readonly #clock: Clock
  readonly #known = new LRUCache<string, Known>({ max: issuersMax })
  /** When an issuer was asked last. */
  readonly #asked = new LRUCache<string, number>({ max: issuersMax })
  readonly #asking = new Map<string, Promise<Known>>()

  constructor(getJson: GetJson, clock: Clock) {
    this.#getJson = getJson
    this.#clock = clock
  }

  /** The keys of an issuer somebody trusts; nobody else is called.
   *  @param issuer as its tokens say it, "https://issuer.example/path"
   *  @throws OutgoingFailure when they cannot be had */
  async of(issuer: string): Promise<IssuerKeys> {
    const known = await this.#current(issuer)
    return {
      algorithms: known.algorithms,
      keyOf: async (header, token) => {
        try {
          return await known.find(header, token)
        } catch (error) {
          // A key that is not known may be a new one.
          if (!(error instanceof JoseErrors.JWKSNoMatchingKey)) throw error
          if (!this.#asking.has(issuer) && !this.#mayAsk(issuer)) throw error
          const renewed = await this.#fetch(issuer)
          return renewed.find(header, token)
        }
      },
    }
  }

  async #current(issuer: string): Promise<Known> {
    const known = this.#known.get(issuer)
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() - known.fetchedMs
    if (known !== undefined && ageMs < freshMsMax) return known
    const isUsable = known !== undefined && ageMs < usableMsMax
    if (!this.#asking.has(issuer) && !this.#mayAsk(issuer)) {
      if (isUsable) return known
      throw new OutgoingFailure(`${issuer} did not answer when it was asked last, less than ${askMsMin} ms ago`)
    }
    try {
      return await this.#fetch(issuer)
    } catch (error) {
      if (isUsable && error instanceof OutgoingFailure) return known
      throw error
    }
  }

  #mayAsk(issuer: string): boolean {
    const askedMs = this.#asked.get(issuer)
    return askedMs === undefined || this.#clock.now() - askedMs >= askMsMin
  }

  /** Asks once for all who wait. */
  #fetch(issuer: string): Promise<Known> {
    let asking = this.#asking.get(issuer)
    if (asking === undefined) {
      this.#asked.set(issuer, this.#clock.now())
      asking = this.#ask(issuer).finally(() => this.#asking.delete(issuer))
      this.#asking.set(issuer, asking)
    }
    return asking
  }

  async #ask(issuer: string): Promise<Known> {
    // OpenID Connect Discovery, 4.1: "any terminating / MUST be removed before appending /.well-known/openid-configuration".
    const document = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
    const discovered = discoverySchema.safeParse(await this.#getJson(document))
    if (!discovered.success) throw new OutgoingFailure(`${document.href} is no discovery document`)
    const { jwks_uri, id_token_signing_alg_values_supported: supported } = discovered.data
    // 4.3: "The issuer value returned MUST be identical to the Issuer URL that was used as the prefix to /.well-known/openid-configuration".
    if (discovered.data.issuer !== issuer) throw new OutgoingFailure(`${document.href} is about another issuer`)
    const keys = keySetSchema.safeParse(await this.#getJson(new URL(jwks_uri)))
    if (!keys.success) throw new OutgoingFailure(`${jwks_uri} is no set of keys`)
    const known: Known = {
      algorithms: [...(supported ?? algorithmsTaken)].filter((algorithm) => algorithmsTaken.has(algorithm)),
      // jose looks at each key when it is used, and refuses what is none.
      find: createLocalJWKSet(keys.data),
      fetchedMs: this.#clock.now(),
    }
    this.#known.set(issuer, known)
    return known
  }
}
