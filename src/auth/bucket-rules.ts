// What buckets say of access, compiled and kept until something changes.

import { LRUCache } from 'lru-cache'
import type { BucketAccess } from '../contract/bucket-access.js'
import { parsePolicy } from '../contract/policy/parse-policy.js'
import type { Policy } from '../contract/policy/policy.js'
import { bucketAccess } from '../store/catalog/bucket-access.js'
import type { Catalog } from '../store/catalog/catalog.js'

/** What a bucket says of access, its policy compiled. */
export interface BucketRules {
  readonly access: BucketAccess
  readonly policy: Policy | undefined
  /** The policy without its Allows: "bucket policies … apply only to objects owned by the bucket owner", but "the bucket owner can deny access to any
   *  objects … regardless of who owns them". Source: S3 User Guide, "Access policy guidelines". */
  readonly denials: Policy | undefined
}

const withoutAllows = (policy: Policy): Policy => ({
  ...policy,
  about: (action) => ({ allows: [], denies: policy.about(action).denies }),
  isPublic: false,
})

/** Buckets kept at once; the longest unused goes first. Policies have 20 KiB at most. */
const keptMax = 1000

/** Looks buckets up by name. */
export class BucketRulesKept {
  readonly #catalog: Pick<Catalog, 'readNow'>
  readonly #kept = new LRUCache<string, { readonly number: number; readonly rules: BucketRules }>({ max: keptMax })
  /** What was asked for last: most likely what is asked for next. */
  #last: { readonly name: string; readonly number: number; readonly rules: BucketRules } | undefined

  constructor(catalog: Pick<Catalog, 'readNow'>) {
    this.#catalog = catalog
  }

  /** What a bucket says now; undefined when there is none of that name.
   *  @param number the access number, read for this request */
  find(name: string, number: number): BucketRules | undefined {
    const last = this.#last
    if (last?.number === number && last.name === name) return last.rules
    const known = this.#kept.get(name)
    const rules = known?.number === number ? known.rules : this.#load(name, known?.rules)
    if (rules === undefined) {
      this.#kept.delete(name)
      return undefined
    }
    this.#kept.set(name, { number, rules })
    this.#last = { name, number, rules }
    return rules
  }

  #load(name: string, before: BucketRules | undefined): BucketRules | undefined {
    const access = this.#catalog.readNow(bucketAccess, name)
    if (access === undefined) return undefined
    // Mostly something else has changed: what was compiled is good as long as its text is the same.
    if (before !== undefined && before.access.policy === access.policy) return { ...before, access }
    const { policy: text } = access
    const policy =
      text === undefined ? undefined : parsePolicy(text, 'bucket', { name: `bucket policy of ${name}`, bucket: name })
    return { access, policy, denials: policy && withoutAllows(policy) }
  }
}
