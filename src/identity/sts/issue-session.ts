// New temporary credentials: a key, its secret, and the token that stands for everything else. Nothing of it is kept here.

import type { Credentials } from '@aws-sdk/client-sts'
import { newId, newSecretAccessKey } from '../../contract/arns.js'
import { IamError } from '../../contract/iam-errors.js'
import {
  packedSizeBytes,
  packedSizeBytesMax,
  sealSessionToken,
  type Session,
  type SessionSealer,
} from '../../contract/session-token.js'

/** What a session is but for its key and its time. */
export type SessionDraft = Omit<Session, 'accessKeyId' | 'secretAccessKey' | 'issuedMs' | 'expiresMs'>

/** Issued credentials. */
export interface Issued {
  readonly credentials: Credentials
  /** "A percentage value that indicates the packed size of the session policies and session tags combined". */
  readonly packedPolicySize: number
}

/** Issues credentials.
 *  @throws PackedPolicyTooLarge */
export function issueSession(
  draft: SessionDraft,
  durationSeconds: number,
  sealer: SessionSealer,
  nowMs: number,
): Issued {
  const packedPolicySize = Math.ceil((packedSizeBytes(draft) * 100) / packedSizeBytesMax)
  if (packedPolicySize > 100) {
    throw new IamError(
      'PackedPolicyTooLarge',
      `Packed size of session tags and policies consumes ${packedPolicySize}% of allotted space.`,
    )
  }
  const issuedMs = Math.floor(nowMs / 1000) * 1000
  const session: Session = {
    ...draft,
    accessKeyId: newId('ASIA'),
    secretAccessKey: newSecretAccessKey(),
    issuedMs,
    expiresMs: issuedMs + durationSeconds * 1000,
  }
  return {
    credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: sealSessionToken(session, sealer),
      Expiration: new Date(session.expiresMs),
    },
    packedPolicySize,
  }
}
