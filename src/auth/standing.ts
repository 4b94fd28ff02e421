// What stands behind a caller: who he is, and every policy that has a say about him, compiled. Made once for a key, and used until something changes.

import { anonymousId } from '../contract/bucket-access.js'
import type { Caller } from '../contract/operation.js'
import type { Policies } from '../contract/policy/decide.js'
import type { Session } from '../contract/session-token.js'

/** A caller and his policies. */
export interface Standing {
  readonly caller: Caller
  readonly policies: Pick<Policies, 'identity' | 'boundary' | 'session'>
  /** The session, where his credentials are temporary. */
  readonly session?: Session | undefined
}

/** Nobody in particular: no policies of his own, no account. */
export const anonymous: Standing = {
  caller: { accountId: anonymousId, displayName: '', accessKeyId: '', principal: { kind: 'anonymous' } },
  policies: { identity: [], session: [] },
}
