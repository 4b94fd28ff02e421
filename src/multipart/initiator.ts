// S3's Initiator and Owner of an upload: who began it, and whose the object will be.

import type { Initiator, Owner } from '@aws-sdk/client-s3'
import type { Caller } from '../contract/operation.js'
import type { Initiator as KeptInitiator } from '../store/catalog/create-upload.js'

/** Who begins an upload. "If the initiator is an AWS account, this element provides the same information as the Owner element. If the initiator is an
 *  IAM User, this element provides the user ARN and display name." Source: AWS API reference, Initiator */
export function initiatorBy({ principal, accountId, displayName }: Caller): KeptInitiator {
  if (principal.kind === 'user') return { id: principal.arn, name: principal.name }
  if (principal.kind === 'session')
    return { id: principal.arn, name: principal.arn.slice(principal.arn.lastIndexOf('/') + 1) }
  return { id: accountId, name: displayName }
}

/** Who began an upload.
 *  @param json of the upload's row; null: its owner */
export function initiatorOf(json: string | null): Initiator | undefined {
  if (json === null) return undefined
  // The row holds what `createMultipartUpload` has said.
  const { id, name } = JSON.parse(json) as KeptInitiator
  return { ID: id, DisplayName: name }
}

/** Whose the object will be. */
export const ownerOf = (owner: { readonly id: string; readonly name: string } | undefined): Owner => ({
  ID: owner?.id ?? '',
  DisplayName: owner?.name ?? '',
})
