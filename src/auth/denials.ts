// The last denials of this process, by request id: so that the owner of a resource can be told which statement decided, and nobody else is.

import { LRUCache } from 'lru-cache'
import type { Decision } from '../contract/access.js'

/** A request, or one key of a DeleteObjects, that was denied. */
export interface Denial {
  /** As in `x-amz-request-id`. */
  readonly requestId: string
  /** Ms since 1970. */
  readonly timeMs: number
  /** ARN of who asked; "anonymous". */
  readonly principal: string
  readonly accessKeyId: string
  /** Canonical id of the account that owns the resource; undefined where that is the caller's own, or unknown. */
  readonly ownerId: string | undefined
  /** "s3:GetObject" */
  readonly action: string
  readonly resource: string
  readonly decision: Decision
}

/** Denials remembered; each is some hundred bytes. */
const rememberedMax = 1000

/** Of one DeleteObjects with a thousand keys so many are enough to see why. */
const ofRequestMax = 10

/** Remembers denials until there are too many newer ones. */
export class Denials {
  readonly #byRequest = new LRUCache<string, Denial[]>({ max: rememberedMax })

  add(denial: Denial): void {
    const known = this.#byRequest.peek(denial.requestId)
    if (known === undefined) this.#byRequest.set(denial.requestId, [denial])
    else if (known.length < ofRequestMax) known.push(denial)
  }

  /** Denials of a request, oldest first; none when there were none, or they are long ago. */
  of(requestId: string): readonly Denial[] {
    return this.#byRequest.peek(requestId) ?? []
  }
}
