// Which objects an operation reads beside the one it is addressed to: what is authorized is what will be opened.

import type { Target } from '../auth/authorize.js'
import { copySourceOf, renameSourceOf } from '../contract/copy-source.js'

/** The source of CopyObject and UploadPartCopy (`x-amz-copy-source`) or of RenameObject (`x-amz-rename-source`).
 *  @param input of any operation
 *  @throws InvalidArgument when what is stated as a source is none */
export function sourcesOf(input: object): readonly Target[] | undefined {
  if ('CopySource' in input && typeof input.CopySource === 'string') return [copySourceOf(input.CopySource)]
  if ('RenameSource' in input && typeof input.RenameSource === 'string') {
    const bucket = 'Bucket' in input && typeof input.Bucket === 'string' ? input.Bucket : ''
    return [renameSourceOf(input.RenameSource, bucket)]
  }
  return undefined
}
