// Access keys and whom they stand for. For now there is one: the root key.

import type { Caller } from '../contract/operation.js'
import type { RootKey } from './root-key.js'
import type { Secret } from './secret.js'

/** An access key that may sign. */
export interface Key {
  readonly secret: Secret
  readonly caller: Caller
}

/** Finds keys by their id. */
export interface KeyRing {
  /** @param accessKeyId as the request states it, of any length and content */
  find(accessKeyId: string): Key | undefined
}

/** The ring that holds the root key alone. */
export function rootKeyRing(root: RootKey): KeyRing {
  const key: Key = {
    secret: root.secret,
    caller: {
      accountId: root.accountId,
      displayName: root.displayName,
      accessKeyId: root.accessKeyId,
      isRoot: true,
    },
  }
  return { find: (accessKeyId) => (accessKeyId === root.accessKeyId ? key : undefined) }
}
