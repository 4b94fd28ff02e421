// S3's Initiator and Owner of an upload: who began it, and whose the object will be.

import type { Initiator, Owner } from '@aws-sdk/client-s3'
import type { Initiator as KeptInitiator } from '../store/catalog/create-upload.js'

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
