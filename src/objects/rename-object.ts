// RenameObject: an object gets another key of its bucket, whatever its size, in one step. S3 has it for directory buckets only; here every bucket can.

import { createHash } from 'node:crypto'
import { renameSourceOf } from '../contract/copy-source.js'
import { requireKey } from '../contract/names.js'
import { writeConditionsOf } from '../contract/preconditions.js'
import { invalidArgument } from '../contract/listing.js'
import type { Clock, Input, Operation } from '../contract/operation.js'
import { renameVersion } from '../store/catalog/rename-version.js'
import type { Store } from '../store/store.js'

/** "A unique string with a max of 64 ASCII characters in the ASCII range of 33 - 126." AWS API reference, RenameObject */
const tokenShape = /^[\x21-\x7e]{1,64}$/

/** Renames an object: the new key has all the old one had, its last-modified time and checksum too. A request that is repeated with the same
 *  x-amz-client-token, as SDKs do when an answer was lost, succeeds and does nothing more.
 *  @throws NoSuchBucket, NoSuchKey, PreconditionFailed, InvalidArgument, IdempotencyParameterMismatch
 *  Source: AWS API reference, RenameObject */
export const renameObject =
  (store: Store, clock: Clock): Operation<'RenameObject'> =>
  async (input, call) => {
    const [bucket, key] = [input.Bucket ?? '', input.Key ?? '']
    requireKey(key)
    await store.catalog.commit(renameVersion, {
      token: tokenOf(input),
      bucket,
      key,
      sourceKey: renameSourceOf(input.RenameSource ?? '', bucket).key,
      onlyIf: writeConditionsOf({ IfMatch: input.DestinationIfMatch, IfNoneMatch: input.DestinationIfNoneMatch }),
      targetOnlyIf: {
        IfModifiedSince: input.DestinationIfModifiedSince,
        IfUnmodifiedSince: input.DestinationIfUnmodifiedSince,
      },
      sourceOnlyIf: {
        IfMatch: input.SourceIfMatch,
        IfNoneMatch: input.SourceIfNoneMatch,
        IfModifiedSince: input.SourceIfModifiedSince,
        IfUnmodifiedSince: input.SourceIfUnmodifiedSince,
      },
      decided: call.decidedOn.source,
      ownerId: call.caller.accountId,
      now: clock.now(),
    })
    return {}
  }

/** @throws InvalidArgument */
function tokenOf({ ClientToken: text, ...asked }: Input<'RenameObject'>) {
  if (text === undefined) return undefined
  if (!tokenShape.test(text)) {
    throw invalidArgument('x-amz-client-token', text, 'A client token has 1 to 64 printable ASCII characters.')
  }
  const ordered = Object.entries(asked).toSorted(([a], [b]) => (a < b ? -1 : 1))
  // Memory of its own: the digest goes to another thread.
  return { text, digest: new Uint8Array(createHash('sha256').update(JSON.stringify(ordered)).digest()) }
}
