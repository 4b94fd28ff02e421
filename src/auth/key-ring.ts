// The key ring of a server: the operator's key, and those the catalog has.

import { S3Error } from '../contract/errors.js'
import type { Key, KeyRing } from './keys.js'

/** What a key ring is made of. */
export interface KeyRingParts {
  readonly operator: Key
}

/** Makes the key ring of a process. */
export function keyRing({ operator }: KeyRingParts): KeyRing {
  const operatorKeyId = operator.standing.caller.accessKeyId
  return {
    require(accessKeyId, token) {
      if (accessKeyId === operatorKeyId) {
        if (token !== undefined) throw new S3Error('InvalidToken', { members: { 'Token-0': token } })
        return operator
      }
      throw new S3Error('InvalidAccessKeyId', { members: { AWSAccessKeyId: accessKeyId } })
    },
  }
}
