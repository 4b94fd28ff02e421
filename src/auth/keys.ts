// Access keys as authentication asks for them: a secret, and who stands behind it.

import { S3Error } from '../contract/errors.js'
import type { Secret } from './secret.js'
import type { Standing } from './standing.js'

/** An access key that may sign. */
export interface Key {
  readonly secret: Secret
  readonly standing: Standing
}

/** InvalidAccessKeyId for a key, or a session of one, that was good once: it is disabled, has expired or was revoked. Who uses it does not guess. */
export class KeyEnded extends S3Error {
  /** @param accessKeyId as the request states it */
  constructor(accessKeyId: string) {
    super('InvalidAccessKeyId', { members: { AWSAccessKeyId: accessKeyId } })
  }
}

/** Finds keys by their id. */
export interface KeyRing {
  /** The key a request names, as it is at this moment.
   *  @param accessKeyId as the request states it, of any length and content
   *  @param token `x-amz-security-token`, if there is one
   *  @throws InvalidAccessKeyId when there is none, or it may not be used any more
   *  @throws InvalidToken, ExpiredToken */
  require(accessKeyId: string, token: string | undefined): Key
  /** Notes that a key was used: its signature has been proven.
   *  @param service "s3", "iam", "sts" */
  noteUse(key: Key, service: string): void
}
