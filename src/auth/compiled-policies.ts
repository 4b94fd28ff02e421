// Policies by their text: compiled once, whoever has them. A managed policy of a thousand users is compiled for the first, and not anew because
// something else has changed.

import { LRUCache } from 'lru-cache'
import { parsePolicy } from '../contract/policy/parse-policy.js'
import type { Policy, PolicyKind } from '../contract/policy/policy.js'
import type { PolicyText } from '../store/catalog/identity/standing.js'

/** Characters of texts kept; the longest unused go first. Compiled they take a few times as much. */
const keptSizeMax = 4 * 1024 * 1024

/** Remembers policies. */
export class CompiledPolicies {
  readonly #kept = new LRUCache<string, Policy>({ maxSize: keptSizeMax, sizeCalculation: (_, key) => key.length })

  /** A policy that was found sound when it was put.
   *  @throws PolicyFault when it is none after all: nothing is decided without it then */
  of({ name, document }: PolicyText, kind: PolicyKind): Policy {
    const key = `${kind}\n${name}\n${document}`
    const known = this.#kept.get(key)
    if (known !== undefined) return known
    const policy = parsePolicy(document, kind, { name })
    this.#kept.set(key, policy)
    return policy
  }
}
